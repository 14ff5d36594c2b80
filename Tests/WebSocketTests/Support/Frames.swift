import NIOCore

@testable import WebSocket

/// Frames made by hand, so that the tests share no code with what they test.
enum Frames {
  static let key: [UInt8] = [0x37, 0xFA, 0x21, 0x3D]

  /// One frame with any bits. A client's is masked.
  static func frame(_ first: UInt8, _ payload: [UInt8], from role: Role = .client, declared: Int? = nil) -> [UInt8] {
    let count = declared ?? payload.count
    let maskBit: UInt8 = role == .client ? 0x80 : 0
    var bytes = [first]
    if count < 126 {
      bytes.append(maskBit | UInt8(count))
    } else if count < 65536 {
      bytes += [maskBit | 126, UInt8(count >> 8), UInt8(count & 0xFF)]
    } else {
      bytes.append(maskBit | 127)
      bytes += (0..<8).map { UInt8(truncatingIfNeeded: count >> (56 - 8 * $0)) }
    }
    guard role == .client else { return bytes + payload }
    return bytes + key + payload.enumerated().map { $1 ^ key[$0 % 4] }
  }

  static func text(_ text: String) -> [UInt8] { frame(0x81, Array(text.utf8)) }

  static func close(_ code: UInt16, _ reason: String = "", from role: Role = .client) -> [UInt8] {
    frame(0x88, [UInt8(code >> 8), UInt8(code & 0xFF)] + Array(reason.utf8), from: role)
  }

  /// Splits what a server wrote into (first byte, payload). Nil when it is not whole unmasked frames.
  static func parse(_ bytes: [UInt8]) -> [(first: UInt8, payload: [UInt8])]? {
    var frames: [(UInt8, [UInt8])] = []
    var rest = bytes[...]
    while !rest.isEmpty {
      guard let first = rest.popFirst(), let short = rest.popFirst(), short < 128 else { return nil }
      var count = Int(short)
      if short > 125 {
        let extra = short == 126 ? 2 : 8
        guard rest.count >= extra else { return nil }
        count = rest.prefix(extra).reduce(0) { $0 << 8 | Int($1) }
        rest = rest.dropFirst(extra)
      }
      guard rest.count >= count else { return nil }
      frames.append((first, Array(rest.prefix(count))))
      rest = rest.dropFirst(count)
    }
    return frames
  }
}

extension ByteBuffer {
  var bytes: [UInt8] { Array(readableBytesView) }
}
