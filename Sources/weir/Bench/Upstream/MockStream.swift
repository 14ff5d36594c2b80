import Glibc

/// One connection to the mock provider: its requests, and the answer that streams on it.
final class MockStream {
  /// An answer that is under way.
  struct Running {
    let answer: MockAnswer
    let bodyBytes: Int
    /// When the first token is due, in nanoseconds.
    let start: UInt64
    var sent = 0

    /// When the next token, or after the last one the end, is due.
    var due: UInt64 { start + UInt64(answer.interval * Double(sent)) }

    /// How many tokens have become due and were not sent.
    func owed(at now: UInt64) -> Int {
      if now < due { return 0 }
      let left = answer.tokens - sent
      if answer.rate == 0 { return left }
      return min(left, Int(Double(now - start) / answer.interval) + 1 - sent)
    }
  }

  let descriptor: CInt
  var requests = MockRequest()
  var running: Running?
  /// Waits in the provider's queue.
  var isQueued = false
  private(set) var isClosed = false
  /// What the kernel did not take yet; while there is some, no token is made.
  private var unsent: [UInt8] = []

  init(_ descriptor: CInt) { self.descriptor = descriptor }

  var isBlocked: Bool { !unsent.isEmpty }

  func send(_ bytes: UnsafeRawBufferPointer) {
    guard unsent.isEmpty else { return unsent.append(contentsOf: bytes) }
    let sent = write(bytes)
    if sent < bytes.count { unsent = Array(bytes[sent...]) }
  }

  func send(_ bytes: [UInt8]) { bytes.withUnsafeBytes { send($0) } }

  /// The kernel takes more.
  func flush() {
    if unsent.isEmpty { return }
    let sent = unsent.withUnsafeBytes { write($0) }
    unsent.removeFirst(sent)
  }

  func end() {
    if isClosed { return }
    isClosed = true
    running = nil
    unsent = []
    close(descriptor)
  }

  private func write(_ bytes: UnsafeRawBufferPointer) -> Int {
    while true {
      let sent = Glibc.send(descriptor, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
      if sent >= 0 { return sent }
      if errno == EAGAIN { return 0 }
      if errno != EINTR { return bytes.count }  // Lost: that shows when it is read.
    }
  }
}
