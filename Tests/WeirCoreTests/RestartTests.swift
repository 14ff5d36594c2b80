import Testing
import WeirCore
import WeirWire

@Suite("After a crash") struct RestartTests {
  @Test("a cut answer is there with its checkpointed text, interrupted, and can be continued") func cut() {
    let world = World()
    let device = world.connect()
    device.say("hello")
    world.provider(0, .begins)
    world.text(0, "kept ")
    world.wait(.milliseconds(600))
    world.text(0, "lost")
    let next = world.restart()
    let back = next.connect()
    let history = back.history()
    #expect(history.map(\.text) == ["hello", "kept "])
    #expect(history.last?.status == .interrupted)
    #expect(history.last?.error?.code == .interrupted)
    #expect(next.disk.users["ann"]?.turns.isEmpty == true)
    back.ask(.continueTurn(.init(conversationID: "c")))
    next.provider(0, .begins)
    next.text(0, "and more")
    next.provider(0, .finished(reason: .complete, usage: nil))
    #expect(next.disk.messages("ann", "c").map(\.text) == ["hello", "kept and more"])
  }

  @Test("a cut continuation keeps the text it went on with, too") func cutContinuation() {
    let world = World()
    let device = world.connect()
    device.say("hello")
    world.provider(0, .begins)
    world.text(0, "one ")
    device.ask(.stopTurn(.init(turnID: 1)))
    device.ask(.continueTurn(.init(conversationID: "c")))
    world.provider(1, .begins)
    world.text(1, "two ")
    world.wait(.milliseconds(600))
    world.text(1, "three")
    let next = world.restart()
    let back = next.connect()
    #expect(back.history().map(\.text) == ["hello", "one two "])
  }

  @Test("turn ids and sequences go on where they were, never anew") func ids() {
    let world = World()
    let device = world.connect()
    device.say("one")
    device.say("two", in: "d")
    let next = world.restart()
    let back = next.connect()
    back.say("three")
    #expect(back.acks.map(\.turnID) == [3])
    #expect(back.acks[0].sequence > 2)
    #expect(back.history().map(\.text) == ["one", "three"])
  }

  @Test("turns that waited run after the restart, in order, whether anybody is there or not") func waiting() {
    let world = World()
    let device = world.connect()
    for number in 1...3 { device.say("question \(number)") }
    device.say("elsewhere", in: "d")
    world.provider(0, .begins)
    world.text(0, "half an ans")
    let next = world.restart()
    next.wakeWaiting()
    // The first had begun: devices have seen some of it, so it is not made anew. Each conversation's next is called for.
    #expect(next.requests.map { $0.messages.last?.text } == ["question 2", "elsewhere"])
    for index in 0..<2 {
      next.provider(index, .begins)
      next.text(index, "answer")
      next.provider(index, .finished(reason: .complete, usage: nil))
    }
    #expect(next.requests.last?.messages.last?.text == "question 3")
    next.provider(2, .begins)
    next.text(2, "answer")
    next.provider(2, .finished(reason: .complete, usage: nil))
    let texts = next.connect().history().map { "\($0.role == .user ? "" : "> ")\($0.text)" }
    #expect(texts == ["question 1", "> ", "question 2", "> answer", "question 3", "> answer"])
    #expect(next.disk.users["ann"]?.turns.isEmpty == true)
  }

  @Test("no device sees text of a turn before the store knows that it has begun") func beginning() {
    let world = World()
    let device = world.connect()
    device.say("hello")
    world.journalIsSlow = true
    world.provider(0, .begins)
    world.text(0, "first words")
    #expect(device.text(1).isEmpty)
    // A crash now makes the turn run again, and contradicts nobody.
    let next = world.restart()
    next.wakeWaiting()
    #expect(next.requests.map { $0.messages.last?.text } == ["hello"])
    world.journalIsSlow = false
    world.settle()
    #expect(device.text(1) == "first words")
  }

  @Test("a turn whose time to begin ran out while the server was down is refused, not run") func late() {
    let world = World()
    let device = world.connect()
    device.say("now or never") { $0.deadlineMs = 30_000 }
    world.pass(.seconds(31))
    let next = world.restart()
    next.wakeWaiting()
    #expect(next.requests.isEmpty)
    let answer = next.connect().history().last
    #expect(answer?.error?.code == .deadlineExceeded)
    #expect(next.disk.users["ann"]?.usage.values.map(\.outputTokens) == [0])
  }

  @Test("draining leaves turns that wait in the store") func drainWaiting() {
    let world = World()
    let device = world.connect()
    device.say("one")
    device.say("two")
    world.core.drain()
    world.settle()
    #expect(world.core.isSettled)
    #expect(world.disk.users["ann"]?.turns.count == 2)
    let next = world.restart()
    next.wakeWaiting()
    #expect(next.requests.map { $0.messages.last?.text } == ["one"])
  }

  @Test("draining ends running answers with their text, durably, and sends devices away with a hint") func drain() {
    let world = World()
    let device = world.connect()
    device.say("hello")
    world.provider(0, .begins)
    world.text(0, "so far")
    world.core.drain()
    world.settle()
    #expect(world.core.isSettled)
    #expect(device.failed.map(\.error?.code) == [.interrupted])
    #expect(world.disk.messages("ann", "c").last?.text == "so far")
    device.say("too late")
    #expect(device.errors.map(\.code) == [.shuttingDown])
    world.core.dismissDevices()
    guard case .goingAway(let hint)? = device.closed else { return #expect(Bool(false), "not sent away") }
    #expect((500..<2500).contains(hint))
  }

  @Test("an idle session leaves memory and comes back unnoticed") func eviction() {
    let world = World { $0.sessionIdle = .seconds(10) }
    let device = world.connect()
    device.say("hello", id: "m1")
    world.provider(0, .begins)
    world.text(0, "answer")
    world.provider(0, .finished(reason: .complete, usage: nil))
    device.leave()
    for _ in 0..<60 { world.wait(.seconds(1)) }
    #expect(world.core.metrics.sessionsLive.current == 0)
    #expect(world.accounted == 0)
    let back = world.connect()
    #expect(back.history().map(\.text) == ["hello", "answer"])
    back.say("hello", id: "m1")
    #expect(back.acks.map(\.duplicate) == [true])
  }
}
