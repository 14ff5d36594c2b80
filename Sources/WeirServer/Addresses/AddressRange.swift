/// Addresses with the same beginning, as `10.0.0.0/8` or `2001:db8::/32` (CIDR, RFC 4632), or one alone.
public struct AddressRange: Sendable, Hashable {
  private let start: IPAddress
  /// Of 128.
  private let prefixBits: Int

  /// nil: more bits than an address has.
  init?(_ address: IPAddress, prefixBits: Int) {
    guard (0...128).contains(prefixBits) else { return nil }
    self.prefixBits = prefixBits
    start = address.masked(to: prefixBits)
  }

  /// A range as text. nil: it is none, or has bits set behind its prefix, as `10.1.0.0/8` has, which is likely a mistake.
  public init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count), let address = IPAddress(parts[0]) else { return nil }
    // An IPv4 address written as IPv6 has a prefix as IPv6 has it.
    let offset = address.isIPv4 && !parts[0].contains(":") ? 96 : 0
    var bits = 128
    if parts.count == 2 {
      guard parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let count = Int(parts[1]),
        (0...(128 - offset)).contains(count)
      else { return nil }
      bits = count + offset
    }
    self.init(address, prefixBits: bits)
    if start != address { return nil }
  }

  /// Whether the address is one of these.
  public func contains(_ address: IPAddress) -> Bool { address.masked(to: prefixBits) == start }

  /// Whether it is all of IPv4 or of IPv6.
  var isEverybody: Bool { prefixBits == 0 || (start == IPAddress(v4: 0) && prefixBits == 96) }

  /// 127.0.0.0/8.
  public static let loopback4 = AddressRange(checked: IPAddress(v4: 127 << 24), prefixBits: 104)
  /// ::1.
  public static let loopback6 = AddressRange(checked: IPAddress(high: 0, low: 1), prefixBits: 128)

  private init(checked start: IPAddress, prefixBits: Int) {
    self.start = start
    self.prefixBits = prefixBits
  }
}

extension AddressRange: SettingValue {
  init?(settingText: String) { self.init(settingText) }

  var settingText: String {
    let isIPv4 = start.isIPv4 && prefixBits >= 96
    let bits = isIPv4 ? prefixBits - 96 : prefixBits
    return bits == (isIPv4 ? 32 : 128) ? "\(start)" : "\(start)/\(bits)"
  }

  static var expectation: String { "an address or a range of them, such as 10.0.0.0/8 or 2001:db8::/32" }
}

extension Sequence<AddressRange> {
  /// Whether one of them has the address.
  func contains(_ address: IPAddress) -> Bool { contains { $0.contains(address) } }
}

extension IPAddress {
  /// With all but its first bits zero.
  func masked(to bits: Int) -> IPAddress {
    // A shift by 64 or more is 0.
    IPAddress(high: high & ~(.max >> UInt64(min(bits, 64))), low: low & ~(.max >> UInt64(max(bits - 64, 0))))
  }
}
