import Logging
import Testing
import WeirCore
import WeirWire

@testable import WeirUpstream

/// A driver with one shard, against a mock provider over real sockets.
final class Rig: Sendable {
  let inbox = ShardInbox()
  let driver: UpstreamDriver

  /// A model for each endpoint.
  convenience init(
    _ endpoints: EndpointConfiguration..., rules: (inout UpstreamConfiguration) -> Void = { _ in }
  ) throws {
    var configuration = UpstreamConfiguration(endpoints: endpoints)
    rules(&configuration)
    try self.init(configuration)
  }

  init(_ configuration: UpstreamConfiguration) throws {
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    driver = try UpstreamDriver(configuration: configuration, sinks: [inbox.sink], logger: logger)
  }

  /// The model "m" at one provider.
  convenience init(
    _ provider: MockProvider, _ change: (inout EndpointConfiguration) -> Void = { _ in },
    rules: (inout UpstreamConfiguration) -> Void = { _ in }
  ) throws {
    var endpoint = EndpointConfiguration(
      name: "m", kind: .openAI(baseURL: provider.url, key: UpstreamKey("sk-secret")), upstreamModel: "up-1")
    change(&endpoint)
    try self.init(endpoint, rules: rules)
  }

  // The driver lives as long as somebody waits: these are methods of what holds it.

  /// Waits until `condition` holds for what has come.
  func wait(until condition: @escaping @Sendable ([CallID: Transcript]) -> Bool) async {
    await inbox.wait(until: condition)
  }

  /// Waits until the calls have ended, and tells the last one's story.
  @discardableResult
  func end(of calls: CallID...) async -> Transcript {
    await inbox.wait { transcripts in calls.allSatisfy { transcripts[$0]?.end != nil } }
    return inbox[calls.last ?? 0]
  }

  func ask(_ call: CallID, user: String = "u", model: String = "", _ text: String = "hello") {
    driver.submit(
      UpstreamRequest(
        callID: call, shard: 0, user: user, model: model, messages: [PromptMessage(role: .user, text: text)],
        traceID: "trace-\(call)"))
  }
}

@Suite("Driver", .timeLimit(.minutes(1)))
struct DriverTests {
  static let usage = Usage(inputTokens: 7, outputTokens: 3, cachedInputTokens: 2)
  static let answer = Chunks.stream(["Hä", "ll", "o €"])

  struct Delivery: Sendable, CustomTestStringConvertible {
    let name: String
    let script: MockScript
    var testDescription: String { name }
  }

  static let deliveries = [
    Delivery(name: "chunked") { socket, _ in
      socket.chunkedHead()
      for event in answer.split(separator: "\n\n") { socket.chunk(event + "\n\n") }
      socket.lastChunk()
      return true
    },
    Delivery(name: "chunked, byte by byte") { socket, _ in
      socket.chunkedHead()
      for byte in answer.utf8 {
        // Half characters too: the chunk's bytes are sent as they are.
        socket.send(bytes: Array("1\r\n".utf8) + [byte] + Array("\r\n".utf8))
      }
      socket.lastChunk()
      return true
    },
    Delivery(name: "content length") { socket, _ in
      socket.respond("200 OK", body: answer)
      return true
    },
    Delivery(name: "until the connection closes") { socket, _ in
      socket.head("200 OK", ["Connection: close"])
      socket.send(answer)
      socket.end()
      return false
    },
    Delivery(name: "[DONE], then a reset") { socket, _ in
      socket.chunkedHead()
      socket.chunk(answer)
      socket.end(reset: true)
      return false
    },
  ]

  @Test("an answer streams through, however HTTP carries it", arguments: deliveries)
  func streams(_ delivery: Delivery) async throws {
    let provider = try MockProvider(delivery.script)
    let rig = try Rig(provider)
    rig.ask(1)
    let transcript = await rig.end(of: 1)
    #expect(transcript.said == "Hällo €")
    #expect(transcript.started == "m")
    #expect(transcript.end == .finished(reason: .complete, usage: Self.usage))
    rig.driver.shutdown()
    #expect(rig.inbox[1].late == 0)
    let snapshot = rig.driver.metrics.endpoints[0].snapshot
    #expect(snapshot.started == 1 && snapshot.ended[.finished] == 1)
    #expect(snapshot.deltas == 3 && snapshot.textBytes == UInt64(transcript.text.count))
    #expect(snapshot.promptTokens == 7 && snapshot.answerTokens == 3)
    #expect(snapshot.firstTokenWithin.last == 1)
  }

  @Test("the request is a POST with key, trace id and stream")
  func request() async throws {
    let provider = try MockProvider(Self.deliveries[0].script)
    let rig = try Rig(provider)
    rig.ask(1, "grüß \"dich\"\n")
    await rig.end(of: 1)
    let request = try #require(provider.requests.first)
    #expect(request.line == "POST /v1/chat/completions HTTP/1.1")
    #expect(request.headers["authorization"] == "Bearer sk-secret")
    #expect(request.headers["content-type"] == "application/json")
    #expect(request.headers["accept"] == "text/event-stream")
    #expect(request.headers["x-request-id"] == "trace-1")
    #expect(request.headers["expect"] == nil)
    #expect(request.headers["accept-encoding"] == nil)
    let body = String(decoding: request.body, as: UTF8.self)
    #expect(body.contains(#""model":"up-1","messages":[{"role":"user","content":"grüß \"dich\"\n"}],"stream":true"#))
  }

