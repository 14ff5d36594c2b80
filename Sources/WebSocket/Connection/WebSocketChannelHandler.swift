import NIOCore

/// The last handler of an upgraded channel: passes what the channel tells to the connection, and decides nothing.
final class WebSocketChannelHandler: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer

  /// How the handler gets what it needs, once it is in its channel and on its loop.
  struct Start {
    let opening: WebSocketConnection.Opening
    /// Goes out first: a server's 101 response.
    let response: ByteBuffer
    /// What came behind the handshake.
    let leftover: ByteBuffer
    let delegate: any WebSocketDelegate
    /// Called when the connection is made, before anything is delivered.
    let opened: (WebSocketConnection) -> Void
  }

  private var start: Start?
  private var connection: WebSocketConnection?

  init(_ start: Start) { self.start = start }

  func handlerAdded(context: ChannelHandlerContext) {
    if context.channel.isActive { open(context) }
  }

  func channelActive(context: ChannelHandlerContext) {
    open(context)
    context.fireChannelActive()
  }

  private func open(_ context: ChannelHandlerContext) {
    guard let start else { return }
    self.start = nil
    let handle = LoopHandle.on(context.eventLoop)
    let connection = WebSocketConnection(start.opening, channel: context.channel, loopHandle: handle)
    self.connection = connection
    connection.delegate = start.delegate
    connection.out = start.response.readableBytes > 0 ? start.response : nil
    connection.startTimers()
    start.opened(connection)
    start.delegate.webSocketDidOpen(connection)
    if start.leftover.readableBytes > 0 { connection.received(start.leftover) }
    connection.receivedAll()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let buffer = unwrapInboundIn(data)
    guard let connection else { return }
    connection.received(buffer)
    connection.loop.receiveBuffers.keep(buffer)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    connection?.receivedAll()
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    connection?.updateWritability()
  }

  func channelInactive(context: ChannelHandlerContext) {
    connection?.transportEnded()
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // A reset or a TLS failure: the channel cannot be used any more, and its end is reported as 1006.
    context.close(promise: nil)
  }
}
