import NIOCore
import NIOEmbedded
import Testing
import WeirCore

@testable import WeirServer

@Suite("Hostile bytes")
struct HostileBytesTests {
  @Test(
    "mutated requests are answered as HTTP, refused, or waited for; nothing else", arguments: [1, 2, 3] as [UInt64])
  func requests(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let router = HTTPRouter.builtIn(metrics: Metrics(), health: { HealthReport([]) }, readiness: { .ready })
    let seeds = [
      "GET /healthz HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n",
      "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX: y\r\n\r\n",
      "HEAD /metrics?a=%20 HTTP/1.0\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nabc",
    ].map { Array($0.utf8) }
    for round in 0..<400 {
      let exchange = try HTTPExchange(router)
      var text = ""
      for seed in seeds.shuffled(using: &random) {
        guard exchange.isOpen else { break }
        try exchange.channel.writeInbound(ByteBuffer(bytes: random.mutated(seed)))
        text += try exchange.received()
      }
      #expect(text.isEmpty || text.hasPrefix("HTTP/1."), "seed \(seed), round \(round)")
      // Whatever it waits for, it does not wait long.
      _ = try exchange.wait(.seconds(61))
      #expect(!exchange.isOpen, "seed \(seed), round \(round)")
    }
  }

  @Test("mutated tokens are refused", arguments: [1, 2, 3] as [UInt64])
  func tokens(seed: UInt64) async throws {
    var random = SeededGenerator(seed: seed)
    let key = try #require(await VerificationKey.secret(Fixture.secret, id: nil))
    let verifier = TokenVerifier(keys: [key], auth: WeirConfiguration.Auth())
    for round in 0..<1000 {
      let bytes = random.mutated(Array(Fixture.hs256.utf8))
      let token = String(decoding: bytes, as: UTF8.self)
      if token == Fixture.hs256 { continue }
      #expect(throws: AuthError.self, "seed \(seed), round \(round)") {
        try verifier.verify(token, now: Fixture.issuedAt)
      }
    }
  }

  @Test("whatever a target is, what is logged of it is printable and holds no token", arguments: [1, 2, 3] as [UInt64])
  func targets(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for round in 0..<2000 {
      // The mutations are in front of the parameter; it is what must not be seen.
      let front = String(decoding: random.mutated(Array("https://h:1/a%20b?x=1&y=%".utf8)), as: UTF8.self)
      let text = Redaction.uri("\(front)?&token=eyJ0b2tlbg")
      #expect(text.utf8.allSatisfy { (0x20...0x7E).contains($0) }, "seed \(seed), round \(round)")
      #expect(!text.contains("eyJ0b2tlbg"), "seed \(seed), round \(round): \(text)")
    }
  }
}
