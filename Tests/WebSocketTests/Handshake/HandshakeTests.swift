import NIOCore
import Testing

@testable import WebSocket

@Suite struct HandshakeTests {
  static let good: [(String, String)] = [
    ("Host", "example.com"), ("Upgrade", "websocket"), ("Connection", "keep-alive, Upgrade"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="), ("Sec-WebSocket-Version", "13"),
  ]

  static func head(_ headers: [(String, String)], line: String = "GET /chat HTTP/1.1") -> [UInt8] {
    Array((line + "\r\n" + headers.map { "\($0): \($1)\r\n" }.joined() + "\r\n").utf8)
  }

  static func replacing(_ name: String, with value: String?) -> [(String, String)] {
    good.filter { $0.0 != name } + (value.map { [(name, $0)] } ?? [])
  }

  /// The status that the head is answered with; 101 when it passes.
  private func status(
    _ head: [UInt8], origins: OriginPolicy = .sameHost, limits: HeadLimits = HeadLimits()
  ) -> Int {
    do throws(Refusal) {
      let request = try UpgradeRequest(head, limits: limits, origin: ConnectionOrigin(), isTLS: false)
      guard ServerHandshake.isUpgrade(request) else { return 200 }
      _ = try ServerHandshake.check(request, origins: origins, deflate: nil)
      return 101
    } catch {
      return error.status
    }
  }

  @Test("the example of RFC 6455 section 1.3 is accepted with its accept key")
  func example() throws {
    #expect(status(Self.head(Self.good)) == 101)
    #expect(AcceptKey.accept(for: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    let request = try UpgradeRequest(
      Self.head(Self.good), limits: HeadLimits(), origin: ConnectionOrigin(), isTLS: false)
    let checked = try ServerHandshake.check(request, origins: .any, deflate: nil)
    let response = String(
      buffer: try ServerHandshake.response(checked, request, subprotocol: nil, headers: [("A", "b")]))
    #expect(response.hasPrefix("HTTP/1.1 101 Switching Protocols\r\n"))
    #expect(response.contains("\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"))
    #expect(response.hasSuffix("\r\nA: b\r\n\r\n"))
  }

  @Test(
    "a header that is missing or wrong is refused with its status",
    arguments: [
      ("Host", nil, 400), ("Host", "", 400), ("Host", "a b", 400), ("Host", "a/b", 400), ("Host", "user@a", 400),
      ("Connection", nil, 400), ("Connection", "keep-alive", 400), ("Connection", "Upgrade2", 400),
      ("Upgrade", "h2c", 200), ("Sec-WebSocket-Version", nil, 426), ("Sec-WebSocket-Version", "12", 426),
      ("Sec-WebSocket-Version", "13, 8", 426), ("Sec-WebSocket-Key", nil, 400), ("Sec-WebSocket-Key", "", 400),
      ("Sec-WebSocket-Key", "dGhlIHNhbXBsZQ==", 400), ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZXh4", 400),
      ("Sec-WebSocket-Key", "dGhlIHNhbXBs*SBub25jZQ==", 400),
    ] as [(String, String?, Int)])
  func wrongHeader(name: String, value: String?, expected: Int) {
    #expect(status(Self.head(Self.replacing(name, with: value))) == expected)
  }

  @Test("names, tokens and spacing may be in any legal form")
  func legalForms() {
    let odd: [(String, String)] = [
      ("hOST", " [::1]:80 "), ("UPGRADE", "WebSocket"), ("connection", "UPGRADE"),
      ("sec-websocket-KEY", "\tdGhlIHNhbXBsZSBub25jZQ=="), ("sec-websocket-version", "13"),
    ]
    #expect(status(Self.head(odd, line: "GET http://[::1]/chat?x HTTP/1.1")) == 101)
  }

  @Test("a doubled key, version or host is refused")
  func doubled() {
    #expect(status(Self.head(Self.good + [("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")])) == 400)
    #expect(status(Self.head(Self.good + [("Sec-WebSocket-Version", "13")])) == 426)
    #expect(status(Self.head(Self.good + [("Host", "example.com")])) == 400)
  }

