import NIOCore
import Testing

@testable import WeirServer

@Suite("Whose address counts")
struct ClientAddressTests {
  private func resolver(
    _ carrier: WeirConfiguration.Proxies.Carrier = .forwardedFor, trusted: [String] = ["10.0.0.0/8", "fd00::/8"]
  ) -> ClientAddress {
    var proxies = WeirConfiguration.Proxies()
    proxies.carrier = carrier
    proxies.trusted = trusted.compactMap { AddressRange($0) }
    return ClientAddress(proxies)
  }

  private func client(
    _ resolver: ClientAddress, peer: String = "10.0.0.1", _ headers: [String]
  ) throws -> String? {
    resolver.client(peer: try SocketAddress(ipAddress: peer, port: 1), forwardedFor: headers)?.description
  }

  @Test(
    "the client is the rightmost hop that is no trusted proxy",
    arguments: [
      (["192.0.2.1"], "192.0.2.1"), (["192.0.2.1, 10.9.9.9"], "192.0.2.1"), (["6.6.6.6, 192.0.2.1"], "192.0.2.1"),
      (["6.6.6.6", "192.0.2.1, 10.0.0.2", "10.0.0.3"], "192.0.2.1"), (["10.0.0.2,10.0.0.3"], "10.0.0.2"),
      (["192.0.2.1:4711"], "192.0.2.1"), (["[2001:db8::1]:4711"], "2001:db8::1"), (["[2001:db8::1]"], "2001:db8::1"),
      (["2001:db8::1"], "2001:db8::1"), (["\t 192.0.2.1 \t"], "192.0.2.1"),
      (["192.0.2.1, ::ffff:10.0.0.2"], "192.0.2.1"),
    ])
  func hops(headers: [String], expected: String) throws {
    #expect(try client(resolver(), headers) == expected)
  }

  @Test(
    "what is no address ends the chain at the proxy that wrote it",
    arguments: [
      ([], "10.0.0.1"), ([""], "10.0.0.1"), (["unknown"], "10.0.0.1"), (["192.0.2.1, , 10.0.0.2"], "10.0.0.2"),
      (["192.0.2.1,"], "192.0.2.1"), (["192.0.2.1, _hidden, 10.0.0.2"], "10.0.0.2"), (["192.0.2.1:99999"], "10.0.0.1"),
      (["[2001:db8::1"], "10.0.0.1"), (["[2001:db8::1]x"], "10.0.0.1"),
      ([String(repeating: "1", count: 9000)], "10.0.0.1"),
    ] as [([String], String)])
  func garbage(headers: [String], expected: String) throws {
    #expect(try client(resolver(), headers) == expected)
  }

  @Test("a chain longer than any real one is not followed to its end")
  func longChain() throws {
    let chain = "6.6.6.6, " + Array(repeating: "10.0.0.2", count: 2000).joined(separator: ", ")
    #expect(try client(resolver(), [chain]) == "10.0.0.2")
  }

  @Test("nobody but a trusted proxy is believed, and no header without the setting")
  func untrusted() throws {
    #expect(try client(resolver(), peer: "192.0.2.9", ["6.6.6.6"]) == "192.0.2.9")
    #expect(try client(resolver(.none), ["6.6.6.6"]) == "10.0.0.1")
    #expect(try client(resolver(.proxyProtocol), ["6.6.6.6"]) == "10.0.0.1")
    #expect(try client(resolver(trusted: []), ["6.6.6.6"]) == "10.0.0.1")
    #expect(resolver().client(peer: nil, forwardedFor: ["6.6.6.6"]) == nil)
    let unix = try SocketAddress(unixDomainSocketPath: "/x")
    #expect(resolver().client(peer: unix, forwardedFor: ["6.6.6.6"]) == nil)
  }

  @Test("a PROXY header is expected of trusted proxies only")
  func proxyHeader() throws {
    let proxy = try SocketAddress(ipAddress: "fd00::1", port: 1)
    let other = try SocketAddress(ipAddress: "192.0.2.9", port: 1)
    #expect(resolver(.proxyProtocol).expectsProxyHeader(from: proxy))
    #expect(!resolver(.proxyProtocol).expectsProxyHeader(from: other))
    #expect(!resolver(.proxyProtocol).expectsProxyHeader(from: nil))
    #expect(!resolver(.forwardedFor).expectsProxyHeader(from: proxy))
    #expect(resolver(.forwardedFor).expectsForwardedFor(from: proxy))
    #expect(!resolver(.forwardedFor).expectsForwardedFor(from: other))
  }

  @Test(
    "whatever a header holds, the client is an address in it or the proxy", arguments: 1...20 as ClosedRange<UInt64>)
  func hostile(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let peer = try #require(IPAddress("10.0.0.1"))
    let start = Array("6.6.6.6, [2001:db8::1]:80, 192.0.2.1:99 ,::ffff:10.0.0.2, fd00::7,10.0.0.3".utf8)
    for _ in 0..<200 {
      let header = String(decoding: random.mutated(start), as: UTF8.self)
      let found = try #require(
        resolver().client(peer: try SocketAddress(ipAddress: "10.0.0.1", port: 1), forwardedFor: [header]))
      let pieces = header.split(whereSeparator: { ",[] \t".contains($0) }).flatMap { piece in
        [IPAddress(piece), piece.lastIndex(of: ":").flatMap { IPAddress(piece[..<$0]) }]
      }
      #expect(found == peer || pieces.contains(found), "seed \(seed): \(header)")
    }
  }
}
