/// What a frame must obey on one connection.
struct FrameRules: Sendable {
  let role: Role
  /// permessage-deflate was agreed: RSV1 may be set on the first frame of a message (RFC 7692 §6).
  let allowsCompression: Bool
  let maximumFrameBytes: Int
}

/// The first 2 to 14 bytes of a frame (RFC 6455 §5.2).
struct FrameHeader {
  static let maximumBytes = 14

  let opcode: Opcode
  let fin: Bool
  /// RSV1: this message is compressed.
  let compressed: Bool
  /// Masking key in memory order; 0 for an unmasked frame, which leaves bytes as they are.
  let mask: UInt32
  let payloadBytes: Int
  let headerBytes: Int

  /// Reads a header from the start of `bytes`; `nil` when more bytes are needed. Rules are checked as soon as the bytes
  /// that break them are there.
  @inline(__always)
  static func parse(_ bytes: UnsafeRawBufferPointer, _ rules: FrameRules) throws(ProtocolViolation) -> FrameHeader? {
    guard let first = bytes.first else { return nil }
    let opcode = try checkedOpcode(first, rules)
    let fin = first & 0x80 != 0
    guard bytes.count >= 2 else { return nil }
    let second = bytes[1]
    let masked = second & 0x80 != 0
    guard masked == (rules.role == .server) else {
      throw .protocolError(masked ? "a server must not mask its frames" : "a client must mask its frames")
    }
    let short = Int(second & 0x7F)
    let lengthBytes = short < 126 ? 0 : short == 126 ? 2 : 8
    if opcode.isControl, lengthBytes > 0 { throw .protocolError("a control frame holds at most 125 bytes") }
    guard bytes.count >= 2 + lengthBytes else { return nil }
    let payloadBytes = lengthBytes == 0 ? short : try extendedLength(bytes, lengthBytes)
    guard payloadBytes <= rules.maximumFrameBytes else {
      throw .tooBig("a frame may hold \(rules.maximumFrameBytes) bytes")
    }
    let headerBytes = 2 + lengthBytes + (masked ? 4 : 0)
    guard bytes.count >= headerBytes else { return nil }
    let mask = masked ? bytes.loadUnaligned(fromByteOffset: 2 + lengthBytes, as: UInt32.self) : 0
    return FrameHeader(
      opcode: opcode, fin: fin, compressed: first & 0x40 != 0, mask: mask, payloadBytes: payloadBytes,
      headerBytes: headerBytes)
  }

  @inline(__always)
  private static func checkedOpcode(_ first: UInt8, _ rules: FrameRules) throws(ProtocolViolation) -> Opcode {
    guard let opcode = Opcode(rawValue: first & 0x0F) else { throw .protocolError("unknown opcode") }
    guard first & 0x30 == 0 else { throw .protocolError("RSV2 and RSV3 must be 0") }
    if first & 0x40 != 0 {
      guard rules.allowsCompression else { throw .protocolError("RSV1 is set but compression was not agreed") }
      guard opcode == .text || opcode == .binary else {
        throw .protocolError("RSV1 belongs on the first frame of a message only")
      }
    }
    if opcode.isControl, first & 0x80 == 0 { throw .protocolError("a control frame must not be fragmented") }
    return opcode
  }

  private static func extendedLength(
    _ bytes: UnsafeRawBufferPointer, _ lengthBytes: Int
  ) throws(ProtocolViolation) -> Int {
    if lengthBytes == 2 {
      let length = Int(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
      guard length >= 126 else { throw .protocolError("a length must use the shortest form") }
      return length
    }
    let length = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt64.self))
    guard length >> 63 == 0 else { throw .protocolError("the top bit of a 64-bit length must be 0") }
    guard length > 0xFFFF else { throw .protocolError("a length must use the shortest form") }
    return Int(length)
  }
}
