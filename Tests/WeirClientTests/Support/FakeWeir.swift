import NIOCore
import NIOPosix
import WebSocket
import WeirWire

/// A server that speaks the client's protocol and breaks off as told: one conversation, answers known in advance.
/// Everything happens on one event loop, so that a test's script is carried out in order.
final class FakeWeir: Sendable {
  /// What becomes of one connection, in the order in which they come.
  enum Fate: Sendable {
    case normal
    /// The TCP connection is dropped after so many deltas.
    case cutAfterDeltas(Int)
    /// The message is stored, and the connection dropped before the acknowledgement.
    case cutBeforeAck
    /// Goodbye with this hint and close 1012, after so many deltas.
    case goodbyeAfterDeltas(Int, hintMs: UInt32)
    /// Answers no byte, not even a ping.
    case silent
    /// Answers pings and no frame.
    case mute
    /// The upgrade is refused.
    case refused(status: Int, body: String)
    /// Every other delta is left out the first time.
    case lossy
  }

  /// What the server saw and holds; read it when the test is over.
  struct Record: Sendable {
    var connections = 0
    var hellos: [Hello] = []
    var messages: [SendMessage] = []
    var frames: [ClientFrame] = []
    /// Most bytes of text that were on their way without having been granted; negative: never.
    var worstOverdraft = Int.min
    var authorization: String?
    var uri = ""
  }

  let port: Int
  private let channel: any Channel
  private let state: NIOLoopBound<FakeState>

  /// Starts on a port of the system's choice.
  static func start(
    answer: [Part] = [.text(FakeWeir.answer)], pieceBytes: Int = 5, fates: [Fate] = []
  ) async throws -> FakeWeir {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let state = try await loop.submit {
      NIOLoopBound(FakeState(answer: answer, pieceBytes: pieceBytes, fates: fates), eventLoop: loop)
    }.get()
    let server = WebSocketServer { request, _ in .now(state.value.decide(request, state)) }
    let channel = try await ServerBootstrap(group: loop)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try server.configure(channel) }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return FakeWeir(port: channel.localAddress?.port ?? 0, channel: channel, state: state)
  }

  private init(port: Int, channel: any Channel, state: NIOLoopBound<FakeState>) {
    self.port = port
    self.channel = channel
    self.state = state
  }

  var url: String { "ws://127.0.0.1:\(port)/" }

  /// Stops listening and returns what was seen.
  func stop() async throws -> Record {
    try await channel.close()
    return try await channel.eventLoop.submit { [state] in state.value.record }.get()
  }

  /// What it answers if nothing else is said.
  static let answer = "The quick brown fox jumps over the lazy dog."

  /// Runs `body` with a server and stops it.
  static func with(
    answer: String = FakeWeir.answer, pieceBytes: Int = 5, fates: [Fate] = [], _ body: (FakeWeir) async throws -> Void
  ) async throws -> Record {
    try await with(parts: [.text(answer)], pieceBytes: pieceBytes, fates: fates, body)
  }

  /// The same with an answer of several parts.
  static func with(
    parts: [Part], pieceBytes: Int = 5, fates: [Fate] = [], _ body: (FakeWeir) async throws -> Void
  ) async throws -> Record {
    let server = try await start(answer: parts, pieceBytes: pieceBytes, fates: fates)
    do {
      try await body(server)
    } catch {
      _ = try? await server.stop()
      throw error
    }
    return try await server.stop()
  }
}