  @Test(
    "method, version and first line are checked",
    arguments: [
      ("POST /chat HTTP/1.1", 405), ("GET /chat HTTP/1.0", 400), ("GET /chat HTTP/2.0", 505), ("GET /chat", 400),
      ("GET  /chat HTTP/1.1", 400), ("GET /ch at HTTP/1.1", 400), (" /chat HTTP/1.1", 400), ("G(T / HTTP/1.1", 400),
      ("GET /ch\u{E9}t HTTP/1.1", 400), ("GET /chat FTP/1.1", 400),
    ])
  func firstLine(line: String, expected: Int) {
    #expect(status(Self.head(Self.good, line: line)) == expected)
  }

  @Test(
    "header lines that smuggle are refused",
    arguments: [
      "A : b", "A b: c", ": b", "no colon", " folded", "A: b\rC: d", "A: b\nC: d", "A: b\u{0}", "A\u{7F}: b",
    ])
  func smuggling(line: String) {
    let head = Array(("GET / HTTP/1.1\r\nHost: a\r\n" + line + "\r\n\r\n").utf8)
    #expect(status(head) == 400)
  }

  @Test("more than 100 headers are 431, a long target is 414, a body is 400")
  func limits() {
    let many = (0..<96).map { ("X-\($0)", "y") }
    #expect(status(Self.head(Self.good + many)) == 431)
    #expect(status(Self.head(Self.good + many.dropLast())) == 101)
    let target = "/" + String(repeating: "a", count: 8192)
    #expect(status(Self.head(Self.good, line: "GET \(target) HTTP/1.1")) == 414)
    #expect(status(Self.head(Self.good + [("Content-Length", "5")])) == 400)
    #expect(status(Self.head(Self.good + [("Transfer-Encoding", "chunked")])) == 400)
  }

  @Test(
    "by default pages of other hosts are refused with 403",
    arguments: [
      (nil, 101), ("https://example.com", 101), ("http://EXAMPLE.com", 101), ("https://example.com:443", 101),
      ("null", 403), ("https://example.com.evil.net", 403), ("https://evil-example.com", 403),
      ("https://evil.net/example.com", 403), ("https://example.com@evil.net", 403), ("https://example.com:8443", 403),
      ("file://example.com", 403), ("example.com", 403), ("", 403), ("https://", 403), ("https://sub.example.com", 403),
    ] as [(String?, Int)])
  func sameHost(origin: String?, expected: Int) {
    #expect(status(Self.head(Self.replacing("Origin", with: origin))) == expected)
  }

  @Test("a list of origins is compared as a whole; two Origin headers are refused")
  func originList() {
    let list = OriginPolicy.list(["https://chat.example.com", "http://localhost:3000"])
    func status(_ origin: String) -> Int {
      self.status(Self.head(Self.replacing("Origin", with: origin)), origins: list)
    }
    #expect(status("https://chat.example.com") == 101)
    #expect(status("http://localhost:3000") == 101)
    #expect(status("http://chat.example.com") == 403)
    #expect(status("https://chat.example.com.evil.net") == 403)
    #expect(status("http://localhost:3001") == 403)
    #expect(status("null") == 403)
    let both = Self.good + [("Origin", "https://chat.example.com"), ("Origin", "https://evil.net")]
    #expect(self.status(Self.head(both), origins: list) == 403)
  }

  @Test("a port in Host must be the origin's")
  func hostWithPort() {
    let headers = Self.replacing("Host", with: "example.com:8080")
    #expect(status(Self.head(headers + [("Origin", "http://example.com:8080")])) == 101)
    #expect(status(Self.head(headers + [("Origin", "http://example.com")])) == 403)
  }

