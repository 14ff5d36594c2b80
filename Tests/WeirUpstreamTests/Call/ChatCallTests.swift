import Testing
import WeirCore
import WeirWire

@testable import WeirUpstream

@Suite("Chat call")
struct ChatCallTests {
  /// A call, its time and its text.
  struct Run {
    var call: ChatCall
    var now = MonotonicTime.zero
    var output = AnswerOutput()
    var text: [UInt8] { output.text }

    init(_ change: (inout EndpointConfiguration) -> Void = { _ in }) {
      var endpoint = EndpointConfiguration(
        name: "m", kind: .openAI(baseURL: "http://h", key: UpstreamKey("sk-secret")))
      endpoint.timeouts.firstToken = .seconds(10)
      endpoint.timeouts.stall = .seconds(3)
      endpoint.timeouts.total = .seconds(60)
      change(&endpoint)
      call = ChatCall(endpoint: endpoint, key: endpoint.provider?.key, now: .zero)
    }

    mutating func receive(_ bytes: [UInt8], status: Int = 200, retryAfterMs: Int = 0) -> CallAction {
      let head = ResponseHead(status: status, limits: .retry(retryAfterMs))
      return call.received(bytes.span, head: head, now: now, output: &output)
    }

    mutating func receive(_ body: String, status: Int = 200, retryAfterMs: Int = 0) -> CallAction {
      receive(Array(body.utf8), status: status, retryAfterMs: retryAfterMs)
    }

    mutating func end(_ end: ChatCall.TransferEnd = .complete, status: Int? = 200) -> CallAction {
      call.transferEnded(end, head: status.map { ResponseHead(status: $0) }, now: now, output: &output)
    }

    /// Lets time pass, as the driver does: the timer fires at its deadline, not before.
    mutating func wait(_ time: Interval) -> CallAction {
      let target = now + time
      while call.deadline <= target {
        now = max(now, call.deadline)
        let action = call.timerFired(now: now, output: &output)
        if action != .none { return action }
      }
      now = target
      return .none
    }

    var said: String { String(decoding: text, as: UTF8.self) }
  }

  static let usage = Usage(inputTokens: 7, outputTokens: 3, cachedInputTokens: 2)
  static let cut = ChatCall.TransferEnd.broken(CallFailure(endpoint: "m").saidNothing)

  private func code(_ action: CallAction) -> ErrorCode? {
    if case .fail(let failure, _) = action { failure.error.code } else { nil }
  }

  private func error(_ action: CallAction) throws -> WeirError {
    guard case .fail(let failure, _) = action else { throw Unexpected(action: action) }
    return failure.error
  }

  struct Unexpected: Error {
    let action: CallAction
  }

