package import NIOCore
import NIOHTTP1
package import WebSocket

/// Makes a channel an HTTP/1.1 server connection whose requests `router` answers. Call it on the channel's event loop,
/// before the request's bytes are fed in; the channel needs no other handlers below TLS. `remote` is the client's address,
/// where a proxy tells another than the socket. A request for WebSocket goes to `webSocket`; without it, it is answered like
/// any other.
package func installHTTP(
  on channel: any Channel, router: HTTPRouter, limits: HTTPLimits = HTTPLimits(), remote: SocketAddress? = nil,
  webSocket: WebSocketEntrance? = nil
) throws {
  var decoding = NIOHTTPDecoderLimitConfiguration()
  decoding.maxHeaderFieldSize = limits.headBytes
  decoding.maxHeaderListSize = limits.headBytes
  decoding.maxHeaderFieldCount = limits.headerFields
  let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: decoding)
  // A single header line can fill the head's limit; the decoder holds what it has not parsed, and no more than this.
  let framing = ByteToMessageHandler(decoder, maximumBufferSize: limits.headBytes + (64 << 10))
  let encoder = HTTPResponseEncoder()
  let exchanges = HTTPExchangeHandler(router: router, limits: limits, remote: remote ?? channel.remoteAddress)
  if let webSocket {
    exchanges.changeToWebSocket = { [unowned exchanges] head in
      WebSocketChange.begin(on: channel, head, from: framing, encoder, exchanges, to: webSocket)
    }
  }
  try channel.pipeline.syncOperations.addHandlers([framing, encoder, exchanges])
}
