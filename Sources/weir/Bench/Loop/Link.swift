import Glibc

/// One connection of the load generator. Belongs to its loop's thread.
final class Link {
  enum Phase {
    case connecting
    /// The upgrade request is out.
    case opening
    case open
    case closed
  }

  /// Its place among the loop's links.
  let index: Int
  let descriptor: CInt
  var phase = Phase.connecting
  /// While true nothing is read but by `read(atMost:)`.
  var isPaused = false
  /// Why the driver or the protocol wants the link closed; the loop closes it after the driver has returned.
  var problem: String?
  var opening: Opening
  var scanner = FrameScanner()
  /// What the kernel did not take yet.
  private var unsent: [UInt8] = []

  init(index: Int, descriptor: CInt, opening: Opening) {
    self.index = index
    self.descriptor = descriptor
    self.opening = opening
  }

  /// Sends, and keeps what the kernel does not take until it does.
  func send(_ bytes: UnsafeRawBufferPointer) {
    guard unsent.isEmpty else {
      unsent.append(contentsOf: bytes)
      return
    }
    let sent = write(bytes)
    if sent < bytes.count { unsent.append(contentsOf: bytes[sent...]) }
  }

  func send(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { send($0) }
  }

  /// The kernel takes more.
  func flush() {
    if unsent.isEmpty { return }
    let sent = unsent.withUnsafeBytes { write($0) }
    unsent.removeFirst(sent)
  }

  /// Calls `body` with each message that `bytes` completes; answers pings, and takes a Close or a breach of the
  /// protocol as the end.
  @inline(__always)
  func messages(in bytes: UnsafeRawBufferPointer, _ body: (FrameScanner.Frame) -> Void) {
    problem =
      scanner.feed(bytes) { frame in
        switch frame.opcode {
        case 0x1, 0x2: body(frame)
        case 0x8: problem = problem ?? "the server closed the connection (\(Self.closeCode(frame.payload)))"
        case 0x9: send(MaskedFrame.bytes(opcode: 0xA, Array(frame.payload)))
        case 0xA: break
        default: problem = problem ?? "the server sent a frame with opcode \(frame.opcode)"
        }
      } ?? problem
  }

  private static func closeCode(_ payload: UnsafeRawBufferPointer) -> String {
    guard payload.count >= 2 else { return "no code" }
    let reason = String(decoding: payload[2...], as: UTF8.self)
    return "\(Int(payload[0]) << 8 | Int(payload[1]))\(reason.isEmpty ? "" : " " + reason)"
  }

  private func write(_ bytes: UnsafeRawBufferPointer) -> Int {
    while true {
      let sent = Glibc.send(descriptor, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
      if sent >= 0 { return sent }
      if errno == EAGAIN { return 0 }
      // A lost connection shows when it is read; until then nothing is gained by keeping the bytes.
      if errno != EINTR { return bytes.count }
    }
  }
}
