/// W3C Trace Context, level 1: `traceparent` is version, trace id, parent id and flags in hexadecimal.
package enum TraceContext {
  /// The header to send on: the same trace with a new parent id, or a new trace if there is none to go on with.
  package static func child(of parent: String, _ random: () -> UInt64) -> String {
    if let (trace, flags) = parse(parent) { return "00-\(trace)-\(hex(nonZero(random)))-\(flags)" }
    return "00-\(hex(nonZero(random)))\(hex(random()))-\(hex(nonZero(random)))-01"
  }

  /// Whether the header is one that can be gone on with.
  package static func isValid(_ header: String) -> Bool { parse(header) != nil }

  /// The trace id of a valid header; else empty.
  package static func traceID(of header: String) -> String { parse(header).map { String($0.trace) } ?? "" }

  private static func parse(_ header: String) -> (trace: Substring, flags: Substring)? {
    let bytes = Array(header.utf8)
    guard bytes.count >= 55, bytes.count == 55 || bytes[55] == UInt8(ascii: "-"),
      bytes[2] == UInt8(ascii: "-"), bytes[35] == UInt8(ascii: "-"), bytes[52] == UInt8(ascii: "-"),
      isHex(bytes[0..<2]), isHex(bytes[3..<35]), isHex(bytes[36..<52]), isHex(bytes[53..<55])
    else { return nil }
    let zero = UInt8(ascii: "0")
    let isVersion0 = bytes[0] == zero && bytes[1] == zero
    // Version ff is forbidden; version 0 has nothing behind the flags; ids of zeros are none.
    guard !(bytes[0] == UInt8(ascii: "f") && bytes[1] == UInt8(ascii: "f")), !isVersion0 || bytes.count == 55,
      bytes[3..<35].contains(where: { $0 != zero }), bytes[36..<52].contains(where: { $0 != zero })
    else { return nil }
    let pieces = header.split(separator: "-", omittingEmptySubsequences: false)
    return (pieces[1], pieces[3])
  }

  private static func isHex(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
  }

  private static func nonZero(_ random: () -> UInt64) -> UInt64 { max(1, random()) }

  private static func hex(_ number: UInt64) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
  }
}
