import Testing
import WeirCore
import WeirWire

@Suite("Sending") struct SendTests {
  @Test("a message is acknowledged only after it is on disk") func durableFirst() {
    let world = World()
    let device = world.connect()
    world.journalIsSlow = true
    device.say("hello", id: "m1")
    #expect(device.acks.isEmpty)
    #expect(world.disk.users["ann"] == nil)
    world.journalIsSlow = false
    world.settle()
    #expect(device.acks.map(\.level) == [.durable])
    #expect(world.disk.messages("ann", "c").map(\.text) == ["hello"])
  }

  @Test("accepted, durable, started and done are acknowledged to whoever asks for them") func levels() {
    let world = World()
    let device = world.connect()
    device.say("hello", id: "m1", acks: [.accepted, .durable, .started, .done])
    world.provider(0, .begins)
    world.text(0, "hi")
    world.provider(0, .finished(reason: .complete, usage: nil))
    #expect(device.acks.map(\.level) == [.accepted, .durable, .started, .done])
    #expect(Set(device.acks.dropFirst().map(\.sequence)) == [1])
  }

  @Test("sending again with the same id stores nothing and brings the same acknowledgement") func again() {
    let world = World()
    let device = world.connect()
    device.say("hello", id: "m1")
    device.say("hello", id: "m1")
    #expect(device.acks.map(\.duplicate) == [false, true])
    #expect(device.acks[0].sequence == device.acks[1].sequence)
    #expect(device.acks[0].turnID == device.acks[1].turnID)
    #expect(world.disk.messages("ann", "c").count == 1)
    #expect(world.requests.count == 1)
  }

  @Test("both senders of one id under way are acknowledged once it is durable") func underWay() {
    let world = World()
    let one = world.connect()
    let two = world.connect()
    world.journalIsSlow = true
    one.say("hello", id: "m1")
    two.say("hello", id: "m1")
    world.journalIsSlow = false
    world.settle()
    #expect(one.acks.map(\.duplicate) == [false])
    #expect(two.acks.map(\.duplicate) == [true])
    #expect(world.disk.messages("ann", "c").count == 1)
  }

  @Test("an id survives a restart, and also where the message would now be refused") func acrossRestart() {
    let world = World()
    let device = world.connect()
    device.say("hello", id: "m1", revision: 0)
    let first = device.acks[0]
    let next = world.restart()
    let again = next.connect()
    again.say("hello", id: "m1", revision: 0)
    again.say("hello", id: "m1")
    #expect(again.acks.map(\.duplicate) == [true, true])
    #expect(again.acks.allSatisfy { $0.sequence == first.sequence && $0.turnID == first.turnID })
    #expect(next.disk.messages("ann", "c").filter { $0.role == .user }.count == 1)
    #expect(next.disk.users["ann"]?.list.count == 1)
  }

  @Test("a stale revision is refused with the current one") func stale() {
    let world = World()
    let device = world.connect()
    device.say("one")
    let current = device.acks[0].revision
    device.say("two", revision: current - 1)
    #expect(device.errors.map(\.code) == [.staleRevision])
    #expect(device.errors[0].revision == current)
    device.say("three", revision: current)
    #expect(world.disk.messages("ann", "c").map(\.text) == ["one", "three"])
  }

  @Test("a failed write is never acknowledged, and the next try with the same id can succeed") func notSaved() {
    let world = World()
    let device = world.connect()
    world.journalFault = "the disk is full."
    device.say("hello", id: "m1")
    #expect(device.acks.isEmpty)
    #expect(device.errors.map(\.code) == [.notSaved])
    world.journalFault = nil
    device.say("hello", id: "m1")
    #expect(device.acks.map(\.duplicate) == [false])
    #expect(world.disk.messages("ann", "c").map(\.text) == ["hello"])
  }

  @Test("what breaks a limit is refused with the limit in words") func limits() {
    let world = World { $0.maximumMessageBytes = 10 }
    let device = world.connect()
    device.say("12345678901")
    device.say("")
    device.say("x", in: "no such id!")
    device.say("x", id: String(repeating: "i", count: 65))
    #expect(device.errors.map(\.code) == [.tooLarge, .invalidArgument, .invalidArgument, .tooLarge])
    #expect(world.disk.users.isEmpty)
  }

  @Test("over the memory limit new work is refused as retryable") func memory() {
    let world = World()
    let device = world.connect()
    device.say("one")
    world.provider(0, .begins)
    world.pressure = .full
    world.text(0, "some text")
    device.say("two", in: "d")
    #expect(device.errors.map(\.code) == [.overloaded])
    #expect(device.errors[0].retryable && device.errors[0].retryAfterMs > 0)
  }

  @Test("users whose names only look the same are two users") func lookAlikes() {
    let world = World()
    let composed = world.connect("caf\u{E9}")
    let decomposed = world.connect("cafe\u{301}")
    composed.say("private")
    #expect(decomposed.frames.isEmpty)
    #expect(world.core.metrics.sessionsLive.current == 2)
  }

  @Test("other devices of the user get the message, and other users nothing") func fanOut() {
    let world = World()
    let one = world.connect()
    let two = world.connect()
    let stranger = world.connect("bob")
    two.ask(.openConversation(.init(conversationID: "c")))
    one.say("hello")
    #expect(two.added.map(\.message?.text) == ["hello"])
    #expect(one.added.isEmpty)
    #expect(stranger.frames.isEmpty)
    #expect(stranger.history().isEmpty)
  }
}