  @Test("an answer brings the same text and the same end wherever it is split")
  func splits() {
    let stream = Array(
      (": hello\r\n\r\n" + Chunks.stream(["Hä", #"\uD83D"#, #"\uDE00"#, "水", #"\n\"x\""#])).utf8)
    for cut in 0...stream.count {
      var run = Run()
      var action = run.receive(Array(stream[..<cut]))
      if action == .none { action = run.receive(Array(stream[cut...])) }
      #expect(action == .finish(.complete, Self.usage, .drain), "cut at \(cut)")
      #expect(run.said == "Hä😀水\n\"x\"", "cut at \(cut)")
      #expect(run.call.answerBytes == run.text.count)
      #expect(run.call.deltas == 5)
      #expect(run.end() == .none, "the end was told before")
    }
  }

  @Test("a character that a provider cuts into two chunks is joined")
  func cutCharacter() {
    var run = Run()
    let first = Array(Chunks.event(Chunks.delta("@")).utf8)
    let halves: [[UInt8]] = [[0xE2, 0x82], [0xAC]]
    for half in halves {
      let chunk = first.flatMap { $0 == UInt8(ascii: "@") ? half : [$0] }
      #expect(run.receive(chunk) == .none)
      #expect(String(validating: run.text, as: UTF8.self) != nil)
    }
    #expect(run.said == "€")
  }

  @Test("half a character at the end of an answer is replaced")
  func halfAtEnd() {
    var run = Run()
    #expect(run.receive(Chunks.event(Chunks.delta(#"a\uD83D"#))) == .none)
    #expect(run.said == "a")
    #expect(run.receive(Chunks.event("[DONE]")) == .finish(.complete, nil, .drain))
    #expect(run.said == "a\u{FFFD}")
    #expect(run.call.answerBytes == run.text.count)
  }

  @Test("a missing [DONE] after a finish reason is an end, without one it is a cut")
  func missingDone() {
    let start = Chunks.event(Chunks.role) + Chunks.event(Chunks.delta("Hi"))
    var ended = Run()
    #expect(ended.receive(start + Chunks.event(Chunks.stop)) == .none)
    #expect(ended.end() == .finish(.complete, nil, .over))
    var reset = Run()
    #expect(reset.receive(start + Chunks.event(Chunks.stop) + Chunks.event(Chunks.usage)) == .none)
    #expect(reset.end(Self.cut) == .finish(.complete, Self.usage, .over))
    for end in [ChatCall.TransferEnd.complete, Self.cut] {
      var lost = Run()
      #expect(lost.receive(start) == .none)
      let action = lost.end(end)
      #expect(action == .fail(CallFailure(endpoint: "m").brokeOff, .over))
      #expect(code(action) == .upstreamFailed)
      #expect(lost.said == "Hi", "the partial text stays")
    }
  }

  @Test("white space before the first event is no part of it, wherever it is split", arguments: 0...3)
  func leadingWhiteSpace(cut: Int) {
    let body = Array((" \n data: " + Chunks.delta("Hi") + "\n\ndata: [DONE]\n\n").utf8)
    var run = Run()
    if cut > 0 { #expect(run.receive(Array(body[..<cut])) == .none) }
    #expect(run.receive(Array(body[cut...])) == .finish(.complete, nil, .drain))
    #expect(run.said == "Hi")
  }

  @Test("a last event without its blank line counts, half an event does not")
  func lastEvent() {
    let start = Chunks.event(Chunks.delta("Hi"))
    var done = Run()
    #expect(done.receive(start + Chunks.event(Chunks.stop) + "data: [DONE]") == .none)
    #expect(done.end() == .finish(.complete, nil, .drain))
    var whole = Run()
    #expect(whole.receive(start + "data: " + Chunks.stop) == .none)
    #expect(whole.end() == .finish(.complete, nil, .over))
    var half = Run()
    #expect(half.receive(start + "data: " + Chunks.stop.dropLast(9)) == .none)
    #expect(half.end() == .fail(CallFailure(endpoint: "m").brokeOff, .over))
  }

  @Test("nothing at all, and a broken connection before the answer, are retryable failures")
  func nothing() throws {
    var empty = Run()
    #expect(empty.end() == .fail(CallFailure(endpoint: "m").saidNothing, .over))
    var unreachable = Run()
    let failure = CallFailure(endpoint: "m").unreachable("Couldn't connect to server")
    #expect(unreachable.end(.broken(failure), status: nil) == .fail(failure, .over))
    #expect(failure.error.retryable && failure.error.code == .upstreamFailed && failure.kind == .retryable)
    var comments = Run()
    #expect(comments.receive(": ping\n\n: ping\n\n") == .none)
    #expect(comments.end() == .fail(CallFailure(endpoint: "m").saidNothing, .over))
  }

  @Test("an error in the middle of the stream keeps the text and fails the call")
  func errorInStream() throws {
    let cases: [(String, ErrorCode, Bool)] = [
      (#"{"error":{"message":"engine died","type":"server_error","code":null}}"#, .upstreamFailed, true),
      (#"{"error":{"message":"slow down","code":"rate_limit_exceeded"}}"#, .upstreamOverloaded, true),
      (#"{"error":{"message":"over","type":"overloaded_error"}}"#, .upstreamOverloaded, true),
      (#"{"error":{"message":"pay","type":"insufficient_quota"}}"#, .upstreamRejected, false),
      (#"{"error":{"message":"too long","code":"context_length_exceeded"}}"#, .upstreamRejected, false),
      (#"{"error":{"message":"no","code":400}}"#, .upstreamRejected, false),
      (#"{"error":"plain"}"#, .upstreamFailed, true),
      (#"{"object":"error","message":"x","type":"BadRequestError","code":400}"#, .upstreamRejected, false),
    ]
    for (json, expected, retryable) in cases {
      var run = Run()
      let action = run.receive(Chunks.event(Chunks.delta("Hi")) + Chunks.event(json) + Chunks.event(Chunks.delta("no")))
      let error = try error(action)
      #expect(error.code == expected, "\(json)")
      #expect(error.retryable == retryable, "\(json)")
      #expect(run.said == "Hi")
      #expect(run.receive(Chunks.event("[DONE]")) == .none, "it has ended")
    }
  }

  @Test("HTTP errors say what to do, whatever their body is")
  func refusals() throws {
    let json = #"{"error":{"message":"Bad  thing\u0007 happened","type":"t"}}"#
    let cases: [(Int, String, ErrorCode, Bool, String)] = [
      (400, json, .upstreamRejected, false, "Bad thing happened"),
      (401, #"{"error":{"message":"wrong key sk-secret"}}"#, .upstreamRejected, false, "refuses the key (401)"),
      (403, "no", .upstreamRejected, false, "refuses the key (403)"),
      (404, #"{"error":"model 'x' not found"}"#, .upstreamRejected, false, "model 'x' not found"),
      (404, #"{"detail":"Not Found"}"#, .upstreamRejected, false, "Not Found"),
      (413, "", .upstreamRejected, false, "too long"),
      (422, #"{"detail":[{"msg":"field required"}]}"#, .upstreamRejected, false, "field required"),
      (429, json, .upstreamOverloaded, true, "Bad thing happened"),
      (429, #"{"error":{"message":"m","code":"insufficient_quota"}}"#, .upstreamRejected, false, "quota"),
      (503, "busy", .upstreamOverloaded, true, "busy"),
      (500, json, .upstreamFailed, true, "Bad thing happened"),
      (
        502, "<html><head><title>502 Bad Gateway</title></head><body>x</body></html>", .upstreamFailed, true,
        "502 Bad Gateway"
      ),
      (502, "\n<h1>Oh\n no</h1><p>really</p>", .upstreamFailed, true, "Oh no really"),
      (504, "", .upstreamTimeout, true, "504"),
      (301, "", .upstreamRejected, false, "moved"),
    ]
    for (status, body, expected, retryable, sentence) in cases {
      var run = Run()
      #expect(run.receive(body, status: status) == .none)
      let error = try error(run.end(status: status))
      #expect(error.code == expected, "\(status) \(body)")
      #expect(error.retryable == retryable, "\(status) \(body)")
      #expect(error.message.contains(sentence), "\(error.message)")
      #expect(!error.message.contains("sk-secret"))
      #expect(error.message.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
      #expect(run.text.isEmpty)
    }
  }

  @Test("the key is taken out of what a provider says")
  func secret() throws {
    var run = Run()
    _ = run.receive(#"{"error":{"message":"header Bearer sk-secret is odd"}}"#, status: 400)
    let message = try error(run.end(status: 400)).message
    #expect(message.contains("header Bearer <key> is odd"))
    #expect(!ProviderRefusal.withoutQuote(message).contains("odd"), "logs hold none of the provider's words")
    #expect(ProviderRefusal.withoutQuote(message).contains("(400)"))
  }

  @Test("an error's body is kept up to a limit, and an endless one is cut")
  func endlessRefusal() throws {
    var run = Run()
    let piece = String(repeating: "é ", count: 500)
    var action = CallAction.none
    var pieces = 0
    while action == .none, pieces < 100 {
      action = run.receive(piece, status: 500, retryAfterMs: 7000)
      pieces += 1
    }
    #expect(pieces == 3)
    let error = try error(action)
    #expect(error.message.utf8.count < 800)
    #expect(error.retryAfterMs == 7000)
    guard case .fail(_, .abort) = action else { throw Unexpected(action: action) }
  }

  @Test("the provider's Retry-After is passed on, within an hour")
  func retryAfter() throws {
    for (given, expected) in [(7000, 7000), (0, 0), (86_400_000, 3_600_000)] {
      var run = Run()
      #expect(run.receive("x", status: 429, retryAfterMs: given) == .none)
      #expect(try error(run.end(status: 429)).retryAfterMs == UInt32(expected) || given != 0)
      var bare = Run()
      let head = ResponseHead(status: 429, limits: .retry(given))
      let action = bare.call.transferEnded(.complete, head: head, now: .zero, output: &bare.output)
      #expect(try error(action).retryAfterMs == UInt32(expected))
    }
  }

  @Test("an answer that comes whole is taken, a web page is refused")
  func whole() {
    let json = #"{"choices":[{"message":{"content":"Hi"},"finish_reason":"length"}],"usage":{"prompt_tokens":1}}"#
    for size in [1, 10, 1000] {
      var run = Run()
      for start in stride(from: 0, to: json.utf8.count, by: size) {
        #expect(run.receive(Array(json.utf8.dropFirst(start).prefix(size))) == .none)
      }
      #expect(run.end() == .finish(.length, Usage(inputTokens: 1), .over))
      #expect(run.said == "Hi")
    }
    var cut = Run()
    #expect(cut.receive(String(json.dropLast(20))) == .none)
    #expect(cut.end(Self.cut) == .fail(CallFailure(endpoint: "m").saidNothing, .over))
    var odd = Run()
    #expect(odd.receive("{\"a\":") == .none)
    #expect(odd.end() == .fail(CallFailure(endpoint: "m").notUnderstood, .over))
    var page = Run()
    #expect(page.receive("\n<!doctype html>") == .fail(CallFailure(endpoint: "m").webPage, .abort))
  }

  @Test("an event that is no JSON fails the call")
  func nonsense() {
    var run = Run()
    #expect(run.receive("data: hello\n\n") == .fail(CallFailure(endpoint: "m").notUnderstood, .abort))
  }

  @Test("an answer over the limit is cut at a character and ends as too long")
  func limit() {
    var run = Run { $0.maximumAnswerBytes = 6 }
    #expect(run.receive(Chunks.event(Chunks.delta("abc"))) == .none)
    #expect(run.receive(Chunks.event(Chunks.delta("d€x"))) == .finish(.length, nil, .abort))
    #expect(run.said == "abcd")
    var exact = Run { $0.maximumAnswerBytes = 6 }
    #expect(exact.receive(Chunks.event(Chunks.delta("abc€"))) == .none)
    #expect(exact.receive(Chunks.event("[DONE]")) == .finish(.complete, nil, .drain))
    var line = Run { $0.maximumEventBytes = 1024 }
    let long = Chunks.event(Chunks.delta(String(repeating: "x", count: 2000)))
    #expect(line.receive(long) == .fail(CallFailure(endpoint: "m").tooLargeEvent(bytes: 1024), .abort))
  }
}

// Time.
extension ChatCallTests {
  private func limit(_ action: CallAction, _ limit: CallDeadlines.Limit) -> Bool {
    var timeouts = CallTimeouts()
    timeouts.firstToken = .seconds(10)
    timeouts.stall = .seconds(3)
    timeouts.total = .seconds(60)
    return action == .fail(CallFailure(endpoint: "m").tooSlow(limit, timeouts), .abort)
  }

  @Test("the first token, each next one and the whole have their limits")
  func timeouts() {
    var silent = Run()
    #expect(silent.receive(": ping\n\n" + Chunks.event(Chunks.role)) == .none, "neither is a token")
    #expect(silent.wait(.milliseconds(9999)) == .none)
    #expect(limit(silent.wait(.milliseconds(1)), .firstToken))

    var stalled = Run()
    for _ in 0..<5 {
      #expect(stalled.receive(Chunks.event(Chunks.delta("a"))) == .none)
      #expect(stalled.wait(.milliseconds(2999)) == .none)
    }
    #expect(stalled.receive(": ping\n\n") == .none, "a comment is no progress")
    #expect(limit(stalled.wait(.milliseconds(1)), .stall))

    var endless = Run()
    var action = CallAction.none
    while action == .none, endless.now < .zero + .seconds(100) {
      #expect(endless.receive(Chunks.event(Chunks.delta("a"))) == .none)
      action = endless.wait(.seconds(1))
    }
    #expect(limit(action, .total))
    #expect(endless.now == .zero + .seconds(60))
  }

  @Test("a model that reasons is not silent")
  func reasoning() {
    var run = Run()
    for _ in 0..<10 {
      #expect(run.receive(Chunks.event(#"{"choices":[{"delta":{"reasoning_content":"hm"}}]}"#)) == .none)
      #expect(run.wait(.seconds(2)) == .none)
    }
    #expect(run.said == String(repeating: "hm", count: 10))
    #expect(run.output.marks == [.init(offset: 0, kind: .part(PartMark(kind: .reasoning)))], "one part")
  }

  @Test("after its finish reason an answer is whole even if the stream hangs")
  func hangsAfterFinish() {
    var run = Run { $0.timeouts.stall = .seconds(30) }
    #expect(run.receive(Chunks.event(Chunks.delta("a")) + Chunks.event(Chunks.stop)) == .none)
    #expect(run.wait(.milliseconds(4999)) == .none, "its figures may follow")
    #expect(run.wait(.milliseconds(1)) == .finish(.complete, nil, .abort))
  }

  @Test("after [DONE] the connection has a second to end, then it is cut")
  func drain() {
    var run = Run()
    #expect(run.receive(Chunks.stream(["a"])) == .finish(.complete, Self.usage, .drain))
    #expect(run.wait(.milliseconds(999)) == .none)
    #expect(run.wait(.milliseconds(1)) == .cut)
  }

  @Test("time in which nothing is read is not the provider's silence")
  func paused() {
    var run = Run()
    #expect(run.receive(Chunks.event(Chunks.delta("a"))) == .none)
    #expect(run.wait(.seconds(2)) == .none)
    run.call.setPaused(true, now: run.now)
    #expect(run.wait(.seconds(20)) == .none)
    run.call.setPaused(false, now: run.now)
    #expect(run.wait(.milliseconds(999)) == .none)
    #expect(limit(run.wait(.milliseconds(1)), .stall))
    var forever = Run()
    forever.call.setPaused(true, now: forever.now)
    #expect(limit(forever.wait(.seconds(100)), .total))
  }

  @Test("mutated streams never crash, never give half characters and end once")
  func fuzz() {
    let stream = Array((Chunks.stream(["Hä", #"\uD83D\uDE00"#, "x"]) + Chunks.stream(["y"])).utf8)
    for seed in UInt64(1)...3000 {
      var random = SeededRandom(seed: seed)
      var bytes = stream
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] =
          Bool.random(using: &random) ? UInt8.random(in: 0...255, using: &random) : 0x0A
      }
      var run = Run()
      var ends = 0
      var start = 0
      while start < bytes.count {
        let size = Int.random(in: 1...80, using: &random)
        if run.receive(Array(bytes[start..<min(bytes.count, start + size)])) != .none { ends += 1 }
        start += size
      }
      if run.end() != .none { ends += 1 }
      #expect(ends == 1, "seed \(seed)")
      #expect(String(validating: run.text, as: UTF8.self) != nil, "seed \(seed)")
    }
  }
}
