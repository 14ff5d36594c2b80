package import NIOCore
import NIOHTTP1

/// Makes a channel an HTTP/1.1 server connection whose requests `router` answers. Call it on the channel's event loop,
/// before the request's bytes are fed in; the channel needs no other handlers below TLS. `remote` is the client's address,
/// where a proxy tells another than the socket.
package func installHTTP(
  on channel: any Channel, router: HTTPRouter, limits: HTTPLimits = HTTPLimits(), remote: SocketAddress? = nil
) throws {
  var decoding = NIOHTTPDecoderLimitConfiguration()
  decoding.maxHeaderFieldSize = limits.headBytes
  decoding.maxHeaderListSize = limits.headBytes
  decoding.maxHeaderFieldCount = limits.headerFields
  let decoder = HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: decoding)
  // A single header line can fill the head's limit; the decoder holds what it has not parsed, and no more than this.
  let framing = ByteToMessageHandler(decoder, maximumBufferSize: limits.headBytes + (64 << 10))
  try channel.pipeline.syncOperations.addHandlers([
    framing, HTTPResponseEncoder(),
    HTTPExchangeHandler(router: router, limits: limits, remote: remote ?? channel.remoteAddress),
  ])
}
