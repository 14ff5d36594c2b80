import Testing
import WeirCore
import WeirWire

/// Forgetting a person while everybody else is served, and they themselves go on sending.
@Suite("Erasing a user") struct ErasureTests {
  private final class Outcome {
    var result: JournalResult?
  }

  @discardableResult
  private func erase(_ user: String = "ann", in world: World) -> Outcome {
    let outcome = Outcome()
    world.core.erase(user) { outcome.result = $0 }
    world.settle()
    return outcome
  }

  @Test("an erased user's devices are sent away, calls end, and nothing of the user is left anywhere")
  func gone() {
    let world = World()
    let (phone, laptop, bob) = (world.connect(), world.connect(), world.connect("bob"))
    phone.say("first", in: "a", id: "1")
    phone.say("second", in: "b", id: "2")
    bob.say("mine", in: "c")
    world.provider(0, .begins)
    world.text(0, "An answer that")
    let outcome = erase(in: world)
    #expect(outcome.result == .committed)
    #expect(world.disk.users["ann"] == nil)
    for device in [phone, laptop] {
      guard case .beingErased(let pause)? = device.closed else {
        Issue.record("closed for \(String(describing: device.closed))")
        continue
      }
      #expect(pause > 0)
    }
    #expect(Set(world.cancelled) == Set(world.requests.prefix(2).map(\.callID)))
    // What the provider still says is for nobody.
    world.text(0, " nobody hears")
    world.provider(0, .finished(reason: .complete, usage: nil))
    world.wait(.seconds(600))
    #expect(world.disk.users["ann"] == nil)
    // Others notice nothing.
    world.provider(2, .begins)
    world.text(2, "Yours")
    world.provider(2, .finished(reason: .complete, usage: nil))
    #expect(bob.text(1) == "Yours" && bob.closed == nil)
    bob.leave()
    world.wait(.seconds(3600))
    #expect(world.accounted == 0)
    #expect(world.core.metrics.sessionsLive.current == 0)
    #expect(world.core.metrics.turnsQueued.current == 0 && world.core.metrics.turnsRunning.current == 0)
    #expect(world.core.metrics.usersErased.total == 1)
  }

  @Test("nobody comes in for the user until the disk is clean; then the user is a stranger")
  func keptOut() {
    let world = World()
    let device = world.connect()
    device.say("secret", in: "a", id: "1")
    erase(in: world)
    let early = world.connect()
    #expect(early.device == nil && early.closed != nil)
    var call = DirectCall()
    call.messages = [PromptMessage(role: .user, text: "hello")]
    let caller = world.call(call)
    #expect(caller.device == nil && caller.closed != nil)
    world.core.wake(user: "ann")
    world.wait(.seconds(60))
    #expect(world.disk.users["ann"] == nil)
    #expect(world.core.metrics.sessionsLive.current == 0)
    world.core.admitAgain("ann")
    let new = world.connect()
    #expect(new.history("a").isEmpty)
    // The same id is no repetition any more: of the first sending nothing is known.
    guard case .ack(let ack)? = new.say("hello again", in: "a", id: "1") else {
      Issue.record("no acknowledgement")
      return
    }
    #expect(!ack.duplicate && ack.turnID == 1 && ack.sequence == 1)
  }

  @Test("two who erase a user at once both hear the end, and the user stays out until both are done")
  func twice() {
    let world = World()
    world.connect().say("secret", in: "a", id: "1")
    world.journalIsSlow = true
    let first = erase(in: world)
    let second = erase(in: world)
    #expect(first.result == nil && second.result == nil)
    world.journalIsSlow = false
    world.settle()
    #expect(first.result == .committed && second.result == .committed)
    world.core.admitAgain("ann")
    #expect(world.connect().closed != nil)
    world.core.admitAgain("ann")
    #expect(world.connect().closed == nil)
  }

  @Test("if the journal cannot erase, the user finds everything as after a crash")
  func failed() {
    let world = World()
    let device = world.connect()
    device.say("hello", in: "a", id: "1")
    world.provider(0, .begins)
    world.text(0, "Some of an answer")
    world.journalFault = "The disk is full."
    let outcome = erase(in: world)
    #expect(outcome.result == .failed("The disk is full."))
    world.journalFault = nil
    world.core.admitAgain("ann")
    let back = world.connect()
    let history = back.history("a")
    #expect(history.map(\.role) == [.user, .assistant] && history.last?.status == .interrupted)
    #expect(world.core.metrics.usersErased.total == 0)
  }

