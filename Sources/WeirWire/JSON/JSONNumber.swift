/// A number as JSON writes it, taken apart. Its value is worked out exactly, never through a floating-point type.
struct JSONNumber {
  private(set) var isNegative = false
  /// The digits before and behind the point.
  private var digits: [UInt8] = []
  /// The power of ten that the digits, as one whole number, are to be multiplied with.
  private var exponent = 0

  /// nil: `text` is not a number of JSON's grammar (RFC 8259 §6).
  init?(_ text: some Sequence<UInt8>) {
    var rest = text.makeIterator()
    var next = rest.next()
    func isDigit(_ byte: UInt8?) -> Bool { byte.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false }

    if next == UInt8(ascii: "-") {
      isNegative = true
      next = rest.next()
    }
    guard isDigit(next) else { return nil }
    let leading = next
    while let byte = next, isDigit(byte) {
      digits.append(byte - UInt8(ascii: "0"))
      next = rest.next()
    }
    if leading == UInt8(ascii: "0") && digits.count > 1 { return nil }

    if next == UInt8(ascii: ".") {
      next = rest.next()
      guard isDigit(next) else { return nil }
      while let byte = next, isDigit(byte) {
        digits.append(byte - UInt8(ascii: "0"))
        exponent -= 1
        next = rest.next()
      }
    }

    if next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
      next = rest.next()
      let isBelowOne = next == UInt8(ascii: "-")
      if isBelowOne || next == UInt8(ascii: "+") { next = rest.next() }
      guard isDigit(next) else { return nil }
      var power = 0
      while let byte = next, isDigit(byte) {
        // Beyond any text's length the exact exponent changes nothing: the number is too big, or not whole.
        power = min(power * 10 + Int(byte - UInt8(ascii: "0")), 1 << 40)
        next = rest.next()
      }
      exponent += isBelowOne ? -power : power
    }
    if next != nil { return nil }
  }

  /// The number without its sign, if it is whole (`12`, `1.20e1`) and fits. Negative zero counts as zero.
  func integer() -> (isNegative: Bool, magnitude: UInt64)? {
    guard let first = digits.firstIndex(where: { $0 != 0 }), let last = digits.lastIndex(where: { $0 != 0 }) else {
      return (false, 0)
    }
    let zeros = digits.count - 1 - last + exponent
    if zeros < 0 { return nil }
    var value: UInt64 = 0
    for digit in digits[first...last] {
      let (tens, tooBig) = value.multipliedReportingOverflow(by: 10)
      let (sum, tooBigToo) = tens.addingReportingOverflow(UInt64(digit))
      if tooBig || tooBigToo { return nil }
      value = sum
    }
    for _ in 0..<zeros {
      let (tens, tooBig) = value.multipliedReportingOverflow(by: 10)
      if tooBig { return nil }
      value = tens
    }
    return (isNegative, value)
  }
}
