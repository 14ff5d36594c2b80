import Testing
import WeirCore
import WeirWire

@Suite("Parts of an answer") struct PartTests {
  private func reasoningAndTool(_ world: World, _ index: Int) {
    world.provider(index, .begins, .part(PartMark(kind: .reasoning)))
    world.text(index, "Let me sée. ")
    world.provider(index, .signature("proof"), .part(.text))
    world.text(index, "One moment.")
    world.provider(index, .part(PartMark(kind: .toolCall, toolCallID: "t1", toolName: "weather")))
    world.text(index, "{\"city\":")
    world.text(index, "\"Rome\"}")
    world.provider(index, .finished(reason: .toolCalls, usage: nil))
  }

  private let whole = "Let me sée. One moment.{\"city\":\"Rome\"}"

  @Test("reasoning and calls of tools are streamed as their own parts, stored, and resumed like text") func parts() {
    let world = World()
    let device = world.connect()
    device.say("weather?")
    reasoningAndTool(world, 0)
    #expect(device.text(1) == whole)
    #expect(device.parts.map(\.mark.kind) == [.reasoning, .text, .toolCall, .toolCall])
    #expect(device.parts[2].mark.toolName == "weather")
    #expect(device.parts[3].mark.toolName.isEmpty, "only where the call begins")
    #expect(device.finished.map(\.length) == [UInt64(whole.utf8.count)])
    let answer = device.history().last
    #expect(
      answer?.parts == [
        Part(part: .reasoning(.init(text: "Let me sée. ", signature: "proof"))), .text("One moment."),
        Part(part: .toolCall(.init(id: "t1", name: "weather", arguments: "{\"city\":\"Rome\"}"))),
      ])
    let second = world.connect()
    second.ask(.subscribeTurn(.init(turnID: 1, offset: 13)))
    #expect(second.text(1) == String(decoding: Array(whole.utf8).dropFirst(13), as: UTF8.self))
  }

  @Test("a device that resumes anywhere is sent deltas that never cross two parts", arguments: 0..<38) func anywhere(
    offset: Int
  ) {
    let world = World { $0.maximumDeltaBytes = 5 }
    let device = world.connect()
    device.say("weather?")
    reasoningAndTool(world, 0)
    let second = world.connect()
    second.ask(.subscribeTurn(.init(turnID: 1, offset: UInt64(offset))))
    world.settle()
    var place = UTF8Cut.floor(in: Array(whole.utf8), offset: offset)
    for delta in second.parts {
      let kind: PartKind = place < 13 ? .reasoning : place < 24 ? .text : .toolCall
      #expect(delta.mark.kind == kind, "at \(place)")
      place += delta.text.utf8.count
    }
    #expect(place == whole.utf8.count)
  }

  @Test("the result of a tool goes to the model with its call, and the turn goes on") func results() {
    let world = World()
    let device = world.connect()
    device.say("weather?") { $0.toolsJSON = "[{\"type\":\"function\"}]" }
    #expect(world.requests[0].parameters.toolsJSON == "[{\"type\":\"function\"}]")
    reasoningAndTool(world, 0)
    let result = Part(part: .toolResult(.init(toolCallID: "t1", text: "sunny")))
    device.say("") { $0.parts = [result] }
    #expect(device.errors.isEmpty)
    let prompt = world.requests[1].messages
    #expect(prompt.map(\.role) == [.user, .assistant, .tool])
    #expect(prompt[1].toolCalls.map(\.name) == ["weather"])
    #expect(prompt[1].reasoning.map(\.signature) == ["proof"])
    #expect(prompt[2].toolCallID == "t1" && prompt[2].text == "sunny")
    #expect(world.requests[1].parameters.toolsJSON == "[{\"type\":\"function\"}]", "tools hold until others come")
  }

  @Test("a call that nobody answered does not go to the model again; a result of no call is refused") func orphans() {
    let world = World()
    let device = world.connect()
    device.say("weather?")
    reasoningAndTool(world, 0)
    device.say("") { $0.parts = [Part(part: .toolResult(.init(toolCallID: "t9", text: "?")))] }
    #expect(device.errors.map(\.code) == [.invalidArgument])
    device.say("never mind")
    #expect(world.requests[1].messages.map(\.role) == [.user, .assistant, .user])
    #expect(world.requests[1].messages[1].toolCalls.isEmpty)
  }

  @Test(
    "tools that are no JSON array do not get into the request",
    arguments: [
      "{}", "[", "[1]]", "[],\"model\":\"other\"", "[\u{1}]", "nonsense",
    ]) func badTools(tools: String)
  {
    let world = World()
    let device = world.connect()
    device.say("hi") { $0.toolsJSON = tools }
    #expect(device.errors.map(\.code) == [.invalidArgument])
  }

  @Test("a crash keeps the parts that had been checkpointed, and going on keeps them too") func crash() {
    let world = World()
    let device = world.connect()
    device.say("weather?")
    world.provider(0, .begins, .part(PartMark(kind: .reasoning)))
    world.text(0, "Hm. ")
    world.wait(.milliseconds(600))
    world.provider(0, .part(.text))
    world.text(0, "It is")
    world.wait(.milliseconds(600))
    let next = world.restart()
    let back = next.connect()
    #expect(back.history().last?.parts == [Part(part: .reasoning(.init(text: "Hm. "))), .text("It is")])
    back.ask(.continueTurn(.init(conversationID: "c")))
    #expect(next.requests[0].messages.last?.text == "It is")
    next.provider(0, .begins)
    next.text(0, " sunny.")
    next.provider(0, .finished(reason: .complete, usage: nil))
    #expect(back.history().last?.parts == [Part(part: .reasoning(.init(text: "Hm. "))), .text("It is sunny.")])
  }

  @Test("a call of a tool without arguments has a place of its own") func noArguments() {
    let world = World()
    let device = world.connect()
    device.say("do both")
    world.provider(0, .begins, .part(PartMark(kind: .toolCall, toolCallID: "a", toolName: "one")))
    world.provider(0, .part(PartMark(kind: .toolCall, toolCallID: "b", toolName: "two")))
    world.provider(0, .finished(reason: .toolCalls, usage: nil))
    #expect(device.history().last?.toolCalls.map(\.name) == ["one", "two"])
    #expect(device.history().last?.toolCalls.map(\.arguments) == ["{}", "{}"])
    #expect(device.parts.map(\.mark.toolName) == ["one", "two"])
    device.leave()
    for _ in 0..<5 { world.wait(.seconds(61)) }
    #expect(world.accounted == 0)
  }

  @Test("where another endpoint goes on, devices see the seam") func seam() {
    let world = World()
    let device = world.connect()
    device.say("hi")
    world.provider(0, .begins)
    world.text(0, "first half, ")
    let reason = WeirError(code: .upstreamFailed, message: "broke off", retryable: true)
    world.provider(0, .seam(reason: reason, from: "one", to: "two"))
    world.text(0, "second half")
    world.provider(0, .finished(reason: .complete, usage: nil))
    let seams = device.frames.compactMap { if case .turnSeam(let seam)? = $0.frame { seam } else { nil } }
    #expect(seams.map(\.offset) == [12])
    #expect(seams.map(\.toEndpoint) == ["two"])
    #expect(device.history().last?.text == "first half, second half")
  }
}
