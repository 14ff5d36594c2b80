import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import WeirServer

@Suite("Limits of a route's own")
struct BodyLimitTests {
  private let asked = NIOLockedValueBox(0)

  private var router: HTTPRouter { router(BodyRoom()) }

  private func router(_ bodies: BodyRoom) -> HTTPRouter {
    var router = HTTPRouter(bodies: bodies)
    let asked = asked
    let route = HTTPRouter.Route.immediate { request in
      asked.withLockedValue { $0 += 1 }
      return .text("\(request.body.readableBytes)")
    }
    router.add(.POST, "/large", .init(route, bodyBytes: 1 << 20))
    router.add(.POST, "/small", .init(route, bodyBytes: 10))
    router.add(
      .POST, "/closed",
      .init(route, bodyBytes: 1 << 20) { request in
        #expect(request.body.readableBytes == 0)
        return request.headers.contains(name: "authorization") ? nil : .text("who?", status: .unauthorized)
      })
    return router
  }

  private func post(_ path: String, _ body: String, _ header: String = "") -> String {
    "POST \(path) HTTP/1.1\r\nHost: a\r\n\(header)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
  }

  private func chunked(_ path: String, chunks: Int, of size: Int) -> String {
    "POST \(path) HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      + String(
        repeating: "\(String(size, radix: 16))\r\n\(String(repeating: "x", count: size))\r\n", count: chunks)
      + "0\r\n\r\n"
  }

  @Test("a route takes bodies up to its own limit, whole and in chunks")
  func limits() throws {
    let exchange = try HTTPExchange(router)
    #expect(try exchange.send(post("/large", String(repeating: "x", count: 1 << 20))).hasSuffix("1048576\n"))
    #expect(try exchange.send(chunked("/large", chunks: 1024, of: 1024)).hasSuffix("1048576\n"))
    #expect(try exchange.send(post("/small", "0123456789")).hasSuffix("10\n"))
    #expect(exchange.isOpen)
  }

  @Test("what is announced to be larger is refused before any of it has come")
  func announced() throws {
    for (path, length) in [("/large", (1 << 20) + 1), ("/small", 11), ("/closed", Int.max)] {
      let exchange = try HTTPExchange(router)
      let answer = try exchange.send("POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: \(length)\r\n\r\n")
      #expect(answer.hasPrefix("HTTP/1.1 413 ") && answer.contains("Connection: close\r\n"), "\(path)")
      #expect(!exchange.isOpen)
    }
    #expect(asked.withLockedValue { $0 } == 0)
  }

  @Test("chunks that add up to more are refused where they do", arguments: ["/small", "/closed", "/nowhere"])
  func unannounced(path: String) throws {
    let exchange = try HTTPExchange(router)
    let answer = try exchange.send(chunked(path, chunks: 1025, of: 1024))
    #expect(answer.hasPrefix("HTTP/1.1 413 "))
    #expect(!exchange.isOpen)
    #expect(asked.withLockedValue { $0 } == 0)
  }

  @Test("all bodies together take no more than their room; who has none is told so, and what ends gives its room back")
  func room() throws {
    let bodies = BodyRoom(limitBytes: 1000)
    let routes = router(bodies)
    let whole = post("/large", String(repeating: "x", count: 600))
    let first = try HTTPExchange(routes)
    #expect(try first.send(String(whole.dropLast())) == "")
    #expect(bodies.usedBytes == 599)
    let second = try HTTPExchange(routes)
    let refusal = try second.send(whole)
    #expect(refusal.hasPrefix("HTTP/1.1 503 ") && refusal.contains("Retry-After: 1\r\n"))
    #expect(!second.isOpen)
    #expect(bodies.usedBytes == 599)
    // Bodies of who may not ask are not kept, and need none.
    let stranger = try HTTPExchange(routes)
    #expect(try stranger.send(post("/closed", String(repeating: "x", count: 5000))).hasPrefix("HTTP/1.1 401 "))
    #expect(try first.send("x").hasSuffix("600\n"))
    #expect(bodies.usedBytes == 0)
    let third = try HTTPExchange(routes)
    #expect(try third.send(whole).hasSuffix("600\n"))
    // A body that never comes to its end gives its room back with its connection, or when its time is up.
    #expect(try third.send(String(whole.dropLast())) == "")
    _ = try third.channel.finish(acceptAlreadyClosed: true)
    let slow = try HTTPExchange(routes)
    #expect(try slow.send(String(whole.dropLast())) == "")
    #expect(bodies.usedBytes == 599)
    #expect(try slow.wait(.seconds(60)).hasPrefix("HTTP/1.1 408 "))
    #expect(bodies.usedBytes == 0)
  }

  @Test("a body larger than the room of all passes when it is alone")
  func alone() throws {
    let exchange = try HTTPExchange(router(BodyRoom(limitBytes: 10)))
    #expect(try exchange.send(post("/large", String(repeating: "x", count: 600))).hasSuffix("600\n"))
  }

  @Test("who may not ask is told after the body, of which nothing was kept, and may ask again")
  func refused() throws {
    let exchange = try HTTPExchange(router)
    let body = String(repeating: "x", count: 1 << 19)
    #expect(try exchange.send(String(post("/closed", body).dropLast())) == "")
    let answer = try exchange.send("x")
    #expect(answer.hasPrefix("HTTP/1.1 401 ") && answer.hasSuffix("who?\n"))
    #expect(asked.withLockedValue { $0 } == 0)
    #expect(try exchange.send(post("/closed", body, "Authorization: me\r\n")).hasSuffix("\(body.utf8.count)\n"))
    #expect(exchange.isOpen)
  }

  @Test("who asks before it sends the body is told before it does")
  func refusedExpectation() throws {
    let exchange = try HTTPExchange(router)
    let answer = try exchange.send(
      "POST /closed HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n")
    #expect(answer.hasPrefix("HTTP/1.1 401 ") && !exchange.isOpen)
  }
}
