import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import NIOSSL
import WebSocket
import WeirWire

/// A device of a user, as bare as can be: frames out, frames in, nothing done by itself.
final class Device: Sendable {
  /// How its frames are written.
  enum Format: String, Sendable {
    case binary = "weir.v1"
    case json = "weir.v1.json"
  }

  struct Options: Sendable {
    var format = Format.binary
    /// The path and query of the URL; with a user, `?user=` is added.
    var path = "/"
    var headers: [(String, String)] = []
    var subprotocols: [String]?
    var tls: NIOSSLContext?
  }

  /// A frame and when it came.
  struct Arrival: Sendable {
    let frame: ServerFrame
    let time: ContinuousClock.Instant
  }

  struct State: Sendable {
    var arrivals: [Arrival] = []
    var close: (code: UInt16, reason: String)?
  }

  /// The connection ended while something was waited for.
  struct Closed: Error, CustomStringConvertible {
    let what: String
    let code: UInt16
    let reason: String
    var description: String { "the connection ended (\(code) \(reason)) before \(what)" }
  }

  let state: Watched<State>
  private let format: Format
  private let connection: NIOLoopBound<WebSocketConnection>
  private let nextRequest = NIOLockedValueBox<UInt64>(1)

  private init(_ connection: NIOLoopBound<WebSocketConnection>, _ state: Watched<State>, _ format: Format) {
    self.connection = connection
    self.state = state
    self.format = format
  }

  static func connect(
    _ server: ServerProcess, user: String? = nil, _ options: Options = Options()
  ) async throws -> Device {
    try await connect(port: server.port, user: user, options)
  }

  static func connect(port: Int, user: String? = nil, _ options: Options = Options()) async throws -> Device {
    let state = Watched(State()) { state in
      let last = state.arrivals.suffix(3).map { "\($0.frame)".prefix(300) }
      return "\(state.arrivals.count) frames, the last: \(last), end: \(String(describing: state.close))"
    }
    var configuration = WebSocketClientConfiguration()
    configuration.connection.limits.maximumMessageBytes = 64 << 20
    configuration.connection.limits.maximumFrameBytes = 64 << 20
    var path = options.path
    if let user { path += "\(path.contains("?") ? "&" : "?")user=\(user)" }
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let format = options.format
    let connection = try await WebSocketClient(configuration: configuration).connect(
      to: WebSocketTarget(host: "127.0.0.1", port: port, path: path, tls: options.tls), headers: options.headers,
      subprotocols: options.subprotocols ?? [format.rawValue], on: loop
    ) {
      Receiver(state, format)
    }.get()
    return Device(connection, state, format)
  }

  /// Sends a frame and does not wait for anything.
  func send(_ kind: ClientFrame.Kind, requestID: UInt64 = 0) {
    let frame = ClientFrame(requestID: requestID, frame: kind)
    onLoop { [format] webSocket in
      var bytes = ByteBuffer()
      switch format {
      case .binary: frame.encode(into: &bytes)
      case .json: WireJSON.encode(frame, into: &bytes)
      }
      webSocket.send(format == .binary ? .binary : .text, bytes)
      webSocket.flush()
    }
  }

  /// Sends a message that is what it is.
  func sendRaw(_ kind: MessageKind, _ text: String) {
    onLoop { webSocket in
      webSocket.send(kind, ByteBuffer(string: text))
      webSocket.flush()
    }
  }

  /// Sends a frame and waits for its direct reply.
  func ask(_ kind: ClientFrame.Kind, within limit: Duration = .seconds(30)) async throws -> ServerFrame.Kind {
    let id = nextRequest.withLockedValue { next in
      defer { next += 1 }
      return next
    }
    let mark = count
    send(kind, requestID: id)
    return try await wait(for: "the reply to \(kind)", since: mark, within: limit) { frame in
      frame.requestID == id ? frame.frame : nil
    }
  }

  /// How many frames have come so far: where to begin looking for what comes next.
  var count: Int { state.value.arrivals.count }

  /// Waits for the first frame in which `match` finds something, looking from the frame numbered `since`.
  func wait<Found>(
    for what: String, since: Int = 0, within limit: Duration = .seconds(30), _ match: (ServerFrame) -> Found?
  ) async throws -> Found {
    let end = ContinuousClock.now + limit
    var index = since
    while true {
      let news = try await arrivals(from: index, what, within: max(.zero, end - .now))
      for arrival in news {
        if let found = match(arrival.frame) { return found }
      }
      index += news.count
    }
  }

  /// All frames from the one numbered `index` on; waits until there is one.
  func arrivals(
    from index: Int, _ what: String, within limit: Duration = .seconds(30)
  ) async throws -> ArraySlice<Arrival> {
    try await state.first(what, within: limit) { state -> Swift.Result<ArraySlice<Arrival>, Closed>? in
      if state.arrivals.count > index { return .success(state.arrivals[index...]) }
      return state.close.map { .failure(Closed(what: what, code: $0.code, reason: $0.reason)) }
    }.get()
  }

  /// Waits for the end of the connection, and returns the close code.
  func closed(within limit: Duration = .seconds(30)) async throws -> UInt16 {
    try await state.first("the end of the connection", within: limit) { $0.close?.code }
  }

  /// Drops the TCP connection without a word, as a lost network does.
  func abort() { onLoop { $0.abort() } }

  /// Takes nothing more from the socket, or goes on taking.
  func setReading(_ on: Bool) { onLoop { $0.setReading(on) } }

  private func onLoop(_ body: @escaping @Sendable (WebSocketConnection) -> Void) {
    let connection = connection
    connection.eventLoop.execute { body(connection.value) }
  }

  private final class Receiver: WebSocketDelegate {
    private let state: Watched<State>
    private let format: Format

    init(_ state: Watched<State>, _ format: Format) {
      self.state = state
      self.format = format
    }

    func webSocket(_ ws: WebSocketConnection, didReceive kind: MessageKind, _ payload: ByteBuffer) {
      do {
        let frame =
          switch (format, kind) {
          case (.binary, .binary): try ServerFrame.decode(payload)
          case (.json, .text): try WireJSON.decode(ServerFrame.self, from: payload)
          default: throw HTTPReply.Unexpected(what: "a \(kind) message on \(format.rawValue)")
          }
        state.update { $0.arrivals.append(Arrival(frame: frame, time: .now)) }
      } catch {
        // What waits for a frame then says why none came.
        ws.close(code: .invalidPayload, reason: "\(error)")
      }
    }

    func webSocketDidClose(_ ws: WebSocketConnection, code: CloseCode, reason: String) {
      state.update { $0.close = (code.rawValue, reason) }
    }
  }
}
