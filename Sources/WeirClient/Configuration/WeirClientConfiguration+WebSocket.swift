internal import NIOCore
internal import WebSocket

extension WeirClientConfiguration {
  /// The same for the layer below.
  var webSocket: WebSocketClientConfiguration {
    var settings = WebSocketClientConfiguration()
    settings.connectTime = connectTimeout.timeAmount
    settings.handshakeTime = connectTimeout.timeAmount
    settings.connection.limits.maximumMessageBytes = maximumMessageBytes
    settings.connection.limits.maximumFrameBytes = maximumMessageBytes
    // Messages wait here, not in the socket's buffer, only while there is no connection: then all go at once.
    settings.connection.maximumOutstandingBytes = max(16 << 20, maximumUnacknowledgedBytes * 2)
    settings.connection.pingInterval = pingInterval.timeAmount
    settings.connection.unansweredPings = 1
    if !offersDeflate { settings.connection.deflate = nil }
    return settings
  }
}

extension Duration {
  var timeAmount: TimeAmount { .microseconds(wholeMicroseconds) }
}
