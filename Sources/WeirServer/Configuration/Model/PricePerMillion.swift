/// What a million tokens cost, exactly: decimals as people write them, to six places.
public struct PricePerMillion: Sendable, Hashable, Comparable {
  /// Of one unit of the currency: 2.50 is 2,500,000.
  public var millionths: UInt64

  /// A price of so many millionths.
  public init(millionths: UInt64) {
    self.millionths = millionths
  }

  /// What a price can be.
  static let range = PricePerMillion(millionths: 0)...PricePerMillion(millionths: 1_000_000_000_000)

  /// A price in decimals, such as `2.50`. nil: it is none, has more than six places, or is beyond a million.
  public init?(_ text: String) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard let whole = parts.first, parts.count <= 2, let units = PricePerMillion.number(whole), units <= 1_000_000
    else {
      return nil
    }
    var fraction: UInt64 = 0
    if parts.count == 2 {
      guard parts[1].utf8.count <= 6, let digits = PricePerMillion.number(parts[1]) else { return nil }
      fraction = (parts[1].utf8.count..<6).reduce(digits) { value, _ in value * 10 }
    }
    let millionths = units * 1_000_000 + fraction
    guard millionths <= PricePerMillion.range.upperBound.millionths else { return nil }
    self.millionths = millionths
  }

  /// By size.
  public static func < (left: PricePerMillion, right: PricePerMillion) -> Bool { left.millionths < right.millionths }

  /// Digits and nothing else.
  private static func number(_ text: Substring) -> UInt64? {
    text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? UInt64(text) : nil
  }
}

extension PricePerMillion: SettingValue {
  init?(settingText: String) { self.init(settingText) }

  var settingText: String {
    let (units, fraction) = millionths.quotientAndRemainder(dividingBy: 1_000_000)
    if fraction == 0 { return String(units) }
    let digits = String(fraction)
    let places = String(repeating: "0", count: 6 - digits.count) + digits
    return "\(units).\(places.reversed().drop { $0 == "0" }.reversed().map(String.init).joined())"
  }

  static var expectation: String { "a price for a million tokens, such as 2.50, with at most six decimals" }
}
