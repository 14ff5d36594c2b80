import NIOCore
import NIOEmbedded

@testable import WebSocket

extension EmbeddedChannel {
  /// A channel that `server` has just accepted. Its loop's clock must have been moved on from 0.
  static func accepted(by server: WebSocketServer, on loop: EmbeddedEventLoop) throws -> EmbeddedChannel {
    let channel = EmbeddedChannel(loop: loop)
    try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
    try server.configure(channel)
    return channel
  }

  /// What was written since the last call, as text.
  func outputText() throws -> String {
    var text = ""
    while let buffer = try readOutbound(as: ByteBuffer.self) { text += String(buffer: buffer) }
    return text
  }
}
