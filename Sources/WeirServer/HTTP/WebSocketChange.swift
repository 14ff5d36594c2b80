import NIOCore
import NIOHTTP1
import WebSocket

/// Takes the place of HTTP's handlers on a channel whose latest request is for WebSocket, keeps what comes meanwhile, and
/// passes all of it on.
///
/// Sits right behind the decoder, which stops at the end of such a request and gives back, as it leaves, the bytes behind
/// it. Runs on the channel's event loop.
final class WebSocketChange: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer

  private var gathered: ByteBuffer

  private init(_ gathered: ByteBuffer) {
    self.gathered = gathered
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    gathered.writeImmutableBuffer(unwrapInboundIn(data))
  }

  /// Whether this request is for WebSocket (RFC 6455 §4.1).
  static func isWanted(_ head: HTTPRequestHead) -> Bool {
    head.method == .GET && head.version.minor >= 1
      && head.headers[canonicalForm: "upgrade"].contains { isToken($0, "websocket") }
      && head.headers[canonicalForm: "connection"].contains { isToken($0, "upgrade") }
  }

  /// Compares bytes, as the WebSocket layer does: `lowercased()` makes a k of the Kelvin sign too, and what only one of
  /// the two takes for an upgrade would go back and forth between them.
  private static func isToken(_ text: Substring, _ lowercase: StaticString) -> Bool {
    lowercase.withUTF8Buffer { wanted in
      text.utf8.count == wanted.count && zip(text.utf8, wanted).allSatisfy { $0 | 0x20 == $1 }
    }
  }

  /// Gives `channel` to `entrance`. Nothing may be under way on it but the request with this head.
  static func begin(
    on channel: any Channel, _ head: HTTPRequestHead, from decoder: any RemovableChannelHandler,
    _ encoder: any RemovableChannelHandler, _ exchanges: any RemovableChannelHandler, to entrance: WebSocketEntrance
  ) {
    let pipeline = channel.pipeline.syncOperations
    let change = WebSocketChange(bytes(of: head))
    do {
      try pipeline.addHandler(change, position: .before(encoder))
    } catch {
      return channel.close(promise: nil)
    }
    let removed = channel.eventLoop.makePromise(of: Void.self)
    removed.futureResult.assumeIsolated().whenComplete { _ in
      guard channel.isActive else { return }
      for handler in [encoder, exchanges, change] as [any RemovableChannelHandler] {
        pipeline.removeHandler(handler, promise: nil)
      }
      do {
        try entrance.serve(change.gathered, on: channel)
      } catch {
        channel.close(promise: nil)
      }
    }
    // The decoder is still at work below us: it leaves when it is done, and that is when the rest happens.
    pipeline.removeHandler(decoder, promise: removed)
  }

  private static func bytes(of head: HTTPRequestHead) -> ByteBuffer {
    var bytes = ByteBuffer()
    bytes.writeString("\(head.method.rawValue) \(head.uri) HTTP/1.1\r\n")
    for (name, value) in head.headers { bytes.writeString("\(name): \(value)\r\n") }
    bytes.writeString("\r\n")
    return bytes
  }
}
