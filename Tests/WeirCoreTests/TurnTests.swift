import Testing
import WeirCore
import WeirWire

@Suite("Turns") struct TurnTests {
  /// A world in which a question has been asked and its answer has begun.
  private func running(_ configure: (inout ShardSettings) -> Void = { _ in }) -> (World, TestDevice) {
    let world = World(configure)
    let device = world.connect()
    device.say("hello", id: "m1")
    world.provider(0, .begins)
    return (world, device)
  }

  @Test("an answer reaches the device whole, and its end comes after its last byte is durable") func whole() {
    let (world, device) = running()
    world.text(0, "Hi ")
    world.text(0, "there")
    world.provider(0, .finished(reason: .complete, usage: Usage(inputTokens: 3, outputTokens: 2)))
    #expect(device.text(1) == "Hi there")
    #expect(device.gaps.isEmpty)
    #expect(device.finished.map(\.length) == [8])
    #expect(device.finished[0].usage?.outputTokens == 2)
    #expect(world.disk.messages("ann", "c").map(\.text) == ["hello", "Hi there"])
    #expect(world.disk.users["ann"]?.turns.isEmpty == true)
  }

  @Test("calls of two shards never share an id: they meet in one upstream thread") func callIDs() {
    let worlds = [World(shard: 0), World(shard: 1), World(shard: 7)]
    for world in worlds {
      let device = world.connect()
      for conversation in ["a", "b", "c"] { device.say("hello", in: conversation) }
    }
    #expect(Set(worlds.flatMap { $0.requests.map(\.callID) }).count == 9)
    worlds[1].provider(0, .begins)
    worlds[1].text(0, "hers")
    // An event of another shard's call means nothing here.
    let stray = UpstreamEvent(callID: worlds[1].requests[0].callID, kind: .finished(reason: .complete, usage: nil))
    worlds[0].core.upstreamDelivered(UpstreamBatch(of: stray))
    worlds[0].settle()
    #expect(worlds[0].disk.users["ann"]?.turns.count == 3)
  }

  @Test("the prompt holds the conversation so far, and not what was asked later") func prompts() {
    let (world, device) = running()
    device.say("second")
    #expect(world.requests.count == 1)
    world.text(0, "first answer")
    world.provider(0, .finished(reason: .complete, usage: nil))
    #expect(world.requests.count == 2)
    #expect(world.requests[0].messages.map(\.text) == ["hello"])
    #expect(world.requests[1].messages.map(\.text) == ["hello", "first answer", "second"])
  }

  @Test("messages sent at once are answered one after another, in order") func queue() {
    let world = World()
    let device = world.connect()
    for index in 0..<5 { device.say("q\(index)") }
    for index in 0..<5 {
      #expect(world.requests.count == index + 1)
      world.provider(index, .begins)
      world.text(index, "a\(index)")
      world.provider(index, .finished(reason: .complete, usage: nil))
    }
    let texts = world.disk.messages("ann", "c").map(\.text)
    #expect(texts == (0..<5).flatMap { ["q\($0)", "a\($0)"] })
  }

  @Test("interrupt stops the running answer, keeps its text, then answers") func interrupt() {
    let (world, device) = running()
    world.text(0, "half")
    device.say("no, this", onConflict: .interrupt)
    #expect(world.cancelled == [world.requests[0].callID])
    #expect(device.finished.map(\.reason) == [.stopped])
    #expect(world.requests.count == 2)
    #expect(world.requests[1].messages.map(\.text) == ["hello", "half", "no, this"])
  }

  @Test("reject refuses while an answer runs, and only then") func reject() {
    let (world, device) = running()
    device.say("x", onConflict: .reject)
    #expect(device.errors.map(\.code) == [.turnRunning])
    world.provider(0, .finished(reason: .complete, usage: nil))
    device.say("x", onConflict: .reject)
    #expect(device.errors.count == 1)
  }

  @Test("two devices that send at once get one order, the same for both") func arbitration() {
    let world = World()
    let one = world.connect()
    let two = world.connect()
    two.ask(.openConversation(.init(conversationID: "c")))
    one.ask(.openConversation(.init(conversationID: "c")))
    world.journalIsSlow = true
    one.say("from one")
    two.say("from two")
    world.journalIsSlow = false
    world.settle()
    #expect(world.disk.messages("ann", "c").map(\.text) == ["from one", "from two"])
    #expect(one.added.map(\.message?.text) == ["from two"])
    #expect(two.added.map(\.message?.text) == ["from one"])
  }

  @Test("a stop from another device keeps the partial, tells both, and late text changes nothing") func stop() {
    let (world, device) = running()
    let other = world.connect()
    other.ask(.openConversation(.init(conversationID: "c")))
    world.text(0, "partial")
    other.ask(.stopTurn(.init(turnID: 1)))
    world.text(0, " and more")
    #expect(world.cancelled.count == 1)
    #expect(device.finished.map(\.reason) == [.stopped])
    #expect(other.finished.map(\.reason) == [.stopped])
    let answer = world.disk.messages("ann", "c").last
    #expect(answer?.text == "partial")
    #expect(answer?.status == .stopped)
    #expect(device.text(1) == "partial")
  }

