/// A type that settings have: how its text looks, in a YAML file, a variable or a flag.
protocol SettingValue: Sendable, Equatable {
  /// nil: the text is not of this type.
  init?(settingText: String)
  /// The text that reads back as the same value.
  var settingText: String { get }
  /// What a good text looks like: ends the sentence "must be ...".
  static var expectation: String { get }
}

extension String: SettingValue {
  init?(settingText: String) { self = settingText }
  var settingText: String { self }
  static var expectation: String { "text" }
}

extension Int: SettingValue {
  init?(settingText: String) { self.init(settingText) }
  var settingText: String { String(self) }
  static var expectation: String { "a whole number" }
}

extension Double: SettingValue {
  init?(settingText: String) {
    guard let value = Double(settingText), value.isFinite else { return nil }
    self = value
  }
  var settingText: String { self == rounded() && magnitude < 1e15 ? String(Int(self)) : String(self) }
  static var expectation: String { "a number" }
}

extension Bool: SettingValue {
  init?(settingText: String) {
    switch settingText.lowercased() {
    case "true", "yes", "on", "1": self = true
    case "false", "no", "off", "0": self = false
    default: return nil
    }
  }
  var settingText: String { self ? "true" : "false" }
  static var expectation: String { "true or false" }
}

extension Secret: SettingValue {
  init?(settingText: String) { self.init(settingText) }
  var settingText: String { Secret.placeholder }
  static var expectation: String { "text" }
}

/// An absent value is the empty text.
extension Optional: SettingValue where Wrapped: SettingValue {
  init?(settingText: String) {
    if settingText.isEmpty {
      self = .none
    } else if let value = Wrapped(settingText: settingText) {
      self = .some(value)
    } else {
      return nil
    }
  }
  var settingText: String { self?.settingText ?? "" }
  static var expectation: String { Wrapped.expectation }
}

/// Settings with a few named values.
protocol NamedSetting: SettingValue, RawRepresentable<String>, CaseIterable {}

extension NamedSetting {
  init?(settingText: String) { self.init(rawValue: settingText) }
  var settingText: String { rawValue }
  static var expectation: String { "one of " + allCases.map(\.rawValue).joined(separator: ", ") }
}

extension WeirConfiguration.DataStore.Durability: NamedSetting {}
extension WeirConfiguration.Logging.Level: NamedSetting {}
extension WeirConfiguration.Logging.Format: NamedSetting {}
extension WeirConfiguration.Upstream.Kind: NamedSetting {}
extension WeirConfiguration.Demo.Fault: NamedSetting {}
extension WeirConfiguration.Endpoint.Kind: NamedSetting {}
extension WeirConfiguration.Endpoint.Continuation: NamedSetting {}
extension WeirConfiguration.Endpoint.TokensField: NamedSetting {}
extension WeirConfiguration.Proxies.Carrier: NamedSetting {}

extension Duration: SettingValue {
  /// Units by name, in nanoseconds, the longest first.
  private static let units: [(name: String, nanoseconds: Int64)] = [
    ("h", 3_600_000_000_000), ("m", 60_000_000_000), ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1000), ("ns", 1),
  ]

  /// A number and its unit: `500ms`, `1.5h`. Zero needs no unit; another bare number could mean anything and is
  /// refused.
  init?(settingText: String) {
    if settingText == "0" {
      self = .zero
      return
    }
    let digits = settingText.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let unit = settingText.dropFirst(digits.count).drop { $0 == " " }
    // Days are read, and shown as hours: one time, one text.
    let found = unit == "d" ? 24 * 3_600_000_000_000 : Duration.units.first { $0.name == unit }?.nanoseconds
    guard let amount = Double(digits), let found else { return nil }
    let nanoseconds = amount * Double(found)
    // 2^62 ns are 146 years: within what Int64 holds, and beyond every limit below.
    guard nanoseconds < 0x1p62 else { return nil }
    self = .nanoseconds(Int64(nanoseconds.rounded()))
  }

  var settingText: String {
    let parts = components
    let (scaled, overflow) = parts.seconds.multipliedReportingOverflow(by: 1_000_000_000)
    if overflow { return "\(parts.seconds)s" }
    let total = scaled &+ parts.attoseconds / 1_000_000_000
    if total == 0 { return "0" }
    for unit in Duration.units where total % unit.nanoseconds == 0 {
      return "\(total / unit.nanoseconds)\(unit.name)"
    }
    return "\(total)ns"
  }

  static var expectation: String { "a time with its unit, such as 500ms, 30s, 5m or 2h" }
}

extension WeirConfiguration.ListenerPolicy: SettingValue {
  init?(settingText: String) {
    let words = settingText.split(separator: " ", maxSplits: 1)
    switch (words.first, words.count) {
    case ("keep", 1): self = .keep
    case ("cancel", 1): self = .cancel
    case ("keep", 2):
      guard let time = Duration(settingText: String(words[1])) else { return nil }
      self = .keepFor(time)
    default: return nil
    }
  }

  var settingText: String {
    switch self {
    case .keep: "keep"
    case .keepFor(let time): "keep \(time.settingText)"
    case .cancel: "cancel"
    }
  }

  static var expectation: String { "keep, keep and a time (such as keep 60s), or cancel" }
}

/// An amount of bytes as people write it: a bare number, or one with a unit.
struct ByteCount: SettingValue, Comparable {
  let bytes: Int

  private static let units: [(name: String, bytes: Int)] = [
    ("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1000),
    ("B", 1), ("", 1),
  ]

  init(_ bytes: Int) { self.bytes = bytes }

  init?(settingText: String) {
    let digits = settingText.prefix { $0.isASCII && $0.isNumber }
    let unit = settingText.dropFirst(digits.count).drop { $0 == " " }
    guard let amount = Int(digits), let found = ByteCount.units.first(where: { $0.name == unit }) else { return nil }
    let (product, overflow) = amount.multipliedReportingOverflow(by: found.bytes)
    if overflow { return nil }
    bytes = product
  }

  var settingText: String {
    for unit in ByteCount.units.prefix(3) where bytes != 0 && bytes % unit.bytes == 0 {
      return "\(bytes / unit.bytes)\(unit.name)"
    }
    return String(bytes)
  }

  static var expectation: String { "a number of bytes, such as 65536, 64KiB or 1MiB" }

  static func < (left: ByteCount, right: ByteCount) -> Bool { left.bytes < right.bytes }
}
