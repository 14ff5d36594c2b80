/// Attacks with frames, in the order of RFC 6455 and RFC 7692.
enum FrameRows {
  typealias Row = SystemTests.FrameAttacks.Row

  private static let zeros: [UInt8] = [0, 0, 0, 0]

  private static func frame(
    _ opcode: UInt8, _ payload: [UInt8], fin: Bool = true, reserved: UInt8 = 0
  ) -> [UInt8] {
    HandFrames.frame(opcode, payload, fin: fin, reserved: reserved)
  }

  /// RFC 6455 section 5.2.
  static let headers: [Row] =
    [
      Row(name: "not masked", bytes: HandFrames.frame(2, [1], masked: false), codes: [1002]),
      Row(name: "RSV1 without deflate", bytes: frame(2, [1], reserved: 0x40), codes: [1002]),
      Row(name: "RSV2", bytes: frame(2, [1], reserved: 0x20), codes: [1002]),
      Row(name: "RSV3", bytes: frame(2, [1], reserved: 0x10), codes: [1002]),
      Row(name: "length with the top bit", bytes: [0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 1] + zeros, codes: [1002]),
      Row(name: "length 2^62", bytes: [0x82, 0xFF, 0x40, 0, 0, 0, 0, 0, 0, 0] + zeros, codes: [1009]),
      Row(name: "length 2 MiB", bytes: [0x82, 0xFF, 0, 0, 0, 0, 0, 0x20, 0, 0] + zeros, codes: [1009]),
      Row(name: "126 for 5", bytes: [0x82, 0xFE, 0, 5] + zeros + [1, 2, 3, 4, 5], codes: [1002]),
      Row(
        name: "127 for 300", bytes: [0x82, 0xFF, 0, 0, 0, 0, 0, 0, 1, 44] + zeros + [UInt8](repeating: 0, count: 300),
        codes: [1002]),
    ]
    + [3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map { opcode in
      Row(name: "opcode \(opcode)", bytes: frame(opcode, [1]), codes: [1002])
    }
    + [8, 9, 10].flatMap { opcode in
      [
        Row(
          name: "opcode \(opcode) with 126 bytes", bytes: frame(opcode, [UInt8](repeating: 3, count: 126)),
          codes: [1002]),
        Row(name: "opcode \(opcode) in fragments", bytes: frame(opcode, [], fin: false), codes: [1002]),
      ]
    }

  /// RFC 6455 sections 5.4, 5.6 and 8.1.
  static let messages: [Row] = [
    Row(name: "continuation of nothing", bytes: frame(0, [1]), codes: [1002]),
    Row(name: "text inside a message", bytes: frame(2, [1], fin: false) + frame(1, [65]), codes: [1002]),
    Row(name: "binary inside a message", bytes: frame(2, [1], fin: false) + frame(2, [1]), codes: [1002]),
    Row(
      name: "text that is no UTF-8", bytes: frame(1, [0xC0, 0x80]), codes: [1007], subprotocol: "weir.v1.json"),
    Row(
      name: "text that stops being UTF-8 in its third fragment, before it ends",
      bytes: frame(1, [0x7B], fin: false) + frame(0, [0xE2, 0x82], fin: false) + frame(0, [0x7B], fin: false),
      codes: [1007], subprotocol: "weir.v1.json"),
    Row(
      name: "text that ends inside a character", bytes: frame(1, [0x7B, 0xE2, 0x82]), codes: [1007],
      subprotocol: "weir.v1.json"),
    Row(
      name: "a surrogate in UTF-8", bytes: frame(1, [0xED, 0xA0, 0x80]), codes: [1007], subprotocol: "weir.v1.json"),
    Row(name: "text on the binary subprotocol", bytes: frame(1, Array("{}".utf8)), codes: [1003]),
    Row(name: "binary on the JSON subprotocol", bytes: frame(2, [8, 1]), codes: [1003], subprotocol: "weir.v1.json"),
  ]

  /// RFC 6455 section 7.4.
  static let closing: [Row] =
    [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535].map { code in
      Row(name: "close code \(code)", bytes: frame(8, [UInt8(code >> 8), UInt8(code & 0xFF)]), codes: [1002])
    } + [
      Row(name: "close of one byte", bytes: frame(8, [3]), codes: [1002]),
      Row(name: "close reason that is no UTF-8", bytes: frame(8, [3, 0xE8, 0xFF]), codes: [1007]),
      Row(name: "compressed close", bytes: frame(8, [3, 0xE8], reserved: 0x40), codes: [1002]),
      Row(
        name: "compressed close where compression is agreed", bytes: frame(8, [3, 0xE8], reserved: 0x40),
        codes: [1002], extensions: "permessage-deflate"),
    ]

  /// What is no ClientFrame: the device hears why before the Close frame.
  static let protobuf: [Row] = [
    Row(name: "a varint without end", bytes: frame(2, [0x08, 0xFF]), codes: [1007]),
    Row(
      name: "a varint of 11 bytes", bytes: frame(2, [0x08] + [UInt8](repeating: 0xFF, count: 10) + [1]),
      codes: [1007]),
    Row(name: "field 0", bytes: frame(2, [0x00, 0x01]), codes: [1007]),
    Row(name: "wire type 7", bytes: frame(2, [0x0F, 1]), codes: [1007]),
    Row(name: "a length over the end", bytes: frame(2, [0x12, 0x7F, 1]), codes: [1007]),
    Row(
      name: "a length of 2^63", bytes: frame(2, [0x12] + [UInt8](repeating: 0xFF, count: 8) + [0x7F]), codes: [1007]),
    Row(
      name: "groups a thousand deep", bytes: frame(2, [UInt8](repeating: 0x7B, count: 1000)), codes: [1007]),
    Row(
      name: "JSON a hundred thousand deep", bytes: frame(1, [UInt8](repeating: 0x5B, count: 100_000)), codes: [1007],
      subprotocol: "weir.v1.json"),
    Row(
      name: "JSON with unknown members a hundred thousand deep",
      bytes: frame(1, Array(#"{"x":"#.utf8) + [UInt8](repeating: 0x5B, count: 100_000)), codes: [1007],
      subprotocol: "weir.v1.json"),
    Row(
      name: "a member that is there twice",
      bytes: frame(1, Array(#"{"ping":{"nonce":"1"},"ping":{"nonce":"2"}}"#.utf8)),
      codes: [1007], subprotocol: "weir.v1.json"),
    Row(
      name: "a number over 2^64", bytes: frame(1, Array(#"{"ping":{"nonce":"18446744073709551616"}}"#.utf8)),
      codes: [1007], subprotocol: "weir.v1.json"),
    Row(
      name: "a negative number", bytes: frame(1, Array(#"{"grantCredit":{"bytes":"-1"}}"#.utf8)), codes: [1007],
      subprotocol: "weir.v1.json"),
    Row(
      name: "half a surrogate pair", bytes: frame(1, Array(#"{"hello":{"agent":"\ud800"}}"#.utf8)), codes: [1007],
      subprotocol: "weir.v1.json"),
  ]

  /// Much of what is legal one by one.
  static let floods: [Row] = [
    Row(
      name: "fragments that together are one byte over the limit",
      bytes: frame(2, [UInt8](repeating: 0, count: 1 << 19), fin: false)
        + frame(0, [UInt8](repeating: 0, count: 1 << 19), fin: false) + frame(0, [0], fin: false),
      codes: [1009]),
    Row(
      name: "a frame of one byte over the limit",
      bytes: frame(2, [UInt8](repeating: 0, count: (1 << 20) + 1)), codes: [1009]),
    Row(
      name: "131000 fragments of one byte (CVE-2026-48779)",
      bytes: frame(2, [1], fin: false) + (0..<131_000).flatMap { _ in frame(0, [1], fin: false) }, codes: [1008]),
    Row(
      name: "131000 empty fragments",
      bytes: frame(2, [], fin: false) + (0..<131_000).flatMap { _ in frame(0, [], fin: false) }, codes: [1008]),
    Row(name: "ten thousand pings at once", bytes: (0..<10_000).flatMap { _ in frame(9, [1]) }, codes: [1008]),
    Row(name: "ten thousand pongs at once", bytes: (0..<10_000).flatMap { _ in frame(10, [1]) }, codes: [1008]),
    // An empty message is no ClientFrame that asks for anything: each is answered with an error until there are too many.
    Row(name: "a hundred thousand empty messages", bytes: (0..<100_000).flatMap { _ in frame(2, []) }, codes: [1008]),
  ]

  private static let deflate = "permessage-deflate"

  /// RFC 7692 section 7.2.
  static let compression: [Row] = [
    Row(name: "a reserved block type", bytes: frame(2, [0x07], reserved: 0x40), codes: [1007], extensions: deflate),
    Row(
      name: "a stored block whose lengths differ", bytes: frame(2, [0, 5, 0, 5, 0, 1], reserved: 0x40), codes: [1007],
      extensions: deflate),
    Row(
      name: "a distance before the beginning", bytes: frame(2, [0x4B, 0x04, 0x42, 0x00], reserved: 0x40),
      codes: [1007], extensions: deflate),
    Row(
      name: "a stream that stops in its tables", bytes: frame(2, Array(zeroTables.prefix(5)), reserved: 0x40),
      codes: [1007], extensions: deflate),
    Row(
      name: "RSV1 on a continuation", bytes: frame(2, [1], fin: false, reserved: 0x40) + frame(0, [1], reserved: 0x40),
      codes: [1002], extensions: deflate),
    Row(name: "RSV1 on a ping", bytes: frame(9, [1], reserved: 0x40), codes: [1002], extensions: deflate),
    Row(
      name: "a bomb in one frame of 1 MiB, a gigabyte inflated", bytes: frame(2, bomb(1 << 20), reserved: 0x40),
      codes: [1009], extensions: deflate),
    Row(
      name: "a bomb in six fragments of 1 MiB (CVE-2026-39804)",
      bytes: frame(2, bomb(1 << 20), fin: false, reserved: 0x40)
        + (0..<5).flatMap { frame(0, [UInt8](repeating: 0, count: 1 << 20), fin: $0 == 4) },
      codes: [1009], extensions: deflate),
    Row(
      name: "text in a bomb", bytes: frame(1, bomb(1 << 16), reserved: 0x40), codes: [1009],
      subprotocol: "weir.v1.json",
      extensions: deflate),
  ]

  /// A block whose tables make every two bits a copy of 258 zeros.
  private static let zeroTables: [UInt8] = [
    0xEC, 0xC1, 0x01, 0x01, 0x00, 0x00, 0x00, 0x80, 0x90, 0xFE, 0xAF, 0xEE, 0x08, 0x0A,
  ]

  /// So many bytes that inflate to a thousand times as many zeros.
  private static func bomb(_ count: Int) -> [UInt8] {
    zeroTables + [UInt8](repeating: 0, count: count - zeroTables.count)
  }
}
