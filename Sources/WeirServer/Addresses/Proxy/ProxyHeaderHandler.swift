package import NIOCore

/// Reads the PROXY header of a connection from a trusted proxy, before TLS and everything else, then leaves the pipeline.
///
/// The handler is alone on the channel at first: with the client's address known, `install` adds the handlers that the
/// connection needs, and the bytes behind the header go to them. A connection whose first bytes are no header, or take too
/// long, is closed: what is behind a proxy that does not keep to its protocol is nobody's to guess.
package final class ProxyHeaderHandler: ChannelInboundHandler, RemovableChannelHandler {
  package typealias InboundIn = ByteBuffer
  package typealias InboundOut = ByteBuffer

  private let install: (any Channel, SocketAddress?) throws -> Void
  private let failed: (String) -> Void
  private let time: TimeAmount
  private var held = ByteBuffer()
  private var timer: Scheduled<Void>?
  private var state = State.reading

  private enum State {
    case reading
    /// The connection's own handlers have taken over; this one is about to leave.
    case passing
    case closed
  }

  /// `install` gets the client's address, or the connection's own other end if the proxy speaks for itself; an error of
  /// it closes the connection. `failed` gets a clause that says why there was no header. Both run on the event loop.
  package init(
    time: TimeAmount = .seconds(5), failed: @escaping (String) -> Void = { _ in },
    install: @escaping (any Channel, SocketAddress?) throws -> Void
  ) {
    self.time = time
    self.failed = failed
    self.install = install
  }

  package func handlerAdded(context: ChannelHandlerContext) {
    let handler = NIOLoopBound(self, eventLoop: context.eventLoop)
    let context = NIOLoopBound(context, eventLoop: context.eventLoop)
    timer = context.value.eventLoop.scheduleTask(in: time) {
      handler.value.fail("it did not come in time", context.value)
    }
  }

  package func handlerRemoved(context: ChannelHandlerContext) {
    timer?.cancel()
    timer = nil
  }

  package func channelInactive(context: ChannelHandlerContext) {
    timer?.cancel()
    context.fireChannelInactive()
  }

  package func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    var bytes = unwrapInboundIn(data)
    switch state {
    case .reading: held.writeBuffer(&bytes)
    case .passing: return context.fireChannelRead(data)
    case .closed: return
    }
    switch ProxyHeader.parse(held.readableBytesView) {
    case .incomplete: return
    case .invalid(let why): fail(why, context)
    case .header(let header, let length):
      held.moveReaderIndex(forwardBy: length)
      finish(header, context)
    }
  }

  private func finish(_ header: ProxyHeader, _ context: ChannelHandlerContext) {
    state = .passing
    timer?.cancel()
    let channel = context.channel
    let client: SocketAddress? =
      switch header {
      case .client(let address, let port): address.socketAddress(port: port)
      case .noClient: channel.remoteAddress
      }
    do {
      try install(channel, client)
    } catch {
      state = .closed
      context.close(promise: nil)
      return
    }
    let rest = held
    held = ByteBuffer()
    if rest.readableBytes > 0 {
      context.fireChannelRead(wrapInboundOut(rest))
      context.fireChannelReadComplete()
    }
    context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
  }

  private func fail(_ why: String, _ context: ChannelHandlerContext) {
    guard case .reading = state else { return }
    state = .closed
    held = ByteBuffer()
    failed(why)
    context.close(promise: nil)
  }
}
