import Testing
import WeirCore
import WeirWire

@testable import WeirUpstream

@Suite("Demo model, parts")
struct DemoPartsTests {
  private func ask(
    _ messages: [PromptMessage], _ change: (inout CallParameters) -> Void = { _ in }
  ) -> (output: AnswerOutput, action: CallAction) {
    var configuration = DemoConfiguration()
    configuration.tokensPerSecond = 0
    configuration.firstTokenDelay = .zero
    var request = UpstreamRequest(callID: 7, shard: 0, user: "u", model: "", messages: messages)
    change(&request.parameters)
    var call = DemoCall(
      endpoint: EndpointConfiguration(name: "demo", kind: .demo(configuration)), configuration: configuration,
      request: request, draw: 0, now: .zero)
    var output = AnswerOutput()
    var action = CallAction.none
    while action == .none { action = call.timerFired(now: .zero, output: &output) }
    #expect(call.answerBytes == output.text.count)
    return (output, action)
  }

  @Test("it reasons before its answer when it is told to, and hides that when told to")
  func reasoning() {
    let (output, action) = ask([.user("why [[reasoning=20]]")])
    let parts = output.parts
    #expect(parts.map(\.kind) == [.reasoning, .text])
    #expect(parts.first?.text.split(separator: " ").count == 20)
    #expect(parts.last?.text.hasPrefix("This is Weir's built-in demo model") == true)
    guard case .finish(.complete, let usage?, .over) = action else {
      Issue.record("\(action)")
      return
    }
    #expect(usage.reasoningTokens == 20 && usage.outputTokens > 20)
    let hidden = ask([.user("why [[reasoning=20]]")]) { $0.hidesReasoning = true }
    #expect(hidden.output.parts == [parts[1]] && hidden.output.marks.isEmpty)
  }

  @Test("it calls a tool when it is told to, and goes on with the result")
  func tools() {
    let question = PromptMessage.user("weather in \"Rome\" [[tool=get_weather reasoning=3]]")
    let (output, action) = ask([question])
    #expect(output.parts.map(\.kind) == [.reasoning, .toolCall])
    #expect(output.parts.last == .tool("demo_7", "get_weather", #"{"question":"weather in \"Rome\""}"#))
    guard case .finish(.toolCalls, _, .over) = action else {
      Issue.record("\(action)")
      return
    }
    let call = ToolCall(id: "demo_7", name: "get_weather", arguments: "{}")
    let answered = ask([question, .assistant("", calls: [call]), .result("demo_7", "Sunny,\n25 °C")])
    #expect(answered.output.parts.last?.text.contains("The tool said: “Sunny, 25 °C”") == true)
    guard case .finish(.complete, _, .over) = answered.action else {
      Issue.record("\(answered.action)")
      return
    }
    let later = ask([question, .assistant("", calls: [call]), .result("demo_7", "x"), .assistant("y"), .user("bye")])
    #expect(later.output.parts.last?.text.contains("“bye”") == true, "an older result is no answer")
  }

  @Test("an answer that is gone on with is not reasoned about again")
  func goesOn() {
    let whole = ask([.user("q [[reasoning=5]]")]).output.parts[1].text
    let beginning = String(whole.prefix(20))
    let rest = ask([.user("q [[reasoning=5]]"), .assistant(beginning)])
    #expect(rest.output.parts == [.text(String(whole.dropFirst(20)))])
  }

  @Test("the most tokens of a call end its answer")
  func maximumTokens() {
    let (output, action) = ask([.user("[[tokens=50]]")]) { $0.maximumTokens = 4 }
    guard case .finish(.length, let usage?, .over) = action else {
      Issue.record("\(action)")
      return
    }
    #expect(usage.outputTokens == 4 && !output.text.isEmpty)
  }
}
