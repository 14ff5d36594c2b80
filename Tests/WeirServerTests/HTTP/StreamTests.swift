import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import WeirServer

@Suite("HTTP answers that come bit by bit")
struct StreamTests {
  /// The streams that the routes were given, for the test to write to.
  private final class Streams: Sendable {
    private let all = NIOLockedValueBox<[NIOLoopBound<HTTPResponseStream>]>([])
    let closed = NIOLockedValueBox(0)
    let writable = NIOLockedValueBox(0)

    var last: HTTPResponseStream? { all.withLockedValue { $0.last }?.value }
    var count: Int { all.withLockedValue { $0.count } }

    func add(_ stream: HTTPResponseStream) {
      let (closed, writable) = (closed, writable)
      stream.onClosed = { closed.withLockedValue { $0 += 1 } }
      stream.onWritable = { writable.withLockedValue { $0 += 1 } }
      all.withLockedValue { $0.append(NIOLoopBound(stream, eventLoop: stream.eventLoop)) }
    }
  }

  private let streams = Streams()

  private var router: HTTPRouter {
    var router = HTTPRouter()
    let streams = streams
    router.add(.GET, "/stream", .stream { _, stream in streams.add(stream) })
    router.add(.GET, "/ready", .stream { _, stream in stream.respond(.text("ready")) })
    router.get("/now") { _ in .text("now") }
    return router
  }

  private let get = "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n"
  private let now = "GET /now HTTP/1.1\r\nHost: a\r\n\r\n"

  private func text(_ text: String) -> ByteBuffer { ByteBuffer(string: text) }

  @Test("an answer goes out in chunks as it is flushed, and the connection serves the next request")
  func chunks() throws {
    let exchange = try HTTPExchange(router)
    #expect(try exchange.send(get) == "")
    let stream = try #require(streams.last)
    stream.begin(headers: ["Content-Type": "text/event-stream"])
    stream.write(text("hello"))
    #expect(try exchange.received() == "")
    stream.flush()
    let head = try exchange.received()
    #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n") && head.hasSuffix("\r\n\r\n5\r\nhello\r\n"))
    #expect(head.contains("transfer-encoding: chunked\r\n") && !head.contains("Content-Length"))
    #expect(head.contains("Content-Type: text/event-stream\r\n") && head.contains("X-Content-Type-Options: nosniff"))
    stream.write(text("you"))
    stream.end()
    #expect(try exchange.received() == "3\r\nyou\r\n0\r\n\r\n")
    #expect(stream.isOver && exchange.isOpen)
    #expect(try exchange.send(now).hasSuffix("now\n"))
  }

  @Test("requests behind a streamed answer wait for its end, and are answered in order")
  func pipelined() throws {
    let exchange = try HTTPExchange(router)
    #expect(try exchange.send(get + now + get + now) == "")
    for number in 1...2 {
      let stream = try #require(streams.last)
      #expect(streams.count == number)
      stream.begin()
      stream.end()
      let answers = try exchange.received()
      #expect(answers.contains("0\r\n\r\nHTTP/1.1 200 OK\r\n") && answers.hasSuffix("now\n"))
    }
    #expect(exchange.isOpen)
  }

  @Test("a stream can be answered whole, at once or later")
  func whole() throws {
    let exchange = try HTTPExchange(router)
    #expect(try exchange.send("GET /ready HTTP/1.1\r\nHost: a\r\n\r\n" + get).hasSuffix("ready\n"))
    let stream = try #require(streams.last)
    stream.respond(.text("late", status: .notFound))
    let answer = try exchange.received()
    #expect(answer.hasPrefix("HTTP/1.1 404 ") && answer.contains("Content-Length: 5\r\n"))
    stream.respond(.text("twice"))
    stream.begin()
    stream.write(text("more"))
    stream.end()
    #expect(try exchange.received() == "")
    #expect(try exchange.send(now).hasSuffix("now\n"))
  }

