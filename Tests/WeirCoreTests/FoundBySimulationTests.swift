import Testing
import WeirCore
import WeirWire

/// What the simulation of the whole server found broken, each as the few steps that lead there.
@Suite("Found by simulation") struct FoundBySimulationTests {
  private func turnsCounted(_ world: World) -> UInt64 {
    (world.disk.users["ann"]?.usage.values.map(\.turns) ?? []).reduce(0, +)
  }

  @Test("a conversation deleted while its answer's end is being saved settles the turn once") func deletedAtTheEnd() {
    let world = World()
    let device = world.connect()
    device.say("hello")
    world.provider(0, .begins)
    world.text(0, "answer")
    world.journalIsSlow = true
    world.provider(0, .finished(reason: .complete, usage: nil))
    device.ask(.deleteConversation(.init(conversationID: "c")))
    world.journalIsSlow = false
    world.settle()
    #expect(turnsCounted(world) == 1)
    #expect(world.disk.users["ann"]?.conversations.isEmpty == true)
    #expect(world.core.metrics.turnsQueued.current == 0 && world.core.metrics.turnsRunning.current == 0)
  }

  @Test("a message that is being saved does not bring back the conversation that is deleted behind it")
  func deletedWhileSaved() {
    let world = World()
    let device = world.connect()
    device.say("hello")
    world.provider(0, .begins)
    world.provider(0, .finished(reason: .complete, usage: nil))
    world.journalIsSlow = true
    device.say("one more", id: "m")
    device.ask(.deleteConversation(.init(conversationID: "c")))
    world.journalIsSlow = false
    world.settle()
    #expect(device.acks.contains { $0.clientMessageID == "m" })
    #expect(world.disk.users["ann"]?.conversations.isEmpty == true)
    #expect(world.disk.users["ann"]?.turns.isEmpty == true)
    #expect(world.requests.count == 1)
    #expect(turnsCounted(world) == 2)
  }

  @Test("who waits for a conversation together gets the same one, also if one of them finds nothing") func together() {
    let world = World()
    let device = world.connect()
    guard let inner = device.device else { return #expect(Bool(false), "refused") }
    // Both wait for the store, in this order.
    world.core.received(.init(requestID: 901, frame: .getHistory(.init(conversationID: "c"))), from: inner)
    world.core.received(
      .init(requestID: 902, frame: .sendMessage(.init(conversationID: "c", parts: [.text("one")]))), from: inner)
    world.settle()
    device.say("two")
    #expect(world.disk.messages("ann", "c").map(\.text) == ["one", "two"])
    #expect(device.acks.map(\.sequence) == [1, 3])
  }

  @Test("another answer replaces those to its own question, and no others") func replacesItsOwn() {
    let world = World()
    let device = world.connect()
    device.say("first")
    world.provider(0, .begins)
    world.text(0, "one")
    world.provider(0, .finished(reason: .complete, usage: nil))
    device.ask(.regenerateTurn(.init(conversationID: "c")))
    world.provider(1, .begins)
    world.text(1, "another")
    device.say("second")
    device.ask(.stopTurn(.init(turnID: 3)))
    world.provider(1, .finished(reason: .complete, usage: nil))
    let stored = world.disk.messages("ann", "c")
    #expect(stored.map(\.sequence) == [1, 2, 3, 4, 5])
    #expect(stored.map(\.status) == [.complete, .superseded, .complete, .complete, .stopped])
  }

  @Test("another answer that a crash cuts replaces the first one with what there is of it") func cutReplacement() {
    let world = World()
    let device = world.connect()
    device.say("first")
    world.provider(0, .begins)
    world.text(0, "one")
    world.provider(0, .finished(reason: .complete, usage: nil))
    device.ask(.regenerateTurn(.init(conversationID: "c")))
    world.provider(1, .begins)
    world.text(1, "anoth")
    world.wait(.milliseconds(600))
    let next = world.restart()
    next.wakeWaiting()
    #expect(next.disk.messages("ann", "c").map(\.status) == [.complete, .superseded, .interrupted])
  }

  @Test("after a restart a tenant's waiting turn shares its answer with no other tenant") func tenants() {
    var policy = Policy()
    policy.cache.isOn = true
    policy.cache.includesCreative = true
    let world = World(policy: policy)
    var access = Access()
    access.tenant = "acme"
    let device = world.connect(access: access)
    device.say("what is it?")
    #expect(world.requests.first?.cacheKey.isEmpty == false)
    let next = world.restart()
    next.wakeWaiting()
    #expect(next.requests.map(\.cacheKey) == [[]])
  }

  @Test("where nothing can be saved, no text is shown that may be made anew, and nothing is done") func notSaved() {
    let world = World()
    let device = world.connect()
    device.say("hello", id: "m", acks: [.done])
    world.journalIsSlow = true
    world.provider(0, .begins)
    world.text(0, "answer")
    world.provider(0, .finished(reason: .complete, usage: nil))
    world.journalFault = "The disk is full."
    world.journalIsSlow = false
    world.settle()
    #expect(device.text(1).isEmpty)
    #expect(device.failed.map(\.error?.code) == [.notSaved])
    #expect(!device.acks.contains { $0.level == .done })
  }

  @Test("a clock that is set back by a day locks nobody out for that day") func clockSetBack() {
    var plan = Plan(name: "small")
    plan.turnsPerMinute = 60
    plan.turnBurst = 2
    var limits = UserLimits()
    let noon: UInt64 = 1_794_744_000_000
    #expect(limits.admit(tokens: 1, plan: plan, nowMs: noon) == nil)
    let before = noon - 86_400_000
    #expect(limits.admit(tokens: 1, plan: plan, nowMs: before)?.retryAfterMs == 1000)
    #expect(limits.admit(tokens: 1, plan: plan, nowMs: before + 1000) == nil)
  }

  @Test("an answer that ends before it begins gives the text it goes on with to who comes back")
  func endedBeforeItBegan() {
    let world = World()
    let device = world.connect()
    device.say("hello")
    world.provider(0, .begins)
    world.text(0, "so far")
    device.ask(.stopTurn(.init(turnID: 1)))
    device.ask(.continueTurn(.init(conversationID: "c")))
    let back = world.connect()
    back.ask(.subscribeTurn(.init(turnID: 2)))
    device.ask(.stopTurn(.init(turnID: 2)))
    #expect(back.text(2) == "so far")
    #expect(back.finished.map(\.turnID) == [2])
  }
}
