import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import WeirServer

@Suite("HTTP connections")
struct HTTPExchangeTests {
  private static let longHeader = "X: \(String(repeating: "y", count: 400))\r\n"
  private let get = "GET /hello?x=1 HTTP/1.1\r\nHost: localhost\r\n\r\n"

  private var router: HTTPRouter {
    var router = HTTPRouter()
    router.get("/hello") { request in .text("hello \(request.target.queryValue("x") ?? "nobody")") }
    router.add(.POST, "/echo", .immediate { HTTPResponse(body: $0.body) })
    return router
  }

  /// The bodies of the responses in `text`, by their Content-Length.
  private func bodies(_ text: String) -> [String] {
    var bodies: [String] = []
    var rest = text[...]
    while let end = rest.firstRange(of: "\r\n\r\n") {
      let head = rest[..<end.lowerBound]
      let line = head.split(separator: "\r\n").first { $0.lowercased().hasPrefix("content-length:") }
      let length = line.flatMap { Int($0.split(separator: " ")[1]) } ?? 0
      bodies.append(String(rest[end.upperBound...].prefix(length)))
      rest = rest[end.upperBound...].dropFirst(length)
    }
    return bodies
  }

  @Test("a request is answered, and the connection stays open for the next")
  func keepAlive() throws {
    let exchange = try HTTPExchange(router)
    for _ in 0..<3 {
      let answer = try exchange.send(get)
      #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
      #expect(bodies(answer) == ["hello 1\n"])
    }
    #expect(exchange.isOpen)
  }

  @Test("a request that comes byte by byte is answered")
  func bytewise() throws {
    let exchange = try HTTPExchange(router)
    var answer = ""
    for character in get.unicodeScalars { answer += try exchange.send(String(character)) }
    #expect(bodies(answer) == ["hello 1\n"])
  }