  @Test("HTTP/1.0 gets the bytes as they are, and then the end")
  func oldVersion() throws {
    let exchange = try HTTPExchange(router)
    try exchange.send("GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    let stream = try #require(streams.last)
    stream.begin()
    stream.write(text("hello"))
    stream.end()
    let answer = try exchange.received()
    #expect(answer.hasSuffix("\r\n\r\nhello") && answer.contains("Connection: close\r\n"))
    #expect(!answer.lowercased().contains("chunked") && !exchange.isOpen)
  }

  @Test("HEAD gets the head only, and the route is told that nobody wants the rest")
  func head() throws {
    let exchange = try HTTPExchange(router)
    try exchange.send("HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n")
    let stream = try #require(streams.last)
    stream.begin()
    stream.write(text("hello"))
    let answer = try exchange.received()
    #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.hasSuffix("\r\n\r\n"))
    #expect(!exchange.isOpen && stream.isOver)
    #expect(streams.closed.withLockedValue { $0 } == 1)
  }

  @Test("a peer that goes is noticed at once, and writing to nobody does nothing")
  func disconnect() throws {
    let exchange = try HTTPExchange(router)
    try exchange.send(get)
    let stream = try #require(streams.last)
    stream.begin()
    stream.flush()
    exchange.channel.close(promise: nil)
    #expect(!exchange.isOpen && stream.isOver && !stream.isWritable && stream.outstandingBytes == 0)
    #expect(streams.closed.withLockedValue { $0 } == 1)
    stream.write(text("hello"))
    stream.end()
    #expect(streams.closed.withLockedValue { $0 } == 1)
  }

  @Test("an answer that is given up is not taken for a whole one")
  func abort() throws {
    let exchange = try HTTPExchange(router)
    try exchange.send(get)
    let stream = try #require(streams.last)
    stream.begin()
    stream.write(text("hello"))
    stream.abort()
    #expect(try exchange.received().hasSuffix("5\r\nhello\r\n"))
    #expect(!exchange.isOpen && stream.isOver)
  }

  @Test("a slow peer stops the writer, which goes on when there is room")
  func backpressure() throws {
    let exchange = try HTTPExchange(router)
    try exchange.send(get)
    let stream = try #require(streams.last)
    stream.begin()
    exchange.channel.isWritable = false
    exchange.channel.pipeline.fireChannelWritabilityChanged()
    #expect(!stream.isWritable && streams.writable.withLockedValue { $0 } == 0)
    _ = try exchange.wait(.seconds(29))
    exchange.channel.isWritable = true
    exchange.channel.pipeline.fireChannelWritabilityChanged()
    #expect(stream.isWritable && streams.writable.withLockedValue { $0 } == 1)
    // The clock of the slow peer has stopped; that of a quiet route does not run.
    _ = try exchange.wait(.hours(1))
    #expect(exchange.isOpen)
  }

  @Test("a peer that takes nothing for too long loses the connection")
  func stalled() throws {
    let exchange = try HTTPExchange(router)
    try exchange.send(get)
    let stream = try #require(streams.last)
    stream.begin()
    exchange.channel.isWritable = false
    exchange.channel.pipeline.fireChannelWritabilityChanged()
    _ = try exchange.wait(.seconds(31))
    #expect(!exchange.isOpen && stream.isOver)
    #expect(streams.closed.withLockedValue { $0 } == 1)
  }

  @Test("a route that writes on although nothing is taken loses the connection, not the server its memory")
  func runaway() throws {
    var limits = HTTPLimits()
    limits.outstandingBytes = 1000
    let exchange = try HTTPExchange(router, limits: limits)
    try exchange.send(get)
    let stream = try #require(streams.last)
    stream.begin()
    stream.flush()
    for _ in 0..<9 { stream.write(text(String(repeating: "x", count: 100))) }
    #expect(stream.outstandingBytes >= 900 && !stream.isOver)
    for _ in 0..<2 { stream.write(text(String(repeating: "x", count: 100))) }
    #expect(stream.isOver && !exchange.isOpen)
    #expect(streams.closed.withLockedValue { $0 } == 1)
  }

  @Test("a server that stops lets a streamed answer come to its end, and closes then")
  func quiesce() throws {
    let exchange = try HTTPExchange(router)
    try exchange.send(get)
    let stream = try #require(streams.last)
    stream.begin()
    stream.flush()
    exchange.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    #expect(exchange.isOpen)
    stream.write(text("end"))
    stream.end()
    #expect(try exchange.received().hasSuffix("3\r\nend\r\n0\r\n\r\n"))
    #expect(!exchange.isOpen)
  }
}
