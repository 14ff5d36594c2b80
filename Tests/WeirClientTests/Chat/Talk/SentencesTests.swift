import Testing

@testable import WeirClient
@testable import weir

@Suite("What a person is told about a turn")
struct SentencesTests {
  @Test("a refusal by a limit says which, what is left and when to come back")
  func limit() {
    let limit = UsageLimit(name: "turns_per_minute", limit: 20, remaining: 0, resetAfter: .seconds(42))
    let error = WeirClientError(code: .rateLimited, message: "Too fast.", retryAfter: .seconds(3), limit: limit)
    #expect(
      error.sentences == "Too fast. (turns per minute: 0 of 20 left, whole again in 42 s.) Try again in 3.0 s.")
    #expect(WeirClientError(code: .internal, message: "Bug.").sentences == "Bug.")
    let again = WeirClientError(code: .overloaded, message: "Full. Try again.", retryAfter: .seconds(3))
    #expect(again.sentences == "Full. Try again in 3.0 s.")
  }

  @Test("where a flag or a command helps it is named")
  func advice() {
    #expect(WeirClientError(code: .internal, message: "Bug.").advice == "Bug.")
    #expect(WeirClientError(code: .unauthenticated, message: "No.").advice.contains("--token-file"))
    for (reason, flag) in [("CERTIFICATE_VERIFY_FAILED", "--ca"), ("(errno: 111)", "weir serve")] {
      let error = WeirClientError(code: .connectionFailed, message: "No: \(FailureReason.plain(reason))")
      #expect(error.advice.contains(flag))
    }
  }

  @Test("a place in the queue says why, where that is known")
  func queued() {
    var turn = QueuedTurn(turnID: 1, position: 3, lane: "l", estimate: .seconds(90), reason: .providerDown)
    #expect(turn.sentence == "Waiting: 3 before yours, about 90 s (the provider fails and is being probed).")
    turn = QueuedTurn(turnID: 1, position: 0, lane: "l")
    #expect(turn.sentence == "Waiting: yours is next.")
  }

  @Test("a change of the endpoint names both and the reason")
  func seam() {
    let reason = WeirClientError(code: .upstreamTimeout, message: "It was silent for 30 s.")
    #expect(
      ChangedEndpoint(turnID: 1, offset: 2, reason: reason, from: "a", to: "b").sentence
        == "(a broke off: It was silent for 30 s. b goes on.)")
    #expect(
      ChangedEndpoint(turnID: 1, offset: 2, reason: nil, from: "", to: "").sentence
        == "(The provider broke off. Another one goes on.)")
  }

  @Test("usage is one line for the plan and one for each limit, in JSON one object")
  func usage() {
    let limits = [
      UsageLimit(name: "turns_at_once", limit: 2, remaining: 2, resetAfter: nil),
      UsageLimit(name: "tokens_per_month", limit: 9_000, remaining: 1, resetAfter: .seconds(86_400 * 12)),
    ]
    let usage = PlanUsage(plan: "free", lane: "batch", limits: limits)
    #expect(
      usage.lines == [
        "Plan free, lane batch.", "  turns at once: 2 of 2 left",
        "  tokens per month: 1 of 9000 left, whole again in 12 days",
      ])
    #expect(
      usage.json.text
        == #"{"event":"usage","plan":"free","lane":"batch","limits":[{"name":"turns_at_once","limit":2,"remaining":2},"#
        + #"{"name":"tokens_per_month","limit":9000,"remaining":1,"reset_after_ms":1036800000}]}"#)
    #expect(PlanUsage(plan: "", lane: "", limits: []).lines == ["No plan limits you."])
  }

  @Test(
    "times are said in the unit that a person would use",
    arguments: [
      (Duration.milliseconds(12), "12 ms"), (.seconds(1.5), "1.5 s"), (.seconds(119), "119 s"),
      (.seconds(120), "2 min"),
      (.seconds(7_200), "2 h"), (.seconds(172_800), "2 days"),
    ])
  func times(time: Duration, text: String) {
    #expect(time.forPeople == text)
  }

  @Test("a history shows calls and results of tools, and no thoughts; JSON has all of it")
  func history() {
    let call = ChatToolCall(id: "1", name: "time", arguments: "{}")
    let answer = message(.assistant, [.reasoning("hm"), .text("Wait."), .toolCall(call)])
    #expect(answer.summary == "Wait.\n[calls time] {}")
    #expect(answer.openToolCalls == [call])
    let result = message(.tool, [.toolResult(ChatToolResult(callID: "1", text: "none", isFailure: true))])
    #expect(result.summary == "> [failed] none" && result.openToolCalls.isEmpty)
    #expect(
      answer.json.text.hasSuffix(
        #""parts":[{"reasoning":"hm"},{"text":"Wait."},"#
          + #"{"tool_call_id":"1","tool_name":"time","arguments":"{}"}]}"#))
    #expect(!message(.user, [.text("hi")]).json.text.contains("parts"))
  }

  private func message(_ role: ChatMessage.Role, _ parts: [ChatPart]) -> ChatMessage {
    ChatMessage(
      sequence: 1, role: role, parts: parts, createdAtMs: 0, turnID: 1, clientMessageID: "", status: .complete,
      model: "")
  }

  @Test("results are collected until every call has one, and belong to their conversation")
  func openCalls() {
    let calls = ["1", "2"].map { ChatToolCall(id: $0, name: "t", arguments: "") }
    var open = OpenToolCalls(calls, in: "c")
    #expect(open.answer("x", in: "other") == .noneOpen)
    #expect(open.answer("a", in: "c") == .next(calls[1]))
    #expect(
      open.answer("b", in: "c")
        == .complete([ChatToolResult(callID: "1", text: "a"), ChatToolResult(callID: "2", text: "b")]))
    #expect(open.answer("c", in: "c") == .noneOpen)
  }
}
