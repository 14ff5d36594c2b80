import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing
import WeirCore
import WeirWire

@testable import WeirServer

@Suite("The OpenAI-compatible front door")
struct FrontDoorTests {
  private let exchange: HTTPExchange
  private let host: TestHost

  init() throws {
    let loop = EmbeddedEventLoop()
    let host = TestHost(loop)
    let door = FrontDoor(
      authenticate: { request in
        switch request.headers.first(name: "authorization") {
        case "Bearer ann": .success(Caller(user: "ann"))
        default: .failure(OpenAIError(AuthError.missingToken))
        }
      }, models: { _ in ["fast", "good \"one\""] }, host: { _ in host })
    var router = HTTPRouter()
    door.install(in: &router)
    exchange = try HTTPExchange(router)
    self.host = host
  }

  /// Lets both loops do what they have to.
  private func received() throws -> String {
    for _ in 0..<3 {
      host.loop.run()
      exchange.channel.embeddedEventLoop.run()
    }
    return try exchange.received()
  }

  private func post(_ body: String, token: String = "ann", type: String = "application/json") throws -> String {
    let head =
      "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(token)\r\nContent-Type: \(type)\r\n"
    return try exchange.send("\(head)Content-Length: \(body.utf8.count)\r\n\r\n\(body)") + received()
  }

  private let hello = #"{"model":"fast","messages":[{"role":"user","content":"hi"}]}"#
  private let helloStream = #"{"model":"fast","messages":[{"role":"user","content":"hi"}],"stream":true}"#

  @Test("models are listed for whoever has a token")
  func models() throws {
    let answer = try exchange.send("GET /v1/models HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ann\r\n\r\n")
    #expect(answer.contains(#"{"object":"list","data":[{"id":"fast","object":"model","created":"#))
    #expect(answer.contains(#"{"id":"good \"one\"","object":"model","#))
    #expect(try exchange.send("GET /v1/models HTTP/1.1\r\nHost: a\r\n\r\n").hasPrefix("HTTP/1.1 401 "))
  }

  @Test("a call reaches the shard, and its answer the caller, in one piece")
  func whole() throws {
    #expect(try post(hello) == "")
    let link = try #require(host.link)
    #expect(host.calls.withLockedValue { $0 }.map(\.call.messages.first?.text) == ["hi"])
    #expect(host.calls.withLockedValue { $0 }.map(\.caller.user) == ["ann"])
    link.send(ServerFrame(frame: .turnStarted(TurnStarted(turnID: 1, model: "fast"))))
    link.sendDelta("hello")
    link.flush()
    #expect(try received() == "")
    link.send(ServerFrame(frame: .turnFinished(TurnFinished(turnID: 1, reason: .complete))))
    link.flush()
    let answer = try received()
    #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n") && answer.contains(#""content":"hello""#))
    #expect(host.ended.withLockedValue { $0 } == 1 && exchange.isOpen)
    #expect(try post(hello) == "")
    #expect(host.calls.withLockedValue { $0.count } == 2)
  }

  @Test("a streamed answer goes out as it comes, and the connection goes on")
  func streamed() throws {
    #expect(try post(helloStream) == "")
    let link = try #require(host.link)
    link.send(ServerFrame(frame: .queuePosition(QueuePosition(turnID: 1, position: 12))))
    link.flush()
    let head = try received()
    #expect(head.contains("Content-Type: text/event-stream; charset=utf-8\r\n") && head.contains(": queued 12\n\n"))
    link.send(ServerFrame(frame: .turnStarted(TurnStarted(turnID: 1, model: "fast"))))
    link.sendDelta("hel")
    link.sendDelta("lo")
    link.flush()
    let some = try received()
    #expect(some.contains(#"{"content":"hel"}"#) && some.contains(#"{"content":"lo"}"#))
    link.send(ServerFrame(frame: .turnFinished(TurnFinished(turnID: 1, reason: .complete))))
    link.flush()
    #expect(try received().hasSuffix("data: [DONE]\n\n\r\n0\r\n\r\n"))
    #expect(host.ended.withLockedValue { $0 } == 1 && exchange.isOpen)
  }

  @Test("a refusal of the core is a status with its words")
  func refused() throws {
    #expect(try post(helloStream) == "")
    let link = try #require(host.link)
    link.send(
      ServerFrame(frame: .error(WeirError(code: .rateLimited, message: "Slow.", retryable: true, retryAfterMs: 7000))))
    link.flush()
    let answer = try received()
    #expect(answer.hasPrefix("HTTP/1.1 429 ") && answer.contains("Retry-After: 7\r\n"))
    #expect(answer.contains(#""code":"rate_limit_exceeded""#) && exchange.isOpen)
    #expect(host.ended.withLockedValue { $0 } == 1)
  }

