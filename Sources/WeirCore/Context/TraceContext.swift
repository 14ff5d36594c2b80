/// W3C Trace Context, level 1: `traceparent` is version, trace id, parent id and flags in hexadecimal.
package enum TraceContext {
  /// The header to send on: the same trace with a new parent id, or a new trace if there is none to go on with.
  package static func child(of parent: String, _ random: () -> UInt64) -> String {
    let (trace, flags) = parse(parent) ?? ("", "01")
    var header: [UInt8] = []
    header.reserveCapacity(55)
    header.append(contentsOf: "00-".utf8)
    header.append(contentsOf: trace.utf8)
    if trace.isEmpty {
      addHex(nonZero(random), to: &header)
      addHex(random(), to: &header)
    }
    header.append(UInt8(ascii: "-"))
    addHex(nonZero(random), to: &header)
    header.append(UInt8(ascii: "-"))
    header.append(contentsOf: flags.utf8)
    return String(decoding: header, as: UTF8.self)
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

  /// Sixteen digits.
  private static func addHex(_ number: UInt64, to text: inout [UInt8]) {
    for place in (0..<16).reversed() {
      let digit = UInt8(truncatingIfNeeded: number >> (4 * UInt64(place))) & 0xF
      text.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
  }
}
