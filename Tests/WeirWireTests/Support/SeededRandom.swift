import Foundation

/// SplitMix64: the same seed gives the same run everywhere.
struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64

  /// The seed of this run: the same each time, unless `WEIR_WIRE_SEED` names another.
  static let seed = ProcessInfo.processInfo.environment["WEIR_WIRE_SEED"].flatMap { UInt64($0) } ?? 20_260_214

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }

  mutating func bool() -> Bool { below(2) == 1 }

  mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }

  // MARK: Field values, with the edges of their encodings in front

  mutating func uint64() -> UInt64 {
    let edges: [UInt64] = [
      0, 1, 127, 128, 16_383, 16_384, 1 << 21, 1 << 28, (1 << 32) - 1, 1 << 32, 1 << 35, (1 << 53) + 1, 1 << 56,
      1 << 63,
      .max,
    ]
    return below(3) == 0 ? next() >> UInt64(below(64)) : pick(edges)
  }

  mutating func uint32() -> UInt32 {
    below(3) == 0
      ? UInt32(truncatingIfNeeded: next()) >> UInt32(below(32))
      : pick([0, 1, 127, 128, 16_384, 1 << 28, 1 << 31, .max])
  }

  /// Known values and, one time in four, numbers that no schema has.
  mutating func enumeration<E: RawRepresentable<Int32>>() -> E {
    let number = below(4) == 0 ? pick([-1, .min, .max, 1000, 128]) : Int32(below(bool() ? 6 : 24))
    guard let value = E(rawValue: number) else { preconditionFailure("the schema's enums take every number") }
    return value
  }

  mutating func string() -> String {
    let pieces = [
      "", "a", "hello", "ünï", "水", "👩🏽‍💻", "\u{0}", "\u{1}\u{1F}", "\"quoted\"", "\\u0041", "\n\r\t\u{8}\u{C}", "/",
      "</script>",
      "\u{7F}\u{80}", "\u{2028}\u{2029}", "\u{FEFF}", "\u{FFFF}", "\u{10FFFF}", "null", "0",
    ]
    if below(20) == 0 { return String(repeating: pick(pieces), count: 130 + below(200)) }
    return (0..<below(4)).map { _ in pick(pieces) }.joined()
  }

  mutating func maybe<T>(_ make: (inout SeededRandom) -> T) -> T? { bool() ? make(&self) : nil }

  mutating func list<T>(_ make: (inout SeededRandom) -> T) -> [T] { (0..<below(4)).map { _ in make(&self) } }
}
