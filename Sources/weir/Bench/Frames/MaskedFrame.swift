/// A client's frame (RFC 6455 §5.2), ready to be sent. All have the same masking key: the server has to unmask all the
/// same, and the load generator need not mask again and again.
enum MaskedFrame {
  private static let key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]

  static func bytes(opcode: UInt8, _ payload: [UInt8], isCompressed: Bool = false) -> [UInt8] {
    var frame: [UInt8] = []
    frame.reserveCapacity(payload.count + 14)
    frame.append(0x80 | (isCompressed ? 0x40 : 0) | opcode)
    appendLength(payload.count, mask: 0x80, to: &frame)
    frame += key
    for (index, byte) in payload.enumerated() { frame.append(byte ^ key[index & 3]) }
    return frame
  }

  /// The same as a server sends it: not masked.
  static func reply(opcode: UInt8, _ payload: [UInt8]) -> [UInt8] {
    var frame: [UInt8] = [0x80 | opcode]
    appendLength(payload.count, mask: 0, to: &frame)
    return frame + payload
  }

  /// A Close with 1000.
  static let close = bytes(opcode: 0x8, [0x03, 0xE8])

  private static func appendLength(_ length: Int, mask: UInt8, to frame: inout [UInt8]) {
    switch length {
    case ..<126: frame.append(mask | UInt8(length))
    case ..<65536:
      frame.append(mask | 126)
      frame += [UInt8(length >> 8), UInt8(length & 0xFF)]
    default:
      frame.append(mask | 127)
      for shift in stride(from: 56, through: 0, by: -8) { frame.append(UInt8(truncatingIfNeeded: length >> shift)) }
    }
  }
}