  @Test("a subprotocol list that backtracks in others (CVE-2021-32640) is refused at once")
  func subprotocolFlood() {
    var limits = HeadLimits()
    limits.maximumHeadBytes = 65_535
    let value = "b" + String(repeating: " ", count: 32_000) + "x"
    let clock = ContinuousClock()
    let head = Self.head(Self.good + [("Sec-WebSocket-Protocol", value)])
    let time = clock.measure { #expect(status(head, limits: limits) == 400) }
    #expect(time < .milliseconds(200))
  }

  @Test("path, query and subprotocols are taken apart")
  func request() throws {
    let headers = Self.good + [("Sec-WebSocket-Protocol", "weir.v1, bearer"), ("sec-websocket-protocol", "x")]
    let request = try UpgradeRequest(
      Self.head(
        headers, line: "GET /a%20b/c?user=J%C3%BCrgen+M&flag&bad=%zz&x=1=2&user=second HTTP/1.1"),
      limits: HeadLimits(), origin: ConnectionOrigin(), isTLS: true)
    #expect(request.path == "/a%20b/c")
    #expect(request.query["user"] == "Jürgen M")
    #expect(request.query["flag"] == "")
    #expect(request.query["x"] == "1=2")
    #expect(request.query["bad"] == nil)
    #expect(request.query["none"] == nil)
    #expect(request.subprotocols == ["weir.v1", "bearer", "x"])
    #expect(request.headers["HOST"] == "example.com")
    #expect(request.headers.map(\.name).last == "sec-websocket-protocol")
  }

  @Test("a subprotocol that was not offered and headers that break lines are never sent")
  func unsafeAnswer() throws {
    let request = try UpgradeRequest(
      Self.head(Self.good), limits: HeadLimits(), origin: ConnectionOrigin(), isTLS: false)
    let checked = try ServerHandshake.check(request, origins: .any, deflate: nil)
    #expect(throws: Refusal.self) { try ServerHandshake.response(checked, request, subprotocol: "x", headers: []) }
    #expect(throws: Refusal.self) {
      try ServerHandshake.response(checked, request, subprotocol: nil, headers: [("A", "b\r\nC: d")])
    }
    let refusal = Refusal(status: 401, reason: "a\r\nb", headers: [("A", "b\r\nC: d"), ("D", "e")], body: "no")
    let text = String(buffer: ServerHandshake.response(refusal))
    #expect(text.hasPrefix("HTTP/1.1 401 Unauthorized\r\nD: e\r\n"))
    #expect(!text.contains("C: d"))
  }

  @Test("SHA-1 gives the digests of FIPS 180-4 for one and two blocks")
  func sha1() {
    func hex(_ text: String) -> String {
      SHA1.digest(Array(text.utf8)).map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }
    #expect(hex("abc") == "a9993e364706816aba3e25717850c26c9cd0d89d")
    #expect(hex("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709")
    #expect(
      hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") == "84983e441c3bd26ebaae4aa1f95129e5e54670f1")
  }

  @Test("a head is found whatever pieces it comes in, and its limits hold before it is complete")
  func gathering() {
    let head = Self.head(Self.good)
    for step in 1...head.count {
      var gatherer = HeadGatherer(HeadLimits())
      var progress = HeadGatherer.Progress.needsMore
      for start in stride(from: 0, to: head.count, by: step) {
        #expect(progress == .needsMore)
        progress = gatherer.append(ByteBuffer(bytes: head[start..<min(head.count, start + step)]))
      }
      #expect(progress == .complete(headBytes: head.count))
    }
    var endless = HeadGatherer(HeadLimits())
    #expect(endless.append(ByteBuffer(string: "GET /" + String(repeating: "a", count: 9000))) == .lineTooLong)
    var long = HeadGatherer(HeadLimits())
    let fields = String(repeating: "A: b\r\n", count: 4000)
    #expect(long.append(ByteBuffer(string: "GET / HTTP/1.1\r\n" + fields)) == .tooLong)
    var hello = HeadGatherer(HeadLimits())
    #expect(hello.append(ByteBuffer(bytes: [0x16, 0x03, 0x01])) == .notHTTP)
  }
}
