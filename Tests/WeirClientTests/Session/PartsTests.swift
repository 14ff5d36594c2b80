import Testing
import WeirWire

@testable import WeirClient

@Suite("Answers of several parts, and what is said about a turn")
struct PartsTests {
  @Test("deltas come as events of their kinds, and a new connection goes on behind all of their bytes")
  func kinds() throws {
    var device = Device()
    device.connect()
    let id = device.begin(turn: 5)
    let heard =
      device.hear(.delta(Delta(turnID: 5, offset: 0, text: "hmm", kind: .reasoning)))
      + device.hear(.delta(Delta(turnID: 5, offset: 3, text: "Lök")))
      + device.hear(
        .delta(Delta(turnID: 5, offset: 7, text: "{", kind: .toolCall, toolCallID: "a", toolName: "weather")))
      + device.hear(.delta(Delta(turnID: 5, offset: 8, text: "}", kind: .toolCall)))
    #expect(
      heard.events(of: id) == [
        .reasoning("hmm"), .text("Lök"), .toolCall(BegunToolCall(id: "a", name: "weather")), .toolArguments("{"),
        .toolArguments("}"),
      ])
    _ = device.lose()
    let hello = try #require(device.connect(resumed: [TurnStatus(turnID: 5)]).hello)
    #expect(hello.resume == [SubscribeTurn(turnID: 5, offset: 9)])
    // The server goes a little back, into the call: no second call, no byte twice.
    let again = device.hear(
      .delta(Delta(turnID: 5, offset: 7, text: "{}!", kind: .toolCall, toolCallID: "a", toolName: "weather")))
    #expect(again.events(of: id) == [.toolArguments("!")])
  }

  @Test("the finished message in place of the log brings the missing parts, and its length counts all of them")
  func finishedMeanwhile() {
    var device = Device()
    device.connect()
    let id = device.begin(turn: 5)
    device.hear(.delta(Delta(turnID: 5, offset: 0, text: "hm", kind: .reasoning)))
    let message = Message(
      sequence: 2, role: .assistant,
      parts: [
        Part(part: .reasoning(Reasoning(text: "hmm", signature: "s"))), .text("Look"),
        Part(part: .toolCall(ToolCall(id: "a", name: "weather", arguments: "{}"))),
      ], turnID: 5, status: .complete, finishReason: .toolCalls, cached: true)
    let heard = device.hear(
      .subscribed(Subscribed(status: TurnStatus(turnID: 5, state: .finished), offset: 2, message: message)))
    let events = heard.events(of: id)
    #expect(
      events.dropLast() == [
        .reasoning("m"), .text("Look"), .toolCall(BegunToolCall(id: "a", name: "weather")), .toolArguments("{}"),
      ])
    guard case .finished(let end) = events.last else {
      Issue.record("not finished")
      return
    }
    #expect(end.length == 9 && end.reason == .toolCalls && end.isCached)
  }

  @Test("bytes of every kind take credit, and what nobody can read gives it back")
  func credit() {
    var device = Device { $0.credit = 16 }
    device.connect()
    let id = device.begin(turn: 5)
    let unknown = device.hear(.delta(Delta(turnID: 5, offset: 0, text: "12345678", kind: PartKind(rawValue: 9))))
    #expect(unknown.events(of: id).isEmpty && unknown.frames.grants == [8])
    let thought = device.hear(.delta(Delta(turnID: 5, offset: 8, text: "12345678", kind: .reasoning)))
    #expect(thought.frames.grants.isEmpty)
    device.session.consumed(8)
    #expect(device.frames().grants == [8])
  }

  @Test("a change of the endpoint is told once, with its reason")
  func seam() {
    var device = Device()
    device.connect()
    let id = device.begin(turn: 5)
    let seam = TurnSeam(
      turnID: 5, offset: 3, reason: WeirError(code: .upstreamFailed, message: "reset"), fromEndpoint: "one",
      toEndpoint: "two")
    let heard = device.hear(.turnSeam(seam)).events(of: id)
    let reason = WeirClientError(code: .upstreamFailed, message: "reset")
    #expect(heard == [.seam(ChangedEndpoint(turnID: 5, offset: 3, reason: reason, from: "one", to: "two"))])
    _ = device.lose()
    device.connect(resumed: [TurnStatus(turnID: 5)])
    #expect(device.hear(.turnSeam(seam)).isEmpty)
    var next = seam
    next.fromEndpoint = "two"
    next.toEndpoint = "three"
    #expect(device.hear(.turnSeam(next)).events(of: id).count == 1)
    #expect(device.hear(.turnSeam(TurnSeam(turnID: 77))).isEmpty)
  }

  @Test(
    "a turn that waits says what for",
    arguments: [
      (QueueReason.capacity, QueuedTurn.Reason.capacity), (.rateLimit, .rateLimit), (.providerDown, .providerDown),
      (.retry, .retry), (.conversation, .conversation), (.userLimit, .userLimit), (.unspecified, .unknown),
      (QueueReason(rawValue: 99), .unknown),
    ])
  func queued(wire: QueueReason, reason: QueuedTurn.Reason) {
    var device = Device()
    device.connect()
    let id = device.begin(turn: 5)
    let position = QueuePosition(turnID: 5, position: 2, lane: "batch", estimateMs: 1_500, reason: wire)
    #expect(
      device.hear(.queuePosition(position)).events(of: id)
        == [.queued(QueuedTurn(turnID: 5, position: 2, lane: "batch", estimate: .milliseconds(1_500), reason: reason))])
  }

  @Test("an answer from the cache says so when it begins and when it ends")
  func cached() {
    var device = Device()
    device.connect()
    let id = device.say("question")
    device.hear(.ack(.durable("m1", turn: 5)))
    let heard =
      device.hear(.turnStarted(TurnStarted(turnID: 5, cached: true)))
      + device.hear(.turnFinished(TurnFinished(turnID: 5, reason: .complete, cached: true)))
    guard case .started(let started) = heard.events(of: id).first, case .finished(let end) = heard.events(of: id).last
    else {
      Issue.record("\(heard)")
      return
    }
    #expect(started.isCached && end.isCached)
  }
}