  @Test("a trace id that could break a header is left out")
  func injection() async throws {
    let provider = try MockProvider(Self.deliveries[0].script)
    let rig = try Rig(provider)
    rig.driver.submit(
      UpstreamRequest(callID: 1, shard: 0, user: "u", model: "", messages: [], traceID: "a\r\nX-Evil: 1"))
    await rig.end(of: 1)
    let headers = try #require(provider.requests.first?.headers)
    #expect(headers["x-evil"] == nil && headers["x-request-id"] == nil)
  }

  @Test("calls one after another use one connection")
  func reuse() async throws {
    let provider = try MockProvider(Self.deliveries[0].script)
    let rig = try Rig(provider) { $0.maximumConcurrent = 1 }
    for call in CallID(1)...20 { rig.ask(call) }
    await rig.wait { transcripts in transcripts.values.filter { $0.end != nil }.count == 20 }
    #expect(provider.requests.count == 20)
    #expect(provider.connections == 1)
  }

  @Test("a hundred answers stream at the same time, none mixed with another")
  func concurrent() async throws {
    let all = Signal()
    let latch = Latch()
    let provider = try MockProvider { socket, request in
      let words = (0..<20).map { "\(request.headers["x-request-id"] ?? "?")/\($0) " }
      socket.chunkedHead()
      socket.chunk(Chunks.event(Chunks.delta(words[0])))
      all.fire()
      latch.wait()
      for word in words.dropFirst() { socket.chunk(Chunks.event(Chunks.delta(word))) }
      socket.chunk(Chunks.event(Chunks.stop) + Chunks.event("[DONE]"))
      socket.lastChunk()
      return true
    }
    let rig = try Rig(provider) { $0.initialConcurrent = 100 }
    for call in CallID(1)...100 { rig.ask(call) }
    // All hundred are under way before the first goes on.
    for _ in 0..<100 { await all.wait() }
    latch.open()
    await rig.wait { transcripts in transcripts.values.filter { $0.end != nil }.count == 100 }
    for call in CallID(1)...100 {
      #expect(rig.inbox[call].said == (0..<20).map { "trace-\(call)/\($0) " }.joined())
      #expect(rig.inbox[call].end == .finished(reason: .complete, usage: nil))
    }
    #expect(provider.connections == 100)
  }

  @Test("a cancelled call's connection is closed at once, and nothing more comes of it")
  func cancel() async throws {
    let closed = Signal()
    let provider = try MockProvider { socket, _ in
      socket.chunkedHead()
      socket.chunk(Chunks.event(Chunks.delta("Hi")))
      socket.waitForClose()
      closed.fire()
      return false
    }
    let rig = try Rig(provider)
    rig.ask(1)
    await rig.wait { $0[1]?.said == "Hi" }
    rig.driver.cancel(1)
    await closed.wait()
    rig.driver.cancel(1)
    rig.driver.cancel(77)
    rig.driver.shutdown()
    #expect(rig.inbox[1].end == nil)
    #expect(rig.driver.metrics.endpoints[0].snapshot.ended[.cancelled] == 1)
    #expect(rig.driver.metrics.endpoints[0].snapshot.inFlight == 0)
  }

  @Test("a call that waits is told where, can be cancelled there, and the room is bounded")
  func queue() async throws {
    let latch = Latch()
    let provider = try MockProvider { socket, _ in
      socket.chunkedHead()
      socket.chunk(Chunks.event(Chunks.role))
      latch.wait()
      socket.chunk(Self.answer)
      socket.lastChunk()
      return true
    }
    let rig = try Rig(provider, { $0.maximumConcurrent = 1 }, rules: { $0.queue.maximumWaiting = 2 })
    rig.ask(1)
    rig.ask(2)
    rig.ask(3)
    rig.ask(4)
    await rig.wait { $0[1]?.started != nil && $0[2]?.positions.isEmpty == false && $0[3]?.positions.isEmpty == false }
    #expect(rig.inbox[1].positions.isEmpty && rig.inbox[1].started == "m")
    #expect(rig.inbox[2].positions == [0] && rig.inbox[3].positions == [1])
    let refused = await rig.end(of: 4)
    #expect(refused.error?.code == .overloaded && refused.error?.retryable == true)
    #expect((refused.error?.retryAfterMs ?? 0) >= 1000)
    rig.driver.cancel(2)
    latch.open()
    await rig.end(of: 1, 3)
    #expect(rig.inbox[2].started == nil && rig.inbox[2].end == nil)
    #expect(provider.requests.count == 2)
  }
}
