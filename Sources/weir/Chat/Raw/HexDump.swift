/// Bytes as `xxd` shows them: offset, sixteen bytes in pairs, and what of them is printable ASCII.
enum HexDump {
  private static let width = 16

  static func lines(_ bytes: some Collection<UInt8>) -> [String] {
    var lines: [String] = []
    var rest = bytes[...]
    var offset = 0
    while !rest.isEmpty {
      let row = rest.prefix(width)
      rest = rest.dropFirst(width)
      let offsetDigits = String(offset, radix: 16)
      var digits = ""
      for (index, byte) in row.enumerated() {
        if index > 0, index % 2 == 0 { digits += " " }
        digits += byte < 16 ? "0" + String(byte, radix: 16) : String(byte, radix: 16)
      }
      let text = String(decoding: row.map { (0x20..<0x7F).contains($0) ? $0 : UInt8(ascii: ".") }, as: UTF8.self)
      let padded = digits.padded(to: width * 2 + width / 2 - 1)
      lines.append(
        String(repeating: "0", count: max(8 - offsetDigits.count, 0)) + offsetDigits + ": \(padded)  \(text)")
      offset += width
    }
    return lines
  }
}
