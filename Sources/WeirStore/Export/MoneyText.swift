/// Amounts of the usage ledger for people and other programs.
package enum MoneyText {
  /// An amount in millionths of a millionth as a decimal number, exactly: a Double could not hold it.
  package static func decimal(_ amount: UInt64) -> String {
    let unit: UInt64 = 1_000_000_000_000
    let rest = String(amount % unit)
    var digits = String(repeating: "0", count: 12 - rest.count) + rest
    while digits.hasSuffix("0") { digits.removeLast() }
    return digits.isEmpty ? "\(amount / unit)" : "\(amount / unit).\(digits)"
  }
}
