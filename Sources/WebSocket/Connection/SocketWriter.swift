import NIOCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The one place that touches the socket that NIO lends. On the channel's event loop only.
struct SocketWriter {
  /// NIO's own door to the handle. `ChannelPipeline.SynchronousOperations.withUnsafeTransportIfAvailable` opens the same
  /// one, but casts to this type each time, which took a tenth of the CPU of a small message; here it is done once.
  private let transport: any NIOTransportAccessibleChannelCore<NIOBSDSocket.Handle>

  /// `nil` when the channel has no socket to lend.
  init?(_ channel: any Channel) {
    guard let transport = channel._channelCore as? any NIOTransportAccessibleChannelCore<NIOBSDSocket.Handle> else {
      return nil
    }
    self.transport = transport
  }

  /// Gives the readable bytes of `buffer` to the kernel in one system call, without waiting, and only as ``WriteRoute``
  /// allows. Returns how many it took; an error (or a closed socket) counts as none, because the channel will meet it and
  /// report it when it gets the rest.
  func write(_ buffer: ByteBuffer) -> Int {
    let taken = try? transport.withUnsafeTransport { handle in
      buffer.withUnsafeReadableBytes { bytes in
        while true {
          let count = send(handle, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
          if count < 0, errno == EINTR { continue }
          return max(0, count)
        }
      }
    }
    return taken ?? 0
  }

  /// Another descriptor for the channel's TCP connection, for its adoption by another event loop.
  func duplicateHandle() -> NIOBSDSocket.Handle? {
    let copy = try? transport.withUnsafeTransport { fcntl($0, F_DUPFD_CLOEXEC, 0) }
    return copy.flatMap { $0 >= 0 ? $0 : nil }
  }
}
