import Testing
import WeirWire

@testable import WeirClient

@Suite("Requests, refusals and limits")
struct RequestTests {
  @Test("a request made while there is no connection is sent with the next one, and again after a loss")
  func repeated() {
    var device = Device()
    device.connect()
    _ = device.lose()
    let id = device.session.request(.listConversations(ListConversations(limit: 3)), now: device.now)
    #expect(device.frames().isEmpty)
    #expect(device.connect().contains { $0.requestID == id })
    _ = device.lose()
    #expect(device.connect().contains { $0.requestID == id })
    let heard = device.hear(.conversationList(ConversationList(nextCursor: "n")), requestID: id)
    guard case .reply(id, .success(.conversations(let page))) = heard.first else {
      Issue.record("no reply")
      return
    }
    #expect(page.nextCursor == "n")
    #expect(device.hear(.conversationList(ConversationList()), requestID: id).isEmpty, "an answer counts once")
  }

  @Test("a request that is not answered in time fails")
  func timeout() {
    var device = Device { $0.requestTimeout = .seconds(5) }
    device.connect()
    let id = device.session.request(.getHistory(GetHistory(conversationID: "c")), now: device.now)
    _ = device.frames()
    #expect(device.session.expireRequests(now: device.now) == device.now + .seconds(5))
    #expect(device.session.expireRequests(now: device.now + .seconds(5)) == nil)
    guard case .reply(id, .failure(let error)) = device.session.takeEffects().first else {
      Issue.record("no reply")
      return
    }
    #expect(error.code == .timeout && error.isRetryable)
  }

  @Test("a refusal finds the message it is about and carries the server's advice")
  func refusedMessage() throws {
    var device = Device()
    device.connect()
    let id = device.say("one")
    let requestID = try #require(device.frames().first?.requestID)
    let heard = device.hear(
      .error(
        WeirError(
          code: .staleRevision, message: "stale", retryable: true, retryAfterMs: 1_500, revision: 8)),
      requestID: requestID)
    guard case .failed(let failed) = heard.events(of: id).last else {
      Issue.record("not failed")
      return
    }
    #expect(failed.error.code == .staleRevision && failed.error.revision == 8)
    #expect(failed.error.retryAfter == .milliseconds(1_500))
    _ = device.lose()
    #expect(device.connect().messages.isEmpty, "a refused message is not sent again")
  }

  @Test("a message over the server's limit is refused here")
  func tooLarge() {
    var device = Device()
    device.connect(maxMessageBytes: 1_000)
    let id = device.say(String(repeating: "x", count: 1_001))
    let effects = device.session.takeEffects()
    #expect(effects.frames.isEmpty)
    guard case .failed(let failed) = effects.events(of: id).last else {
      Issue.record("not failed")
      return
    }
    #expect(failed.error.code == .tooLarge)
  }

  @Test("what waits for its acknowledgement is bounded, and room comes back with the ack")
  func bounded() {
    var device = Device { $0.maximumUnacknowledgedBytes = 3_000 }
    device.connect()
    let text = String(repeating: "x", count: 1_200)
    _ = device.say(text, clientID: "a")
    _ = device.say(text, clientID: "b")
    let third = device.say(text, clientID: "c")
    guard case .failed(let failed) = device.session.takeEffects().events(of: third).last else {
      Issue.record("not refused")
      return
    }
    #expect(failed.error.code == .overloaded && failed.error.isRetryable)
    device.hear(.ack(.durable("a", turn: 1)))
    let fourth = device.say(text, clientID: "d")
    #expect(device.session.takeEffects().events(of: fourth).isEmpty)
  }

