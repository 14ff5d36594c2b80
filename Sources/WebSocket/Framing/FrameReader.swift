/// A piece of one frame's payload as it lies, unmasked, in the read buffer. A frame that arrives whole is one span.
struct FrameSpan {
  let opcode: Opcode
  let fin: Bool
  let compressed: Bool
  /// The frame's header was read right before these bytes.
  let begins: Bool
  /// The frame's last byte is in this span.
  let ends: Bool
  /// Where the bytes lie, counted from the start of the bytes that were read.
  let offset: Int
  let count: Int
  /// Payload bytes of the whole frame, as declared.
  let frameBytes: Int

  /// One frame, all of it here, that is a whole message and needs no inflating.
  var isPlainMessage: Bool {
    begins && ends && fin && !compressed && (opcode == .binary || opcode == .text)
  }
}

/// Cuts a byte stream into frames and unmasks them where they lie. Knows single frames only: what their sequence means is
/// ``MessageAssembler``'s to judge. Holds at most the 13 bytes of a cut header; payload bytes are never kept.
struct FrameReader {
  private let rules: FrameRules
  private var current: FrameHeader?
  /// Payload bytes of `current` that have not arrived.
  private var remaining = 0
  /// Key for the next payload byte.
  private var mask: UInt32 = 0
  private var cutHeader = SIMD16<UInt8>()
  private var cutHeaderBytes = 0
  private var failed = false

  init(_ rules: FrameRules) { self.rules = rules }

  /// A frame has begun and its last byte has not arrived.
  var isInsideFrame: Bool { current != nil || cutHeaderBytes > 0 }

  /// Consumes all of `bytes`, appends what they hold to `spans`, and returns the violation that ended the stream, if any:
  /// the spans before it are good. After a violation nothing more is read.
  mutating func read(
    _ bytes: UnsafeMutableRawBufferPointer, into spans: inout [FrameSpan]
  ) -> ProtocolViolation? {
    guard !failed else { return nil }
    do throws(ProtocolViolation) {
      var position = 0
      while position < bytes.count {
        if current == nil {
          guard let header = try nextHeader(bytes, &position) else { return nil }
          current = header
          remaining = header.payloadBytes
          mask = header.mask
          takePayload(bytes, &position, begins: true, into: &spans)
        } else {
          takePayload(bytes, &position, begins: false, into: &spans)
        }
      }
      return nil
    } catch {
      failed = true
      return error
    }
  }

  @inline(__always)
  private mutating func takePayload(
    _ bytes: UnsafeMutableRawBufferPointer, _ position: inout Int, begins: Bool, into spans: inout [FrameSpan]
  ) {
    guard let header = current else { return }
    let count = min(remaining, bytes.count - position)
    if mask != 0 { mask = Masking.apply(mask, to: .init(rebasing: bytes[position..<position + count])) }
    remaining -= count
    spans.append(
      FrameSpan(
        opcode: header.opcode, fin: header.fin, compressed: header.compressed, begins: begins, ends: remaining == 0,
        offset: position, count: count, frameBytes: header.payloadBytes))
    position += count
    if remaining == 0 { current = nil }
  }

  @inline(__always)
  private mutating func nextHeader(
    _ bytes: UnsafeMutableRawBufferPointer, _ position: inout Int
  ) throws(ProtocolViolation) -> FrameHeader? {
    if cutHeaderBytes > 0 { return try continueCutHeader(bytes, &position) }
    if let header = try FrameHeader.parse(.init(rebasing: bytes[position...]), rules) {
      position += header.headerBytes
      return header
    }
    while position < bytes.count {
      cutHeader[cutHeaderBytes] = bytes[position]
      cutHeaderBytes += 1
      position += 1
    }
    return nil
  }

  private mutating func continueCutHeader(
    _ bytes: UnsafeMutableRawBufferPointer, _ position: inout Int
  ) throws(ProtocolViolation) -> FrameHeader? {
    while position < bytes.count {
      cutHeader[cutHeaderBytes] = bytes[position]
      cutHeaderBytes += 1
      position += 1
      let gathered = cutHeader
      let count = cutHeaderBytes
      let result = withUnsafeBytes(of: gathered) { raw in
        Result { () throws(ProtocolViolation) in
          try FrameHeader.parse(.init(rebasing: raw[..<count]), rules)
        }
      }
      if let header = try result.get() {
        cutHeaderBytes = 0
        return header
      }
    }
    return nil
  }
}
