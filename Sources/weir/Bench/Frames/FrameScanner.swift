/// Finds a server's frames in a stream of bytes. Whole frames are handed over where they lie; only a frame that is cut
/// by the end of a read is copied.
struct FrameScanner {
  struct Frame {
    let opcode: UInt8
    /// The RSV1 bit: permessage-deflate.
    let isCompressed: Bool
    /// Valid until the callback returns.
    let payload: UnsafeRawBufferPointer
    /// With its header.
    let wireBytes: Int
  }

  private static let maximumFrameBytes: UInt64 = 64 << 20
  private var carry: [UInt8] = []

  /// Calls `body` with each frame that is whole now. Returns what is wrong with the bytes, nil if nothing is.
  mutating func feed(_ bytes: UnsafeRawBufferPointer, _ body: (Frame) -> Void) -> String? {
    guard carry.isEmpty else { return feedCarried(bytes, body) }
    var rest = bytes
    let problem = Self.scan(&rest, body)
    if !rest.isEmpty { carry.append(contentsOf: rest) }
    return problem
  }

  private mutating func feedCarried(_ bytes: UnsafeRawBufferPointer, _ body: (Frame) -> Void) -> String? {
    var joined: [UInt8] = []
    swap(&joined, &carry)
    joined.append(contentsOf: bytes)
    return joined.withUnsafeBytes { all in
      var rest = all
      let problem = Self.scan(&rest, body)
      carry = Array(rest)
      return problem
    }
  }

  private static func scan(_ rest: inout UnsafeRawBufferPointer, _ body: (Frame) -> Void) -> String? {
    while rest.count >= 2 {
      let first = rest[0]
      // Weir's messages are one frame each, and so are those of every server measured so far.
      guard first & 0x80 != 0 else {
        return "the server sent a message in pieces, which the load generator cannot read"
      }
      guard first & 0x30 == 0, rest[1] & 0x80 == 0 else { return "the server sent a frame that RFC 6455 forbids" }
      var header = 2
      var length = UInt64(rest[1])
      if length >= 126 {
        header = length == 126 ? 4 : 10
        if rest.count < header { return nil }
        length = 0
        for index in 2..<header { length = length << 8 | UInt64(rest[index]) }
      }
      guard length <= maximumFrameBytes else { return "the server sent a frame of \(length) bytes" }
      let end = header + Int(length)
      if rest.count < end { return nil }
      body(
        Frame(
          opcode: first & 0x0F, isCompressed: first & 0x40 != 0,
          payload: UnsafeRawBufferPointer(rebasing: rest[header..<end]), wireBytes: end))
      rest = UnsafeRawBufferPointer(rebasing: rest[end...])
    }
    return nil
  }
}