  @Test("what is wrong with a request is told before any shard hears of it")
  func wrong() throws {
    #expect(try post("{}").hasPrefix("HTTP/1.1 400 "))
    let unknown = try post(#"{"model":"big","messages":[{"role":"user","content":"hi"}]}"#)
    #expect(unknown.hasPrefix("HTTP/1.1 404 ") && unknown.contains(#""code":"model_not_found""#))
    #expect(unknown.contains(#""param":"model""#))
    #expect(try post(hello, token: "bob").hasPrefix("HTTP/1.1 401 "))
    for type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp"] {
      #expect(try post(hello, type: type).hasPrefix("HTTP/1.1 415 "), "\(type)")
    }
    #expect(exchange.isOpen && host.link == nil)
    #expect(try post(hello, type: "Application/JSON; charset=utf-8") == "")
    #expect(host.link != nil)
  }

  @Test("a body beyond the limit is refused at once")
  func tooLarge() throws {
    let answer = try exchange.send(
      "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nContent-Length: \((4 << 20) + 1)\r\n\r\n")
    #expect(answer.hasPrefix("HTTP/1.1 413 "))
  }

  @Test("a caller that goes is taken out of the shard, once")
  func gone() throws {
    #expect(try post(helloStream) == "")
    let link = try #require(host.link)
    exchange.channel.close(promise: nil)
    _ = try received()
    #expect(host.ended.withLockedValue { $0 } == 1)
    link.send(ServerFrame(frame: .turnFinished(TurnFinished(turnID: 1, reason: .complete))))
    link.flush()
    _ = try received()
    #expect(host.ended.withLockedValue { $0 } == 1)
  }

  @Test("a caller that does not read makes the link full, and writable again when it does")
  func backpressure() throws {
    #expect(try post(helloStream) == "")
    let link = try #require(host.link)
    exchange.channel.isWritable = false
    exchange.channel.pipeline.fireChannelWritabilityChanged()
    link.send(ServerFrame(frame: .turnStarted(TurnStarted(turnID: 1, model: "fast"))))
    while link.isWritable {
      link.sendDelta(String(repeating: "x", count: 1000))
      link.flush()
    }
    _ = try received()
    #expect(!link.isWritable && host.madeWritable.withLockedValue { $0 } == 0)
    #expect(link.outstandingBytes < (64 << 10) + 2000)
    exchange.channel.isWritable = true
    exchange.channel.pipeline.fireChannelWritabilityChanged()
    _ = try received()
    #expect(link.isWritable && link.outstandingBytes == 0 && host.madeWritable.withLockedValue { $0 } == 1)
  }

  @Test("while the model is silent the stream shows that it lives, and not while it speaks")
  func heartbeat() throws {
    #expect(try post(helloStream) == "")
    let link = try #require(host.link)
    #expect(try exchange.wait(.seconds(60)) == "")
    link.sendDelta("x")
    link.flush()
    #expect(try received().contains(#"{"content":"x"}"#))
    #expect(try exchange.wait(.seconds(14)) == "")
    link.sendDelta("y")
    link.flush()
    #expect(try received().contains(#"{"content":"y"}"#))
    #expect(try exchange.wait(.seconds(14)) == "")
    #expect(try exchange.wait(.seconds(2)).contains(": still here\n\n"))
    #expect(try exchange.wait(.seconds(30)).ranges(of: ": still here\n\n").count == 2)
    link.send(ServerFrame(frame: .turnFinished(TurnFinished(turnID: 1, reason: .complete))))
    link.flush()
    #expect(try received().hasSuffix("data: [DONE]\n\n\r\n0\r\n\r\n"))
    #expect(try exchange.wait(.seconds(20)) == "" && exchange.isOpen)
  }

  @Test("the core's reasons to close a device are answers too")
  func closed() throws {
    #expect(try post(helloStream) == "")
    host.link?.close(.goingAway(reconnectAfterMs: 2000))
    let answer = try received()
    #expect(answer.hasPrefix("HTTP/1.1 503 ") && answer.contains("Retry-After: 2\r\n"))
    #expect(try post(helloStream) == "")
    host.link?.sendDelta("x")
    host.link?.close(.stalled)
    #expect(try received().contains(#"{"content":"x"}"#))
    #expect(!exchange.isOpen && host.ended.withLockedValue { $0 } == 2)
  }
}
