/// Makes bad frames out of good ones.
struct Mutator {
  let corpus: [[UInt8]]
  /// What is put in: pieces that mean something to the format.
  let tokens: [[UInt8]]

  static let binaryTokens: [[UInt8]] = [
    [0x00], [0x7F], [0x80], [0xFF], [0x08], [0x0A, 0x00], [0x0B], [0x0C], [0x0E], [0x12, 0x7F], [0x1A, 0x00],
    [0xFF, 0xFF, 0xFF, 0xFF, 0x07], [0xFF, 0xFF, 0xFF, 0xFF, 0x0F], Array(repeating: 0xFF, count: 9) + [0x01],
    Array(repeating: 0x80, count: 10) + [0x01], [0xFB, 0x7F], [0xFC, 0x7F], [0xFA, 0x7F, 0x01, 0x00], [0xC0, 0x80],
    [0xED, 0xA0, 0x80],
  ]

  static let jsonTokens: [[UInt8]] =
    [
      "{", "}", "[", "]", ",", ":", "\"", "\\", " ", "null", "true", "false", "0", "-1", "1e3", "1e400", "0.0",
      "18446744073709551615", "\\u0041", "\\uD83D", "\\uDE00", "\"x\":", "{\"parts\":[", "\"ACK_LEVEL_DONE\"",
      "[[[[[[[[",
    ].map { Array($0.utf8) } + [[0xC3], [0x00], [0xEF, 0xBB, 0xBF]]

  func next(_ random: inout SeededRandom) -> [UInt8] {
    var bytes = random.pick(corpus)
    for _ in 0...random.below(3) { mutate(&bytes, &random) }
    return bytes
  }

  private func mutate(_ bytes: inout [UInt8], _ random: inout SeededRandom) {
    if bytes.isEmpty { bytes = random.pick(tokens) }
    let at = random.below(bytes.count)
    let until = min(bytes.count, at + 1 + random.below(16))
    switch random.below(8) {
    case 0: bytes[at] ^= 1 << UInt8(random.below(8))
    case 1: bytes[at] = UInt8(random.below(256))
    case 2: bytes.removeLast(bytes.count - at)
    case 3: bytes.removeSubrange(at..<until)
    case 4: bytes.insert(contentsOf: bytes[at..<until], at: at)
    case 5: bytes.insert(contentsOf: random.pick(tokens), at: at)
    case 6: bytes.replaceSubrange(at..<until, with: random.pick(tokens))
    default:
      let other = random.pick(corpus)
      bytes.replaceSubrange(at..., with: other[random.below(other.count + 1)...])
    }
  }
}
