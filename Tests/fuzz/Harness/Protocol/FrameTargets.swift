import NIOCore
import NIOEmbedded

@testable import WebSocket

#if canImport(FuzzSupport)
  import FuzzSupport
#endif

/// Frames, through the whole connection in a channel without a socket.
enum FrameTargets {
  static let all = [
    FuzzTarget("frames-to-server", maximumBytes: 768, start: { try start(.server) }),
    FuzzTarget("frames-to-client", maximumBytes: 768, start: { try start(.client) }),
  ]

  /// The same bytes, whole and cut anywhere, are the same messages and the same end; what is sent back is frames.
  private static func start(_ role: Role) throws -> FuzzTarget.Run {
    let bench = try FrameBench(role)
    return { bytes in
      var input = FuzzInput(bytes)
      let (cuts, choice) = (input.byte(), input.byte())
      let bytes = input.bytes
      let whole = try bench.run([bytes[...]], choice)
      let cut = try bench.run(bytes.pieces(cuts), choice)
      try promise(whole == cut, "cut anywhere, the same happens: \(whole) and \(cut)")
    }
  }
}

/// Makes connections of one role and writes down what happens to them.
private final class FrameBench {
  /// What a delegate is told.
  enum Event: Equatable {
    case message(MessageKind, [UInt8])
    case pong([UInt8])
    /// The peer's close, with its reason.
    case close(UInt16, String)
    /// A message that cannot be taken. In which of several ways it is wrong depends on how much of it was seen.
    case badMessage
  }

  private static let limits: MessageLimits = {
    var limits = MessageLimits()
    limits.maximumMessageBytes = 500
    limits.maximumFrameBytes = 400
    limits.maximumFragments = 8
    limits.bytesPerFurtherFragment = 16
    limits.controlFrameBurst = 8
    limits.emptyMessageBurst = 8
    return limits
  }()

  private let role: Role
  private let loop = EmbeddedEventLoop()
  /// Keeps what the loop's connections share.
  private let handle: LoopHandle
  private let request: UpgradeRequest
  private let configuration: SharedConfiguration

  init(_ role: Role) throws {
    self.role = role
    // The virtual clock starts at 0, which would be before any real connection.
    loop.advanceTime(by: .seconds(10))
    handle = LoopHandle.on(loop)
    request = try UpgradeRequest(
      Array("GET / HTTP/1.1\r\n\r\n".utf8), limits: HeadLimits(), origin: ConnectionOrigin(), isTLS: true)
    var configuration = WebSocketConfiguration()
    configuration.limits = Self.limits
    self.configuration = SharedConfiguration(configuration)
  }

  /// What a connection's delegate is told while these pieces arrive, and when the transport ends behind them.
  func run(_ pieces: [ArraySlice<UInt8>], _ choice: UInt8) throws -> [Event] {
    let channel = EmbeddedChannel(loop: loop)
    let recorder = Recorder()
    // A connected channel is active; where to is nobody's concern.
    channel.connect(to: try SocketAddress(unixDomainSocketPath: "/"), promise: nil)
    let opening = WebSocketConnection.Opening(
      role: role, request: request, subprotocol: nil, deflate: deflate(choice), configuration: configuration)
    try channel.pipeline.syncOperations.addHandler(
      WebSocketChannelHandler(
        .init(opening: opening, response: ByteBuffer(), leftover: ByteBuffer(), delegate: recorder, opened: { _ in })))
    for piece in pieces {
      channel.pipeline.fireChannelRead(ByteBuffer(bytes: piece))
      if choice & 8 != 0 { channel.pipeline.fireChannelReadComplete() }
    }
    channel.pipeline.fireChannelReadComplete()
    channel.close(promise: nil)
    loop.run()
    try checkSent(channel)
    try promise(recorder.closes == 1, "a connection ends once")
    for case .message(_, let payload) in recorder.events {
      try promise(payload.count <= Self.limits.maximumMessageBytes, "no message is over the limit")
    }
    return recorder.events
  }

  private func deflate(_ choice: UInt8) -> DeflateParameters? {
    if choice & 1 == 0 { return nil }
    var parameters = DeflateParameters()
    let takeover = choice & 2 != 0
    (parameters.serverNoContextTakeover, parameters.clientNoContextTakeover) = (!takeover, !takeover)
    return parameters
  }

  /// All that was sent is whole frames that the other side takes.
  private func checkSent(_ channel: EmbeddedChannel) throws {
    let rules = FrameRules(
      role: role == .server ? .client : .server, allowsCompression: true, maximumFrameBytes: 1 << 20)
    var reader = FrameReader(rules)
    var spans: [FrameSpan] = []
    while let buffer = try channel.readOutbound(as: ByteBuffer.self) {
      var bytes = Array(buffer.readableBytesView)
      let violation = bytes.withUnsafeMutableBytes { reader.read($0, into: &spans) }
      try promise(violation == nil, "what is sent keeps to the protocol")
    }
    try promise(!reader.isInsideFrame, "what is sent is whole frames")
  }

  private final class Recorder: WebSocketDelegate {
    var events: [Event] = []
    var closes = 0

    func webSocket(_ ws: WebSocketConnection, didReceive kind: MessageKind, _ payload: ByteBuffer) {
      events.append(.message(kind, Array(payload.readableBytesView)))
    }
    func webSocketDidPong(_ ws: WebSocketConnection, _ payload: ByteBuffer) {
      events.append(.pong(Array(payload.readableBytesView)))
    }
    func webSocketDidClose(_ ws: WebSocketConnection, code: CloseCode, reason: String) {
      let isBadMessage = [.invalidPayload, .messageTooBig, .policyViolation].contains(code)
      events.append(isBadMessage ? .badMessage : .close(code.rawValue, reason))
      closes += 1
    }
  }
}