  @Test("a caller of the HTTP API hears why the answer ends")
  func caller() {
    let world = World()
    var call = DirectCall()
    call.messages = [PromptMessage(role: .user, text: "hello")]
    let caller = world.call(call)
    world.provider(0, .begins)
    erase(in: world)
    #expect(caller.closed == .beingErased(reconnectAfterMs: 2000))
    caller.leave()
    #expect(world.disk.users["ann"] == nil && world.cancelled == [world.requests[0].callID])
  }

  @Test(
    "whatever is under way when the erasure begins, nothing is written behind it", arguments: 0..<300 as Range<UInt64>)
  func anyMoment(seed: UInt64) {
    let world = World { $0.logRetention = .seconds(1) }
    world.seed = seed &* 7919
    func roll(_ sides: Int) -> Int { Int(world.random() % UInt64(sides)) }
    var devices = [world.connect(), world.connect()]
    var sends = 0
    for _ in 0..<(3 + roll(25)) {
      let device = devices[roll(devices.count)]
      let place = ["a", "b", "c"][roll(3)]
      switch roll(9) {
      case 0, 1:
        sends += 1
        // What is asked while the store has not answered is under way in the core.
        world.core.received(
          .init(
            requestID: 1000 + UInt64(sends),
            frame: .sendMessage(
              .init(conversationID: place, clientMessageID: "m\(roll(6))", parts: [.text("words")]))), to: device)
      case 2 where !world.requests.isEmpty: world.provider(roll(world.requests.count), .begins)
      case 3 where !world.requests.isEmpty: world.text(roll(world.requests.count), "text")
      case 4 where !world.requests.isEmpty:
        world.provider(roll(world.requests.count), .finished(reason: .complete, usage: nil))
      case 5: world.journalIsSlow.toggle()
      case 6: world.core.received(.init(frame: .deleteConversation(.init(conversationID: place))), to: device)
      case 7: world.core.received(.init(frame: .continueTurn(.init(conversationID: place))), to: device)
      case 8:
        if roll(3) == 0 { world.settle() } else { world.wait(.milliseconds(UInt64(roll(3000)))) }
      default: break
      }
      if roll(12) == 0 {
        device.leave()
        devices.removeAll { $0 === device }
        devices.append(world.connect())
      }
    }
    let outcome = Outcome()
    world.core.erase("ann") { outcome.result = $0 }
    for number in world.requests.indices where roll(2) == 0 {
      world.provider(number, .begins, .finished(reason: .complete, usage: nil))
    }
    world.journalIsSlow = false
    world.settle()
    #expect(outcome.result == .committed, "seed \(seed)")
    world.wait(.seconds(900))
    #expect(world.disk.users["ann"] == nil, "seed \(seed): \(String(describing: world.disk.users["ann"]))")
    #expect(world.accounted == 0, "seed \(seed)")
    let metrics = world.core.metrics
    #expect(metrics.sessionsLive.current == 0, "seed \(seed)")
    #expect(metrics.turnsQueued.current == 0 && metrics.turnsRunning.current == 0, "seed \(seed)")
    // And the stranger's life is a whole one.
    world.core.admitAgain("ann")
    let new = world.connect()
    new.say("anew", in: "a", id: "m1")
    let call = world.requests.count - 1
    world.provider(call, .begins)
    world.text(call, "Well met")
    world.provider(call, .finished(reason: .complete, usage: nil))
    #expect(new.history("a").map(\.text) == ["anew", "Well met"], "seed \(seed)")
    new.leave()
    world.wait(.seconds(3600))
    #expect(world.accounted == 0, "seed \(seed)")
  }
}

extension ShardCore {
  /// A frame from a device that may have been sent away.
  fileprivate func received(_ frame: ClientFrame, to device: TestDevice) {
    if let inner = device.device { received(frame, from: inner) }
  }
}
