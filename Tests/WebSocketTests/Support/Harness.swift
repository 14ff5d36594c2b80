import NIOCore
import NIOEmbedded
import Testing

@testable import WebSocket

/// Writes down what a delegate is told.
final class Recorder: WebSocketDelegate {
  var opened = 0
  var messages: [(kind: MessageKind, payload: ByteBuffer)] = []
  var pongs: [[UInt8]] = []
  var readCompletes = 0
  var writability: [Bool] = []
  var closes: [(code: CloseCode, reason: String)] = []
  var onMessage: (WebSocketConnection, MessageKind, ByteBuffer) -> Void = { _, _, _ in }
  private(set) var connection: WebSocketConnection?

  func webSocketDidOpen(_ ws: WebSocketConnection) {
    opened += 1
    connection = ws
  }

  func webSocket(_ ws: WebSocketConnection, didReceive kind: MessageKind, _ payload: ByteBuffer) {
    messages.append((kind, payload))
    onMessage(ws, kind, payload)
  }

  func webSocketReadComplete(_ ws: WebSocketConnection) { readCompletes += 1 }
  func webSocketDidPong(_ ws: WebSocketConnection, _ payload: ByteBuffer) { pongs.append(payload.bytes) }
  func webSocketWritabilityChanged(_ ws: WebSocketConnection) { writability.append(ws.isWritable) }
  func webSocketDidClose(_ ws: WebSocketConnection, code: CloseCode, reason: String) { closes.append((code, reason)) }
}

/// A connection in an embedded channel, with a clock that the test moves.
final class Harness {
  let channel: EmbeddedChannel
  let recorder = Recorder()

  /// Harnesses with the same `loop` share what connections of one event loop share.
  init(
    role: Role = .server, deflate: DeflateParameters? = nil, loop: EmbeddedEventLoop = EmbeddedEventLoop(),
    _ change: (inout WebSocketConfiguration) -> Void = { _ in }
  ) throws {
    channel = EmbeddedChannel(loop: loop)
    var configuration = WebSocketConfiguration()
    change(&configuration)
    let head = HandshakeTests.head(HandshakeTests.good)
    let opening = WebSocketConnection.Opening(
      role: role,
      request: try UpgradeRequest(head, limits: HeadLimits(), origin: ConnectionOrigin(), isTLS: true),
      subprotocol: nil,
      deflate: deflate, configuration: SharedConfiguration(configuration))
    // The virtual clock starts at 0, which would be before any real connection.
    channel.embeddedEventLoop.advanceTime(by: .seconds(10))
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    let handler = WebSocketChannelHandler(
      .init(opening: opening, response: ByteBuffer(), leftover: ByteBuffer(), delegate: recorder, opened: { _ in }))
    try channel.pipeline.syncOperations.addHandler(handler)
  }

  var connection: WebSocketConnection {
    get throws { try #require(recorder.connection) }
  }

  func receive(_ bytes: [UInt8]) throws { try channel.writeInbound(ByteBuffer(bytes: bytes)) }

  /// What was written since the last call, one array per write that reached the channel.
  func writes() throws -> [[UInt8]] {
    var writes: [[UInt8]] = []
    while let buffer = try channel.readOutbound(as: ByteBuffer.self) { writes.append(buffer.bytes) }
    return writes
  }

  /// The frames written since the last call.
  func frames() throws -> [(first: UInt8, payload: [UInt8])] {
    try #require(Frames.parse(try writes().flatMap(\.self)))
  }

  func advance(_ seconds: Int64) { channel.embeddedEventLoop.advanceTime(by: .seconds(seconds)) }
}
