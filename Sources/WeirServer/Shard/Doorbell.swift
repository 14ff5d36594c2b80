import CEpoll
import Glibc
import NIOCore
import NIOPosix

/// Calls an event loop from other threads, as a connection that has something to read does.
///
/// A task handed to the loop would do as well, if NIO did not run tasks until there are none before it looks at its
/// connections again. A busy loop always has another batch from a provider waiting: for seconds nobody was accepted, read
/// from or let come back to an answer.
final class Doorbell: Sendable {
  /// Not the channel's own, which it closes when the loop ends: the number may be another file's by then.
  private let descriptor: CInt

  private init(_ descriptor: CInt) { self.descriptor = descriptor }

  /// `rung` runs on the loop, once for all calls since the last time.
  static func hang(on eventLoop: any EventLoop, rung: @escaping @Sendable () -> Void) async throws -> Doorbell {
    let inside = eventfd(0, CInt(EFD_CLOEXEC | EFD_NONBLOCK))
    guard inside >= 0 else { throw IOError(errnoCode: errno, reason: "eventfd") }
    let outside = fcntl(inside, F_DUPFD_CLOEXEC, 0)
    guard outside >= 0 else {
      let code = errno
      close(inside)
      throw IOError(errnoCode: code, reason: "fcntl")
    }
    let doorbell = Doorbell(outside)
    _ = try await NIOPipeBootstrap(group: eventLoop)
      .channelOption(.maxMessagesPerRead, value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Listener(rung: rung))
        }
      }
      .takingOwnershipOfDescriptor(input: inside).get()
    return doorbell
  }

  deinit { close(descriptor) }

  /// From any thread.
  func ring() {
    var one: UInt64 = 1
    // Fails only when it has been rung 2^64 - 2 times in vain.
    _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
  }

  /// Confined to the loop.
  private final class Listener: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let rung: @Sendable () -> Void

    init(rung: @escaping @Sendable () -> Void) { self.rung = rung }

    func channelReadComplete(context: ChannelHandlerContext) { rung() }
  }
}
