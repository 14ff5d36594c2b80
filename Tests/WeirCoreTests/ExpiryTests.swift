import Testing
import WeirCore
import WeirWire

/// Conversations that their owner's plan keeps no longer.
@Suite("Retention by age") struct ExpiryTests {
  private final class Decided {
    var count = 0
  }

  /// A world in which ann has an answered conversation, and when the list has it.
  private func world(_ conversation: String = "a") -> (World, TestDevice, UInt64) {
    let world = World()
    let device = world.connect()
    device.say("hello", in: conversation, id: "1")
    world.provider(0, .begins)
    world.text(0, "Hello back")
    world.provider(0, .finished(reason: .complete, usage: nil))
    return (world, device, world.disk.users["ann"]?.conversations[conversation]?.updatedAtMs ?? 0)
  }

  private func expire(_ world: World, _ listedAtMs: UInt64, _ decided: Decided = Decided()) {
    world.core.expire("a", of: "ann", listedAtMs: listedAtMs) { decided.count += 1 }
    world.settle()
    if !world.journalIsSlow { #expect(decided.count == 1) }
  }

  @Test("a conversation of somebody who is not there goes without a session being made")
  func away() {
    let (world, device, time) = world()
    device.leave()
    world.wait(.seconds(3600))
    #expect(world.core.metrics.sessionsLive.current == 0)
    expire(world, time)
    #expect(world.disk.users["ann"]?.conversations.isEmpty == true)
    #expect(world.core.metrics.sessionsLive.current == 0)
    #expect(world.core.metrics.conversationsExpired.total == 1)
  }

  @Test("devices hear of it, and a message to it begins it anew")
  func told() {
    let (world, device, time) = world()
    let other = world.connect()
    expire(world, time)
    for device in [device, other] {
      #expect(
        device.frames.contains { frame in
          if case .conversationDeleted(let deleted)? = frame.frame { deleted.conversationID == "a" } else { false }
        })
    }
    guard case .ack(let ack)? = device.say("again", in: "a", id: "2") else {
      Issue.record("no acknowledgement")
      return
    }
    #expect(ack.sequence == 1)
    #expect(world.disk.messages("ann", "a").map(\.text) == ["again"])
  }

  @Test("what has changed, or is in use, stays")
  func stays() {
    let (world, device, time) = world()
    expire(world, time - 1)
    #expect(world.disk.messages("ann", "a").count == 2)
    device.say("more", in: "a", id: "2")
    expire(world, time)
    let now = world.disk.users["ann"]?.conversations["a"]?.updatedAtMs ?? 0
    expire(world, now)
    #expect(world.disk.messages("ann", "a").count == 3, "its turn waits")
    world.provider(1, .begins)
    world.provider(1, .finished(reason: .complete, usage: nil))
    #expect(world.disk.messages("ann", "a").count == 4)
    #expect(world.core.metrics.conversationsExpired.total == 0)
  }

  @Test("who comes while it goes waits, and sees what the store has then")
  func comesMeanwhile() {
    let (world, device, time) = world()
    device.leave()
    world.wait(.seconds(3600))
    world.journalIsSlow = true
    let decided = Decided()
    expire(world, time, decided)
    let back = world.connect()
    back.say("I am back", in: "a", id: "2")
    #expect(decided.count == 0 && back.acks.isEmpty)
    world.journalIsSlow = false
    world.settle()
    #expect(decided.count == 1 && back.acks.map(\.sequence) == [1])
    #expect(world.disk.messages("ann", "a").map(\.text) == ["I am back"])
  }

  @Test("the same for a conversation that is in memory, also if the journal fails")
  func waitsInMemory() {
    for fault in [nil, "The disk is full."] {
      let (world, device, time) = world()
      world.journalIsSlow = true
      let decided = Decided()
      expire(world, time, decided)
      device.say("meanwhile", in: "a", id: "2")
      #expect(device.acks.count == 1)
      world.journalFault = fault
      world.commit()
      world.journalFault = nil
      world.journalIsSlow = false
      world.settle()
      #expect(decided.count == 1)
      let expected = fault == nil ? ["meanwhile"] : ["hello", "Hello back", "meanwhile"]
      #expect(world.disk.messages("ann", "a").map(\.text) == expected)
      #expect(device.acks.count == 2)
    }
  }

  @Test("an erasure in between ends the wait too")
  func erasedMeanwhile() {
    for leaves in [true, false] {
      let (world, device, time) = world()
      if leaves {
        device.leave()
        world.wait(.seconds(3600))
      }
      world.journalIsSlow = true
      let decided = Decided()
      expire(world, time, decided)
      world.core.erase("ann") { _ in }
      world.core.expire("a", of: "ann", listedAtMs: time) { decided.count += 1 }
      world.journalIsSlow = false
      world.settle()
      #expect(decided.count == 2 && world.disk.users["ann"] == nil && world.core.isSettled)
      world.wait(.seconds(3600))
      #expect(world.accounted == 0)
    }
  }

  @Test("the plan of the last token is kept with the user, as soon as anything is")
  func plan() {
    let world = World()
    var paid = Access()
    paid.plan = "paid"
    let device = world.connect(access: paid)
    #expect(world.disk.users["ann"] == nil)
    device.say("hello", in: "a")
    #expect(world.disk.users["ann"]?.state.plan == "paid")
    _ = world.connect()
    #expect(world.disk.users["ann"]?.state.plan == "")
    device.leave()
    let later = world.restart()
    _ = later.connect(access: paid)
    #expect(later.disk.users["ann"]?.state.plan == "paid")
  }
}