  @Test("pipelined requests are answered in their order")
  func pipelined() throws {
    let exchange = try HTTPExchange(router)
    let requests = (1...50).map { "GET /hello?x=\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined()
    #expect(bodies(try exchange.send(requests)) == (1...50).map { "hello \($0)\n" })
  }

  @Test("a peer that does not take its answers is sent no more of them, and in the end nothing")
  func unwritable() throws {
    let exchange = try HTTPExchange(router)
    let requests = (1...50).map { "GET /hello?x=\($0) HTTP/1.1\r\nHost: a\r\n\r\n" }.joined()
    exchange.channel.isWritable = false
    #expect(try exchange.send(requests) == "")
    #expect(try exchange.send(requests) == "")
    exchange.channel.isWritable = true
    exchange.channel.pipeline.fireChannelWritabilityChanged()
    #expect(bodies(try exchange.received()) == (1...50).map { "hello \($0)\n" } + (1...50).map { "hello \($0)\n" })
    exchange.channel.isWritable = false
    #expect(try exchange.send(requests + "nonsense\r\n\r\n") == "")
    _ = try exchange.wait(.seconds(31))
    #expect(!exchange.isOpen)
  }

  @Test("HEAD is GET without the body")
  func head() throws {
    let exchange = try HTTPExchange(router)
    let answer = try exchange.send("HEAD /hello?x=1 HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(answer.contains("Content-Length: 8\r\n"))
    #expect(answer.hasSuffix("\r\n\r\n"))
    #expect(bodies(try exchange.send(get)) == ["hello 1\n"])
  }

  @Test("a body is gathered, whole or in chunks")
  func requestBody() throws {
    let exchange = try HTTPExchange(router)
    #expect(bodies(try exchange.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab")) == [])
    #expect(bodies(try exchange.send("cde")) == ["abcde"])
    let chunked = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    #expect(bodies(try exchange.send(chunked)) == ["abcde"])
  }

  @Test("Expect: 100-continue is answered before the body comes")
  func expectContinue() throws {
    let exchange = try HTTPExchange(router)
    let first = try exchange.send("POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    #expect(first.hasPrefix("HTTP/1.1 100 Continue\r\n"))
    #expect(bodies(try exchange.send("ok")) == ["ok"])
  }

  @Test("every response tells browsers to take it for nothing else, and has a date and an id")
  func headers() throws {
    let answer = try HTTPExchange(router).send(get)
    for header in [
      "X-Content-Type-Options: nosniff", "Referrer-Policy: no-referrer", "Cache-Control: no-store",
      "Content-Security-Policy: default-src 'none'", "Cross-Origin-Resource-Policy: same-origin", "Date: ",
      "X-Request-Id: ",
    ] {
      #expect(answer.contains("\r\n\(header)"), "\(header)")
    }
  }

  @Test("what is not there is 404, and the wrong method 405 with Allow")
  func refusals() throws {
    let exchange = try HTTPExchange(router)
    #expect(try exchange.send("GET /no HTTP/1.1\r\nHost: a\r\n\r\n").hasPrefix("HTTP/1.1 404 "))
    let answer = try exchange.send("DELETE /hello HTTP/1.1\r\nHost: a\r\n\r\n")
    #expect(answer.hasPrefix("HTTP/1.1 405 ") && answer.contains("\r\nAllow: GET, HEAD\r\n"))
    #expect(exchange.isOpen)
  }

  @Test("HTTP/1.0 is answered and closed, unless it asks to be kept")
  func oldVersion() throws {
    let exchange = try HTTPExchange(router)
    let kept = try exchange.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    #expect(kept.contains("Connection: keep-alive") && exchange.isOpen)
    #expect(try exchange.send("GET /hello HTTP/1.0\r\n\r\n").contains("Connection: close"))
    #expect(!exchange.isOpen)
  }

  @Test("Connection: close ends the connection after the answer, and what follows is not read")
  func close() throws {
    let exchange = try HTTPExchange(router)
    let answer = try exchange.send("GET /hello?x=2 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + get)
    #expect(bodies(answer) == ["hello 2\n"])
    #expect(!exchange.isOpen)
  }

  @Test("a request for another protocol is answered as HTTP and ends the connection")
  func upgrade() throws {
    let exchange = try HTTPExchange(router)
    let answer = try exchange.send("GET /hello HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n")
    #expect(answer.hasPrefix("HTTP/1.1 200 ") && answer.contains("Connection: close"))
    #expect(!exchange.isOpen)
  }

  @Test(
    "what breaks the protocol or a limit is refused with its status, and closed",
    arguments: [
      ("nonsense\r\n\r\n", "400"), ("GET / HTTP/1.1\r\n\r\n", "400"),
      ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"),
      ("GET / HTTP/1.1\r\nHost: a\r\nBad Header\r\n\r\n", "400"),
      ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", "400"),
      ("GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\nHost: a\r\n\r\n", "414"),
      ("GET / HTTP/1.1\r\nHost: a\r\nX: \(String(repeating: "a", count: 17_000))\r\n\r\n", "431"),
      ("GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: "X: 1\r\n", count: 2000))\r\n", "431"),
      (
        "GET / HTTP/1.1\r\nHost: a\r\n\(String(repeating: HTTPExchangeTests.longHeader, count: 90))\r\n",
        "431"
      ),
      ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 70000\r\n\r\n", "413"),
      ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n", "400"),
      (
        "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
          + "11000\r\n\(String(repeating: "a", count: 0x11000))",
        "413"
      ),
    ])
  func limits(request: String, status: String) throws {
    let exchange = try HTTPExchange(router)
    let answer = try exchange.send(request)
    #expect(answer.hasPrefix("HTTP/1.1 \(status) "), "\(answer.prefix(200))")
    #expect(answer.contains("Connection: close"))
    #expect(bodies(answer).first?.hasSuffix(".\n") == true)
    #expect(!exchange.isOpen)
  }

  @Test("a head that does not come to its end in time is refused with 408")
  func slowHead() throws {
    let exchange = try HTTPExchange(router)
    var answer = ""
    for byte in "GET /hel" {
      answer += try exchange.send(String(byte))
      answer += try exchange.wait(.seconds(1))
    }
    #expect(answer.hasPrefix("HTTP/1.1 408 "))
    #expect(!exchange.isOpen)
  }

  @Test("a body that does not come in time is refused with 408")
  func slowBody() throws {
    let exchange = try HTTPExchange(router)
    try exchange.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\na")
    #expect(try exchange.wait(.seconds(14)) == "")
    #expect(try exchange.wait(.seconds(2)).hasPrefix("HTTP/1.1 408 "))
    #expect(!exchange.isOpen)
  }

  @Test("a connection without a request for long is closed without a word")
  func idle() throws {
    let exchange = try HTTPExchange(router)
    try exchange.send(get)
    #expect(try exchange.wait(.seconds(29)) == "" && exchange.isOpen)
    #expect(try exchange.wait(.seconds(2)) == "")
    #expect(!exchange.isOpen)
  }

  @Test("a server that stops closes idle connections, and others after their answer")
  func quiesce() throws {
    let idle = try HTTPExchange(router)
    idle.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    #expect(!idle.isOpen)
    let busy = try HTTPExchange(router)
    try busy.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n")
    busy.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    let answer = try busy.send("ok")
    #expect(bodies(answer) == ["ok"] && answer.contains("Connection: close"))
    #expect(!busy.isOpen)
  }
}
