import NIOCore
import NIOPosix

/// An accepted upgrade on its way to the loop on which the connection will live.
struct Upgrade: Sendable {
  let opening: WebSocketConnection.Opening
  let response: ByteBuffer
  /// Bytes that came behind the request.
  let early: ByteBuffer
  let makeDelegate: @Sendable () -> any WebSocketDelegate

  /// The handler that opens the connection as soon as it is in an active channel. On the connection's loop.
  func makeHandler() -> WebSocketChannelHandler {
    WebSocketChannelHandler(
      .init(opening: opening, response: response, leftover: early, delegate: makeDelegate(), opened: { _ in }))
  }

  /// Moves the TCP connection of `channel` to `eventLoop`: the other loop adopts a duplicate of the descriptor, and this
  /// channel closes its own, which does not end the connection. Returns false when the channel has no socket to move;
  /// then nothing has changed.
  func move(_ channel: any Channel, to eventLoop: any EventLoop) -> Bool {
    guard let handle = SocketWriter(channel)?.duplicateHandle() else { return false }
    // First out of this loop's epoll set: it is the open connection, not the descriptor, that is registered there.
    channel.close(promise: nil)
    let upgrade = self
    let adopted = ClientBootstrap(group: eventLoop)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try LoopHandle.on(channel.eventLoop).context.receiveBuffers.install(on: channel, isTLS: false)
          try channel.pipeline.syncOperations.addHandler(upgrade.makeHandler())
        }
      }
      .withConnectedSocket(handle)
    // A failure closes the descriptor with the channel that was to own it; the peer sees the connection end.
    adopted.whenFailure { _ in }
    return true
  }
}
