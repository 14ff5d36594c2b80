import NIOConcurrencyHelpers
import NIOCore
import WebSocket
import WeirStore
import WeirWire

/// Where operators connect: checks their secret, and shows them the server while they are there. Exists only with a
/// secret. Thread-safe.
final class OperatorDesk: Sendable {
  /// Where their connections go.
  static let path = "/admin/watch"
  /// What their subprotocol entry begins with; the secret's UTF-8 in base64url follows, because a secret may have
  /// characters that a header's token may not (RFC 6455 §4.1 wants tokens).
  static let protocolPrefix = "weir.admin."
  /// A restart takes about so long.
  static let reconnectAfterMs: UInt32 = 1000
  /// Operators at once.
  private static let maximumConnections = 32

  /// Counts wrong secrets, on connections and on the HTTP routes alike.
  let gate: AdminGate
  let watch: ServerWatch
  private struct State {
    var connections: [UInt64: @Sendable () -> Void] = [:]
    var lastID: UInt64 = 0
    var isClosed = false
  }
  private let state = NIOLockedValueBox(State())

  init(gate: AdminGate, look: @escaping ServerWatch.Look) {
    self.gate = gate
    watch = ServerWatch(look: look)
  }

  deinit { watch.stop() }

  /// Begins to look at the server.
  func open() { watch.start(first: "Weir \(WeirServer.version) started.", timeMs: WallClock.nowMs()) }

  /// What an operator's device is told first.
  var welcome: Welcome {
    Welcome(
      version: 1, server: "weir/\(WeirServer.version)", capabilities: ["watch"], serverTimeMs: WallClock.nowMs())
  }

  /// Why a request for a connection is not let in.
  enum Refusal: Error, Equatable {
    case wrongSecret
    case tooManyGuesses(seconds: Int)
    case tooMany
  }

  /// The number of a new connection, if the request has the secret.
  func admit(_ request: UpgradeRequest) throws(Refusal) -> UInt64 {
    switch gate.check(Self.secret(in: request), from: gate.client(of: request)) {
    case .right: break
    case .wrong: throw .wrongSecret
    case .wait(let seconds): throw .tooManyGuesses(seconds: seconds)
    }
    let id: UInt64? = state.withLockedValue { state in
      guard state.connections.count < Self.maximumConnections else { return nil }
      state.lastID += 1
      return state.lastID
    }
    guard let id else { throw .tooMany }
    return id
  }

  /// In `Authorization: Bearer`, or in a subprotocol entry: browsers can send no header of their own.
  private static func secret(in request: UpgradeRequest) -> String? {
    if let secret = Credentials.bearer(request.headers["Authorization"]) { return secret }
    guard let entry = request.subprotocols.first(where: { $0.hasPrefix(protocolPrefix) }) else { return nil }
    return Base64URL.decode(entry.utf8.dropFirst(protocolPrefix.utf8.count)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// A connection is there; `dismiss` sends it away.
  func opened(_ id: UInt64, dismiss: @escaping @Sendable () -> Void) {
    let isClosed = state.withLockedValue { state in
      state.connections[id] = dismiss
      return state.isClosed
    }
    if isClosed { dismiss() }
  }

  func closed(_ id: UInt64) {
    watch.remove(id)
    state.withLockedValue { $0.connections[id] = nil }
  }

  /// The server stops: everybody is sent away.
  func close() {
    watch.stop()
    let dismissals = state.withLockedValue { state in
      state.isClosed = true
      return Array(state.connections.values)
    }
    for dismiss in dismissals { dismiss() }
  }
}
