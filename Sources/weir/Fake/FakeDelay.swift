import Foundation

/// How long something takes, drawn anew each time: `200ms`, `uniform:100ms-1s`, `exponential:200ms` (its mean) or
/// `lognormal:200ms:0.5` (its median, and the spread of its logarithm).
enum FakeDelay: Sendable, Equatable {
  case fixed(Double)
  case uniform(Double, Double)
  case exponential(mean: Double)
  case lognormal(median: Double, spread: Double)

  /// Nothing takes longer, in seconds.
  static let maximum = 3600.0

  /// Seconds.
  func draw(_ random: inout FakeRandom) -> Double {
    let seconds: Double
    switch self {
    case .fixed(let value): seconds = value
    case .uniform(let least, let most): seconds = least + (most - least) * random.unit()
    case .exponential(let mean): seconds = -mean * log(1 - random.unit())
    case .lognormal(let median, let spread): seconds = median * exp(spread * random.normal())
    }
    return min(max(0, seconds), Self.maximum)
  }
}

extension FakeDelay: LosslessStringConvertible {
  init?(_ description: String) {
    let parts = description.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    switch (parts[0], parts.count) {
    case (_, 1):
      guard let value = FakeDelay.seconds(parts[0]) else { return nil }
      self = .fixed(value)
    case ("fixed", 2):
      guard let value = FakeDelay.seconds(parts[1]) else { return nil }
      self = .fixed(value)
    case ("uniform", 2):
      let bounds = parts[1].split(separator: "-").map(String.init)
      guard bounds.count == 2, let least = FakeDelay.seconds(bounds[0]), let most = FakeDelay.seconds(bounds[1]),
        least <= most
      else { return nil }
      self = .uniform(least, most)
    case ("exponential", 2):
      guard let mean = FakeDelay.seconds(parts[1]) else { return nil }
      self = .exponential(mean: mean)
    case ("lognormal", 3):
      guard let median = FakeDelay.seconds(parts[1]), let spread = Double(parts[2]), (0...5).contains(spread) else {
        return nil
      }
      self = .lognormal(median: median, spread: spread)
    default: return nil
    }
  }

  /// Reads a span of time such as 20ms, 1.5s or 2m; at most an hour.
  static func seconds(_ text: String) -> Double? {
    let units: [(String, Double)] = [("ms", 0.001), ("us", 0.000_001), ("s", 1), ("m", 60), ("h", 3600)]
    for (unit, factor) in units where text.hasSuffix(unit) {
      guard let amount = Double(text.dropLast(unit.count)), amount.isFinite, amount >= 0 else { return nil }
      return amount * factor <= maximum ? amount * factor : nil
    }
    return text == "0" ? 0 : nil
  }

  var description: String {
    func text(_ seconds: Double) -> String { "\((seconds * 1_000_000).rounded() / 1000)ms" }
    switch self {
    case .fixed(let value): return text(value)
    case .uniform(let least, let most): return "uniform:\(text(least))-\(text(most))"
    case .exponential(let mean): return "exponential:\(text(mean))"
    case .lognormal(let median, let spread): return "lognormal:\(text(median)):\(spread)"
    }
  }
}

extension FakeDelay: Codable {
  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let text = try container.decode(String.self)
    guard let delay = FakeDelay(text) else {
      throw DecodingError.dataCorruptedError(
        in: container,
        debugDescription: "\"\(text)\" is no delay; write 200ms, uniform:100ms-1s, exponential:200ms or "
          + "lognormal:200ms:0.5")
    }
    self = delay
  }

  func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// SplitMix64: the same seed, the same faults.
struct FakeRandom: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// From 0 up to and without 1.
  mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// From the normal distribution (Box and Muller).
  mutating func normal() -> Double {
    (-2 * log(1 - unit())).squareRoot() * cos(2 * .pi * unit())
  }

  mutating func happens(_ share: Double) -> Bool { share > 0 && unit() < share }
}
