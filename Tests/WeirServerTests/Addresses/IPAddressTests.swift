import NIOCore
import Testing

@testable import WeirServer

@Suite("Addresses")
struct IPAddressTests {
  @Test(
    "addresses are read and written as RFC 5952 wants",
    arguments: [
      ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
      ("::", "::"), ("fe80::1", "fe80::1"),
      ("ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"),
    ])
  func texts(text: String, canonical: String) {
    #expect(IPAddress(text)?.description == canonical)
  }

  @Test(
    "what is no address is refused",
    arguments: [
      "", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4\0", "1.2.3.4\0x",
      "fe80::1%eth0",
      "[::1]", "::1/64", ":::", "12345::", "localhost", String(repeating: "1", count: 1000),
    ])
  func badTexts(text: String) {
    #expect(IPAddress(text) == nil)
  }

  @Test("a socket's end is the same address, whichever family the socket has")
  func sockets() throws {
    for text in ["192.0.2.1", "::ffff:192.0.2.1", "2001:db8::1", "::1"] {
      #expect(IPAddress(try SocketAddress(ipAddress: text, port: 7)) == IPAddress(text))
    }
    #expect(IPAddress(try SocketAddress(unixDomainSocketPath: "/x")) == nil)
    let address = try #require(IPAddress("2001:db8::1"))
    #expect(address.socketAddress(port: 9) == (try SocketAddress(ipAddress: "2001:db8::1", port: 9)))
  }

  @Test(
    "a range has the addresses that begin as it does",
    arguments: [
      ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.0", false), ("10.0.0.0/8", "::ffff:10.1.1.1", true),
      ("0.0.0.0/0", "9.9.9.9", true), ("0.0.0.0/0", "::1", false), ("::/0", "9.9.9.9", true), ("::/0", "::1", true),
      ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.6", false), ("192.0.2.6/31", "192.0.2.7", true),
      ("2001:db8::/32", "2001:db8:ffff::1", true), ("2001:db8::/32", "2001:db9::1", false),
      ("2001:db8::/65", "2001:db8::8000:0:0:0", false), ("2001:db8::/64", "2001:db8::8000:0:0:0", true),
      ("::1", "::1", true), ("::1/128", "::2", false),
    ])
  func ranges(range: String, address: String, isIn: Bool) throws {
    let parsed = try #require(AddressRange(range))
    #expect(parsed.contains(try #require(IPAddress(address))) == isIn)
    #expect(AddressRange(settingText: parsed.settingText) == parsed)
  }

  @Test(
    "what is no range, or has bits behind its prefix, is refused",
    arguments: [
      "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.1.0.0/8", "::/129", "10.0.0.0/8/8", "10.0.0.0/+8", "10.0.0.0/-1", "x/8",
    ])
  func badRanges(text: String) {
    #expect(AddressRange(text) == nil)
  }
}