  @Test("stopping a waiting turn takes it out of the queue") func stopWaiting() {
    let (world, device) = running()
    device.say("second")
    device.ask(.stopTurn(.init(turnID: 2)))
    world.provider(0, .finished(reason: .complete, usage: nil))
    #expect(world.requests.count == 1)
    #expect(device.ask(.stopTurn(.init(turnID: 2))) != nil)
    #expect(device.errors.map(\.code) == [.notFound])
  }

  @Test("a provider's failure in mid-answer keeps the text, says so, and can be continued") func failure() {
    let (world, device) = running()
    world.text(0, "The first half")
    world.provider(0, .failed(WeirError(code: .upstreamFailed, message: "cut", retryable: true)))
    #expect(device.failed.map(\.partialKept) == [true])
    #expect(device.history().last?.status == .interrupted)
    device.ask(.continueTurn(.init(conversationID: "c", turnID: 1)))
    #expect(world.requests[1].messages.last == PromptMessage(role: .assistant, text: "The first half"))
    world.provider(1, .begins)
    world.text(1, " and the second.")
    world.provider(1, .finished(reason: .complete, usage: nil))
    let messages = world.disk.messages("ann", "c")
    #expect(messages.map(\.text) == ["hello", "The first half and the second."])
    #expect(messages.last?.status == .complete)
    #expect(device.started.last?.offset == 14)
    #expect(device.text(2) == " and the second.")
    #expect(device.gaps.isEmpty)
  }

  @Test("regenerate brings a new answer and keeps the old one as superseded") func regenerate() {
    let (world, device) = running()
    world.text(0, "first")
    world.provider(0, .finished(reason: .complete, usage: nil))
    device.ask(.regenerateTurn(.init(conversationID: "c")))
    #expect(world.requests[1].messages.map(\.text) == ["hello"])
    world.provider(1, .begins)
    world.text(1, "second")
    world.provider(1, .finished(reason: .complete, usage: nil))
    let messages = world.disk.messages("ann", "c")
    #expect(messages.map(\.text) == ["hello", "first", "second"])
    #expect(messages.map(\.status) == [.complete, .superseded, .complete])
    device.say("next")
    #expect(world.requests[2].messages.map(\.text) == ["hello", "second", "next"])
  }

  @Test("a regeneration that brings nothing leaves the old answer alone") func emptyRegeneration() {
    let (world, device) = running()
    world.text(0, "first")
    world.provider(0, .finished(reason: .complete, usage: nil))
    device.ask(.regenerateTurn(.init(conversationID: "c")))
    world.provider(1, .failed(WeirError(code: .upstreamFailed, message: "down", retryable: true)))
    #expect(world.disk.messages("ann", "c").map(\.status) == [.complete, .complete])
    #expect(device.failed.map(\.partialKept) == [false])
  }

  @Test("what a whole answer is cannot be continued, and an unknown conversation is said to be unknown") func nothing()
  {
    let (world, device) = running()
    world.text(0, "whole")
    world.provider(0, .finished(reason: .complete, usage: nil))
    device.ask(.continueTurn(.init(conversationID: "c")))
    device.ask(.continueTurn(.init(conversationID: "nowhere")))
    device.ask(.regenerateTurn(.init(conversationID: "nowhere")))
    #expect(device.errors.map(\.code) == [.notFound, .notFound, .notFound])
    #expect(world.disk.users["ann"]?.conversations.count == 1)
  }

  @Test("cancel: an answer nobody listens to is stopped and its text kept") func cancelPolicy() {
    let (world, device) = running { $0.listenerPolicy = .cancel }
    world.text(0, "so far")
    device.leave()
    world.wait(.milliseconds(600))
    #expect(world.cancelled.count == 1)
    #expect(world.disk.messages("ann", "c").last?.text == "so far")
    #expect(world.disk.messages("ann", "c").last?.error?.code == .abandoned)
  }

  @Test("keep for a time: whoever comes back in time still gets the answer") func keepForPolicy() {
    let (world, device) = running { $0.listenerPolicy = .keepFor(.seconds(5)) }
    device.leave()
    world.wait(.seconds(4))
    #expect(world.cancelled.isEmpty)
    let back = world.connect()
    back.ask(.subscribeTurn(.init(turnID: 1)))
    world.wait(.seconds(4))
    #expect(world.cancelled.isEmpty)
    back.leave()
    world.wait(.seconds(6))
    #expect(world.cancelled.count == 1)
  }

  @Test("keep: the answer runs to its end and is found later") func keepPolicy() {
    let (world, device) = running()
    device.leave()
    world.wait(.seconds(20))
    world.text(0, "complete")
    world.provider(0, .finished(reason: .complete, usage: nil))
    let back = world.connect()
    #expect(back.history().map(\.text) == ["hello", "complete"])
  }

  @Test("deleting a conversation ends its turns and leaves nothing behind") func deletion() {
    let (world, device) = running()
    world.text(0, "text")
    world.wait(.milliseconds(600))
    device.say("waits")
    device.ask(.deleteConversation(.init(conversationID: "c")))
    #expect(world.cancelled.count == 1)
    world.text(0, "late")
    world.wait(.milliseconds(600))
    let user = world.disk.users["ann"]
    #expect(user?.conversations.isEmpty == true)
    #expect(user?.messages["c"] == nil)
    #expect(user?.turns.isEmpty == true)
    #expect(user?.list.isEmpty == true)
    #expect(device.history().isEmpty)
    device.say("again")
    #expect(world.disk.messages("ann", "c").map(\.text) == ["again"])
  }
}
