import Glibc

/// A connected socket of the mock provider: blocking, on a thread of its own.
final class MockSocket: Sendable {
  private let descriptor: Int32

  init(_ descriptor: Int32) {
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Sends all of it; false: the peer has gone.
  @discardableResult
  func send(_ text: String) -> Bool { send(bytes: Array(text.utf8)) }

  /// Sends all of it; false: the peer has gone.
  @discardableResult
  func send(bytes: [UInt8]) -> Bool {
    var bytes = bytes[...]
    while !bytes.isEmpty {
      let sent = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if sent <= 0 { return false }
      bytes = bytes.dropFirst(sent)
    }
    return true
  }

  /// The next bytes; nil: the peer has closed.
  func receive() -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    return count > 0 ? Array(buffer.prefix(count)) : nil
  }

  /// Waits until the peer has closed.
  func waitForClose() {
    while receive() != nil {}
  }

  /// Ends the connection in order, or with a reset.
  func end(reset: Bool = false) {
    if reset {
      var linger = linger(l_onoff: 1, l_linger: 0)
      setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<linger>.size))
      // A connect to nowhere aborts an established TCP connection at once; the descriptor itself stays ours.
      var nowhere = sockaddr(sa_family: sa_family_t(AF_UNSPEC), sa_data: (0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0))
      connect(descriptor, &nowhere, socklen_t(MemoryLayout<sockaddr>.size))
    } else {
      shutdown(descriptor, Int32(SHUT_RDWR))
    }
  }
}
