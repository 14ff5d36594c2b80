import Testing

@testable import WeirServer

@Suite("PROXY headers")
struct ProxyHeaderTests {
  private static let signature: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A]

  /// A header of version 2.
  static func binary(_ command: UInt8, _ family: UInt8, _ rest: [UInt8], length: Int? = nil) -> [UInt8] {
    let length = length ?? rest.count
    return signature + [command, family, UInt8(length >> 8), UInt8(length & 0xFF)] + rest
  }

  private static let v4: [UInt8] = [192, 0, 2, 1, 10, 0, 0, 1, 0x12, 0x67, 0x01, 0xBB]
  private static let v6: [UInt8] =
    [0x20, 0x01, 0x0D, 0xB8] + [UInt8](repeating: 0, count: 11) + [1] + [UInt8](repeating: 0, count: 15)
    + [1, 0x12, 0x67, 0x01, 0xBB]

  private func client(_ text: String, _ port: Int) throws -> ProxyHeader {
    .client(try #require(IPAddress(text)), port: port)
  }

  @Test("lines of version 1 are read")
  func lines() throws {
    let cases: [(String, ProxyHeader)] = [
      ("PROXY TCP4 192.0.2.1 10.0.0.1 4711 443\r\n", try client("192.0.2.1", 4711)),
      ("PROXY TCP4 255.255.255.255 255.255.255.255 65535 0\r\n", try client("255.255.255.255", 65535)),
      ("PROXY TCP6 2001:db8::1 ::1 4711 443\r\n", try client("2001:db8::1", 4711)),
      ("PROXY UNKNOWN\r\n", .noClient), ("PROXY UNKNOWN ffff::1 what ever\r\n", .noClient),
    ]
    for (line, expected) in cases {
      let bytes = Array(line.utf8)
      #expect(ProxyHeader.parse(bytes + Array("GET /".utf8)) == .header(expected, length: bytes.count))
      for count in 0..<bytes.count {
        #expect(ProxyHeader.parse(bytes.prefix(count)) == .incomplete, "\(line) cut at \(count)")
      }
    }
  }

  @Test("headers of version 2 are read, with and without extensions")
  func binaries() throws {
    let cases: [([UInt8], ProxyHeader)] = [
      (ProxyHeaderTests.binary(0x21, 0x11, ProxyHeaderTests.v4), try client("192.0.2.1", 0x1267)),
      (
        ProxyHeaderTests.binary(0x21, 0x11, ProxyHeaderTests.v4 + [3, 0, 4, 1, 2, 3, 4]),
        try client("192.0.2.1", 0x1267)
      ),
      (ProxyHeaderTests.binary(0x21, 0x21, ProxyHeaderTests.v6), try client("2001:db8::1", 0x1267)),
      (ProxyHeaderTests.binary(0x20, 0x00, []), .noClient),
      (ProxyHeaderTests.binary(0x20, 0x11, ProxyHeaderTests.v4), .noClient),
      (ProxyHeaderTests.binary(0x21, 0x31, [UInt8](repeating: 0, count: 216)), .noClient),
      (ProxyHeaderTests.binary(0x21, 0x00, [1, 2, 3]), .noClient),
    ]
    for (bytes, expected) in cases {
      #expect(ProxyHeader.parse(bytes + [1, 2, 3]) == .header(expected, length: bytes.count))
      for count in 0..<bytes.count {
        #expect(ProxyHeader.parse(bytes.prefix(count)) == .incomplete, "cut at \(count)")
      }
    }
  }

  @Test("what is none is known at the byte that shows it, and nothing is held by a declared length")
  func bad() {
    let lines = [
      "GET / HTTP/1.1\r\n", "PROXY\r\n", "PROXY TCP5 1.1.1.1 1.1.1.1 1 1\r\n", "PROXY TCP4 1.1.1.1 1.1.1.1 1\r\n",
      "PROXY TCP4  1.1.1.1 1.1.1.1 1 1\r\n", "PROXY TCP4 ::1 ::1 1 1\r\n", "PROXY TCP6 1.1.1.1 1.1.1.1 1 1\r\n",
      "PROXY TCP4 1.1.1.1 1.1.1.1 65536 1\r\n", "PROXY TCP4 1.1.1.1 1.1.1.1 01 1\r\n",
      "PROXY TCP4 1.1.1.1 1.1.1.1 -1 1\r\n", "PROXY TCP4 1.1.1.1 1.1.1.1 1 x\r\n", "PROXY TCP4 1.1.1.1 1.1.1.1 1 1\n",
      "proxy TCP4 1.1.1.1 1.1.1.1 1 1\r\n", "PROXY UNKNOWN " + String(repeating: "x", count: 200) + "\r\n",
      "PROXY TCP4 1.1.1.1\0 1.1.1.1 1 1\r\n",
    ]
    for line in lines { #expect(isInvalid(Array(line.utf8)), "\(line)") }
    #expect(isInvalid([0x16, 3, 1]), "TLS")
    #expect(isInvalid(ProxyHeaderTests.signature.prefix(6) + [1]))
    #expect(isInvalid(ProxyHeaderTests.binary(0x11, 0x11, ProxyHeaderTests.v4)), "version 1 in binary")
    #expect(isInvalid(ProxyHeaderTests.binary(0x22, 0x11, ProxyHeaderTests.v4)), "an unknown command")
    #expect(isInvalid(ProxyHeaderTests.binary(0x21, 0x11, Array(ProxyHeaderTests.v4.dropLast()))), "no room")
    #expect(isInvalid(ProxyHeaderTests.binary(0x21, 0x21, ProxyHeaderTests.v4)), "no room for IPv6")
    #expect(isInvalid(ProxyHeaderTests.binary(0x21, 0x11, [], length: 0xFFFF)), "too long, before its bytes came")
  }

  private func isInvalid(_ bytes: [UInt8]) -> Bool {
    if case .invalid = ProxyHeader.parse(bytes) { true } else { false }
  }

  @Test(
    "whatever the bytes are, the answer comes within the bound and does not change with how they are cut",
    arguments: 1...40 as ClosedRange<UInt64>)
  func hostile(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let starts: [[UInt8]] = [
      Array("PROXY TCP4 192.0.2.1 10.0.0.1 4711 443\r\nGET /".utf8),
      Array("PROXY TCP6 2001:db8::1 ::1 4711 443\r\n".utf8),
      Array("PROXY UNKNOWN\r\n".utf8), ProxyHeaderTests.binary(0x21, 0x11, ProxyHeaderTests.v4 + [4, 0, 1, 9]),
      ProxyHeaderTests.binary(0x21, 0x21, ProxyHeaderTests.v6), ProxyHeaderTests.binary(0x20, 0, []),
    ]
    for round in 0..<300 {
      let bytes = random.mutated(starts[round % starts.count])
      let whole = ProxyHeader.parse(bytes)
      // The first answer that is not "more" stays the answer.
      for count in 0...bytes.count {
        let part = ProxyHeader.parse(bytes.prefix(count))
        if part == .incomplete { continue }
        if case .header(_, let length) = part {
          #expect(length <= count && length == min(length, bytes.count), "seed \(seed)")
        }
        #expect(part == whole, "seed \(seed) round \(round) at \(count)")
        break
      }
      let padded = bytes + [UInt8](repeating: random.next() % 2 == 0 ? 0x20 : 0xFF, count: ProxyHeader.maximumBytes)
      #expect(ProxyHeader.parse(padded) != .incomplete, "seed \(seed): more is asked for beyond the bound")
    }
  }
}
