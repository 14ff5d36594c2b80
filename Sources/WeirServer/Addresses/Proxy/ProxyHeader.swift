/// What a proxy says of a connection in front of its bytes (HAProxy's PROXY protocol, versions 1 and 2:
/// https://www.haproxy.org/download/3.1/doc/proxy-protocol.txt). A pure function of bytes.
package enum ProxyHeader: Sendable, Equatable {
  /// The client's end of the connection.
  case client(IPAddress, port: Int)
  /// The proxy speaks for itself (a health check), or does not know: the connection's own end counts.
  case noClient

  /// What bytes at the start of a connection are.
  package enum Outcome: Sendable, Equatable {
    /// The beginning of a header; more is needed.
    case incomplete
    /// A header of so many bytes.
    case header(ProxyHeader, length: Int)
    /// No header; a clause that says why.
    case invalid(String)
  }

  /// The longest header of version 1, with its line end (§2.1).
  static let maximumLineBytes = 107
  /// The longest header of version 2 that is taken. The protocol allows 65,551 bytes; proxies write a few hundred.
  static let maximumBinaryBytes = 4096

  /// Bytes that must be held at most to know.
  package static let maximumBytes = maximumBinaryBytes

  /// Reads the header at the start of `bytes`.
  package static func parse(_ bytes: some RandomAccessCollection<UInt8>) -> Outcome {
    guard let first = bytes.first else { return .incomplete }
    if first == signature[0] { return parseBinary(bytes) }
    return parseLine(bytes)
  }

  // MARK: Version 1

  private static let lineStart = Array("PROXY ".utf8)

  private static func parseLine(_ bytes: some RandomAccessCollection<UInt8>) -> Outcome {
    guard bytes.prefix(lineStart.count).elementsEqual(lineStart.prefix(bytes.count)) else {
      return .invalid("it does not begin with a PROXY header")
    }
    let head = bytes.prefix(maximumLineBytes)
    guard let feed = head.firstIndex(of: UInt8(ascii: "\n")) else {
      return head.count < maximumLineBytes ? .incomplete : .invalid("the line is too long")
    }
    let line = head[..<feed]
    guard line.last == UInt8(ascii: "\r") else { return .invalid("the line does not end with CR LF") }
    let length = line.count + 1
    let words = line.dropLast().split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
    let texts = words.map { String(decoding: $0, as: UTF8.self) }
    switch texts.count > 1 ? texts[1] : "" {
    case "UNKNOWN": return .header(.noClient, length: length)
    case "TCP4", "TCP6":
      guard texts.count == 6 else { return .invalid("the line has not six words") }
      let isV4 = texts[1] == "TCP4"
      guard let source = address(texts[2], isV4: isV4), address(texts[3], isV4: isV4) != nil else {
        return .invalid("an address is none of \(texts[1])")
      }
      guard let port = port(texts[4]), self.port(texts[5]) != nil else { return .invalid("a port is none") }
      return .header(.client(source, port: port), length: length)
    default: return .invalid("the protocol is none of TCP4, TCP6 and UNKNOWN")
    }
  }

  private static func address(_ text: String, isV4: Bool) -> IPAddress? {
    text.contains(":") == isV4 ? nil : IPAddress(text)
  }

  /// Digits without a zero before them (§2.1).
  private static func port(_ text: String) -> Int? {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), text == "0" || text.first != "0" else { return nil }
    return UInt16(text).map(Int.init)
  }

  // MARK: Version 2

  private static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]

  private static func parseBinary(_ bytes: some RandomAccessCollection<UInt8>) -> Outcome {
    guard bytes.prefix(signature.count).elementsEqual(signature.prefix(bytes.count)) else {
      return .invalid("it does not begin with a PROXY header")
    }
    let head = Array(bytes.prefix(16))
    guard head.count == 16 else { return .incomplete }
    guard head[12] >> 4 == 2 else { return .invalid("its version is not 2") }
    let length = 16 + Int(head[14]) << 8 + Int(head[15])
    guard length <= maximumBinaryBytes else { return .invalid("it is longer than \(maximumBinaryBytes) bytes") }
    let command = head[12] & 0xF
    guard command <= 1 else { return .invalid("its command is neither LOCAL nor PROXY") }
    guard bytes.count >= length else { return .incomplete }
    if command == 0 { return .header(.noClient, length: length) }
    // What follows the addresses are extensions, which nobody has to understand.
    let rest = Array(bytes.dropFirst(16).prefix(length - 16))
    let size: Int
    switch head[13] {
    case 0x11: size = 4
    case 0x21: size = 16
    // Unix sockets, datagrams, and families yet to come: the connection's own end counts (§2.2).
    default: return .header(.noClient, length: length)
    }
    guard rest.count >= 2 * size + 4, let source = IPAddress(networkBytes: rest[..<size]) else {
      return .invalid("it has not room for its addresses")
    }
    return .header(.client(source, port: Int(rest[2 * size]) << 8 | Int(rest[2 * size + 1])), length: length)
  }
}