  @Test("a refusal by a limit says which, what is left and when it is whole")
  func limits() throws {
    var device = Device()
    device.connect()
    let id = device.say("one")
    let requestID = try #require(device.frames().first?.requestID)
    let limit = LimitState(name: "tokens_per_day", limit: 1_000, remaining: 3, resetAfterMs: 60_000)
    let error = WeirError(code: .budgetExceeded, message: "Used up.", retryAfterMs: 50_000, limit: limit)
    guard case .failed(let failed) = device.hear(.error(error), requestID: requestID).events(of: id).last else {
      Issue.record("not failed")
      return
    }
    #expect(failed.error.code == .budgetExceeded && failed.error.retryAfter == .seconds(50))
    #expect(
      failed.error.limit
        == UsageLimit(name: "tokens_per_day", limit: 1_000, remaining: 3, resetAfter: .seconds(60)))
  }

  @Test("a time that no clock can count is cut, not a crash")
  func endlessLimit() {
    let limit = UsageLimit(LimitState(name: "x", limit: .max, remaining: .max, resetAfterMs: .max))
    #expect(limit.resetAfter == .milliseconds(Int64.max) && limit.remaining == .max)
  }

  @Test("the question for the user's limits is answered")
  func usage() {
    var device = Device()
    device.connect()
    let id = device.session.request(.getUsage(GetUsage()), now: device.now)
    #expect(device.frames().map(\.frame) == [.getUsage(GetUsage())])
    let report = UsageReport(
      plan: "free", lane: "batch", limits: [LimitState(name: "turns_at_once", limit: 2, remaining: 1)])
    guard case .reply(id, .success(.usage(let usage))) = device.hear(.usageReport(report), requestID: id).first else {
      Issue.record("no reply")
      return
    }
    let limit = UsageLimit(name: "turns_at_once", limit: 2, remaining: 1, resetAfter: nil)
    #expect(usage == PlanUsage(plan: "free", lane: "batch", limits: [limit]))
  }

  @Test("options of a turn are said in the message, and what they leave open is left out")
  func options() {
    var message = SendMessage()
    message.apply(TurnOptions())
    #expect(message == SendMessage())
    message.apply(TurnOptions(lane: "batch", deadline: .milliseconds(2_500), tools: "[]", skipsCache: true))
    #expect(message == SendMessage(lane: "batch", deadlineMs: 2_500, toolsJSON: "[]", noCache: true))
    // 0 would mean the lane's own time.
    message.apply(TurnOptions(deadline: .zero))
    #expect(message == SendMessage(deadlineMs: 1))
    message.apply(TurnOptions(deadline: .seconds(Int64.max)))
    #expect(message.deadlineMs == .max)
  }

  @Test("tools and results of tools count against the server's limit as text does")
  func largeTools() {
    var device = Device()
    device.connect(maxMessageBytes: 1_000)
    let large = String(repeating: "x", count: 1_001)
    let messages = [
      SendMessage(clientMessageID: "a", parts: [.text("hi")], toolsJSON: large),
      SendMessage(clientMessageID: "b", parts: [Part(ChatToolResult(callID: "c", text: large, isFailure: true))]),
    ]
    for message in messages {
      let id = device.session.newStreamID()
      device.session.send(message, on: id)
      guard case .failed(let failed) = device.session.takeEffects().events(of: id).last else {
        Issue.record("not refused")
        return
      }
      #expect(failed.error.code == .tooLarge)
    }
  }

  @Test("a refusal of nothing in particular is told, not swallowed")
  func unrelated() {
    var device = Device()
    device.connect()
    let heard = device.hear(.error(WeirError(code: .rateLimited, message: "slow down")))
    #expect(heard.news == [.refused(WeirClientError(code: .rateLimited, message: "slow down"))])
  }

  @Test("the reply to a continued turn names it, and its text begins where the old one ended")
  func continued() throws {
    var device = Device()
    device.connect()
    let id = device.session.newStreamID()
    device.session.ask(.continueTurn(ContinueTurn(conversationID: "c")), conversationID: "c", position: nil, on: id)
    let requestID = try #require(device.frames().first?.requestID)
    let started = TurnStarted(turnID: 9, conversationID: "c", continuesTurnID: 8, offset: 100)
    guard case .started(let value) = device.hear(.turnStarted(started), requestID: requestID).events(of: id).first
    else {
      Issue.record("not started")
      return
    }
    #expect(value.offset == 100 && value.continuesTurnID == 8)
    #expect(device.hear(.delta(Delta(turnID: 9, offset: 100, text: "more"))).text(of: id) == "more")
  }

  @Test("a stop before the turn is known is sent with the ack")
  func earlyStop() {
    var device = Device()
    device.connect()
    let id = device.say("one")
    device.session.stopTurn(of: id)
    #expect(device.frames().stops.isEmpty)
    #expect(device.hear(.ack(.durable("m1", turn: 3))).frames.stops == [3])
  }

  @Test("frames that come before or after their time change nothing")
  func unexpected() {
    var device = Device()
    device.session.received(ServerFrame(frame: .welcome(Welcome())), now: device.now)
    #expect(device.session.takeEffects().isEmpty)
    device.connect()
    #expect(device.hear(.ack(.durable("nobody's", turn: 1))).isEmpty)
    #expect(device.hear(.turnFinished(TurnFinished(turnID: 77))).isEmpty)
    #expect(device.hear(.subscribed(Subscribed())).isEmpty)
    #expect(device.hear(.queuePosition(QueuePosition(turnID: 77))).isEmpty)
    #expect(device.hear(.welcome(Welcome())).isEmpty)
    device.session.received(ServerFrame(), now: device.now)
    #expect(device.session.takeEffects().isEmpty)
  }
}
