import Testing
import WeirCore
import WeirWire

/// What is done for every session twice a second.
@Suite("Housekeeping") struct HousekeepingTests {
  @Test("running answers are checkpointed a few at a time, and each at least once in a round")
  func spread() {
    let world = World()
    let users = (0..<64).map { "user\($0)" }
    for user in users { world.connect(user).say("hello") }
    for index in users.indices { world.provider(index, .begins) }
    world.wait(.seconds(1))
    var batch = UpstreamBatch()
    for (user, request) in zip(users, world.requests) {
      batch.append(text: "some text of \(user)".utf8, to: request.callID)
    }
    world.core.upstreamDelivered(batch)
    let checkpoints = world.core.metrics.checkpoints
    let start = world.now
    var most = 0
    while world.now < start + .milliseconds(540) {
      let before = checkpoints.total
      world.wait(.milliseconds(1))
      most = max(most, Int(checkpoints.total - before))
    }
    #expect((1...8).contains(most), "so many at once: \(most)")
    for user in users {
      #expect(world.disk.users[user]?.text.values.first == Array("some text of \(user)".utf8), "\(user)")
    }
  }

  @Test("who has gone is let go of, who comes meanwhile is looked after, and a shard without anybody sleeps")
  func comingAndGoing() {
    let world = World { $0.sessionIdle = .seconds(2) }
    let devices = (0..<40).map { world.connect("user\($0)") }
    for device in devices.prefix(30) { device.leave() }
    world.wait(.seconds(3))
    #expect(world.core.metrics.sessionsLive.current == 10)
    let late = world.connect("late")
    late.say("hello")
    world.provider(0, .begins)
    world.text(0, "kept")
    world.wait(.milliseconds(600))
    #expect(world.disk.users["late"]?.text.values.first == Array("kept".utf8))
    world.provider(0, .finished(reason: .complete, usage: nil))
    for device in devices.suffix(10) + [late] { device.leave() }
    world.wait(.seconds(60))
    #expect(world.core.metrics.sessionsLive.current == 0)
    #expect(!world.isAwaited, "nothing is left to be done, and nobody asks to be woken for it")
  }
}
