import Testing
import WeirCore
import WeirWire

@Suite("Limits and budgets") struct LimitTests {
  private func policy(_ adjust: (inout Plan) -> Void) -> Policy {
    var plan = Plan(name: "free")
    adjust(&plan)
    return Policy(plans: [plan])
  }

  /// What one turn of a short message holds: the answer's 1,024 tokens and the prompt.
  private let held: UInt64 = 1024 + 4 + 8

  @Test("fifty turns at once on a budget for five admit exactly five, and the refusals say what is left and when")
  func fiftyForFive() {
    let world = World(policy: policy { $0.tokensPerDay = 5 * 1034 + 4 })
    let device = world.connect()
    for number in 0..<50 { device.say("hi", in: "c\(number)") }
    #expect(world.requests.count == 5)
    #expect(device.errors.count == 45)
    #expect(device.errors.allSatisfy { $0.code == .budgetExceeded && $0.retryable && $0.retryAfterMs > 0 })
    let limit = device.errors[0].limit
    #expect(limit?.name == "tokens_per_day")
    let day: UInt64 = 5 * 1034 + 4
    #expect(limit?.limit == day)
    #expect((limit?.remaining ?? 99) < 1034)
  }

  @Test("what is held is given back when the turn has cost less, and a settled turn costs what the provider says")
  func settling() {
    let world = World(policy: policy { $0.tokensPerDay = 2000 })
    let device = world.connect()
    device.say("hi", in: "a")
    device.say("hi", in: "b")
    #expect(device.errors.map(\.code) == [.budgetExceeded])
    world.provider(0, .begins)
    world.provider(0, .finished(reason: .complete, usage: Usage(inputTokens: 7, outputTokens: 3)))
    device.say("hi", in: "b")
    #expect(device.errors.count == 1)
    #expect(world.disk.users["ann"]?.state.dayTokens == 10)
    guard case .usageReport(let report)? = device.ask(.getUsage(.init())) else { return #expect(Bool(false)) }
    #expect(report.limits.map(\.name) == ["tokens_per_day"])
    #expect(report.limits.allSatisfy { $0.remaining < 2000 - 10 - 1000 && $0.resetAfterMs > 0 })
    #expect(report.plan == "free")
    #expect(report.lane == "interactive")
  }

  @Test("who stops early, deletes the conversation or hangs up pays for what came all the same", arguments: 0..<3)
  func stopping(way: Int) {
    let world = World(policy: policy { $0.tokensPerDay = 100_000 })
    let device = world.connect()
    if way == 2 {
      var call = DirectCall()
      call.messages = [PromptMessage(role: .user, text: "a long story please")]
      let caller = world.call(call)
      world.provider(0, .begins)
      world.text(0, String(repeating: "word ", count: 300))
      caller.leave()
    } else {
      device.say("a long story please")
      world.provider(0, .begins)
      world.text(0, String(repeating: "word ", count: 300))
      if way == 0 { device.ask(.stopTurn(.init(turnID: 1))) }
      if way == 1 { device.ask(.deleteConversation(.init(conversationID: "c"))) }
    }
    world.settle()
    let spent = world.disk.users["ann"]?.state.dayTokens ?? 0
    #expect(spent >= 500, "1,500 bytes are 500 tokens by the estimate")
    #expect(spent < 600)
    #expect(world.disk.users["ann"]?.usage.values.map(\.turns) == [1])
  }

  @Test("a turn that no provider answered costs nothing") func failing() {
    let world = World(policy: policy { $0.tokensPerDay = 2000 })
    let device = world.connect()
    for _ in 0..<10 {
      device.say("hi")
      world.provider(world.requests.count - 1, .begins)
      world.provider(
        world.requests.count - 1, .failed(WeirError(code: .upstreamFailed, message: "down", retryable: true)))
    }
    #expect(device.errors.isEmpty)
    #expect(world.disk.users["ann"]?.state.dayTokens == 0)
    #expect(world.disk.users["ann"]?.usage.values.map(\.failures) == [10])
  }

  @Test("a restart resets no budget, and frees nothing that running turns hold") func restarting() {
    let world = World(policy: policy { $0.tokensPerDay = 2000 })
    let device = world.connect()
    device.say("hi", in: "a")
    let next = world.restart()
    let back = next.connect()
    back.say("hi", in: "b")
    #expect(back.errors.map(\.code) == [.budgetExceeded], "the turn that waits again holds its tokens")
    next.provider(0, .begins)
    next.provider(0, .finished(reason: .complete, usage: Usage(inputTokens: 900, outputTokens: 900)))
    let last = next.restart()
    let third = last.connect()
    third.say("hi", in: "b")
    #expect(third.errors.map(\.code) == [.budgetExceeded])
    #expect(last.requests.isEmpty)
  }

  @Test("a new day and a new month bring new tokens") func calendar() {
    let world = World(
      policy: policy {
        $0.tokensPerDay = 2000
        $0.tokensPerMonth = 4800
      })
    let device = world.connect()
    func spend() -> Bool {
      let before = device.errors.count
      device.say("hi", in: "c\(world.requests.count)")
      if device.errors.count > before { return false }
      world.provider(world.requests.count - 1, .begins)
      world.provider(
        world.requests.count - 1, .finished(reason: .complete, usage: Usage(inputTokens: 1000, outputTokens: 900)))
      return true
    }
    // The test's clock starts on 14 November 2023, 22:13 UTC.
    #expect(spend())
    #expect(!spend())
    world.pass(.seconds(2 * 3600))
    #expect(spend())
    world.pass(.seconds(24 * 3600))
    #expect(!spend(), "3,800 of the month's 4,800 are spent; a turn may need more than the 1,000 left")
    world.pass(.seconds(15 * 24 * 3600))
    #expect(spend())
  }

  @Test("turns per minute leak: a burst, then one at a time; a restart gives no new burst") func perMinute() {
    let world = World(
      policy: policy {
        $0.turnsPerMinute = 6
        $0.turnBurst = 3
      })
    let device = world.connect()
    for number in 0..<5 { device.say("hi", in: "c\(number)") }
    #expect(device.acks.count == 3)
    #expect(device.errors.map(\.limit?.name) == ["turns_per_minute", "turns_per_minute"])
    #expect((9000...10_000).contains(device.errors[0].retryAfterMs))
    world.wait(.milliseconds(UInt64(device.errors[1].retryAfterMs)))
    device.say("hi", in: "d1")
    #expect(device.acks.count == 4)
    let next = world.restart()
    let back = next.connect()
    back.say("hi", in: "d2")
    #expect(back.errors.map(\.code) == [.rateLimited])
    #expect(next.requests.count == 4)
  }

  @Test("turns at once are counted while they wait or run") func atOnce() {
    let world = World(policy: policy { $0.turnsAtOnce = 2 })
    let device = world.connect()
    for number in 0..<3 { device.say("hi", in: "c\(number)") }
    #expect(device.errors.map(\.limit?.name) == ["turns_at_once"])
    world.provider(0, .begins)
    world.provider(0, .finished(reason: .complete, usage: nil))
    device.say("hi", in: "c2")
    #expect(device.errors.count == 1)
  }

  @Test("a message that was sent twice is counted once") func twice() {
    let world = World(policy: policy { $0.turnsAtOnce = 1 })
    let device = world.connect()
    device.say("hi", id: "m1")
    device.say("hi", id: "m1")
    #expect(device.errors.isEmpty)
    #expect(device.acks.map(\.duplicate) == [false, true])
    // Across a restart only the journal knows.
    let next = world.restart()
    let back = next.connect()
    next.provider(0, .begins)
    next.provider(0, .finished(reason: .complete, usage: nil))
    back.say("hi", id: "m1")
    back.say("new", id: "m2")
    #expect(back.errors.isEmpty)
  }

  @Test("the lane is the token's best, or a lower one that was asked for, and never a better one") func lanes() {
    var paid = Plan(name: "paid")
    paid.lane = "interactive-premium"
    let world = World(policy: Policy(plans: [Plan(name: "free"), paid]))
    let free = world.connect("ann")
    free.say("hi", in: "a")
    free.say("hi", in: "b") { $0.lane = "batch" }
    free.say("hi", in: "c") { $0.lane = "interactive-premium" }
    free.say("hi", in: "d") { $0.lane = "express" }
    #expect(world.requests.map(\.lane) == [1, 2])
    #expect(free.errors.map(\.code) == [.permissionDenied, .invalidArgument])
    var access = Access()
    access.plan = "paid"
    world.connect("bob", access: access).say("hi")
    #expect(world.requests.map(\.lane) == [1, 2, 0])
    access.lane = "batch"
    world.connect("eve", access: access).say("hi")
    #expect(world.requests.last?.lane == 2, "the token's lane goes before the plan's")
  }

  @Test("a plan's models are all it may use, and the first of them is its default") func models() {
    var plan = Plan(name: "free")
    plan.models = ["small"]
    let world = World(policy: Policy(models: [ModelPolicy(name: "large"), ModelPolicy(name: "small")], plans: [plan]))
    let device = world.connect()
    device.say("hi", in: "a")
    device.say("hi", in: "b") { $0.model = "large" }
    #expect(world.requests.map(\.model) == ["small"])
    #expect(device.errors.map(\.code) == [.permissionDenied])
  }

  @Test("a new policy holds from the next turn on, and nobody is dropped") func reloading() {
    let world = World(policy: policy { $0.turnsAtOnce = 1 })
    let device = world.connect()
    device.say("hi", in: "a")
    device.say("hi", in: "b")
    world.core.adopt(policy { $0.turnsAtOnce = 2 })
    device.say("hi", in: "b")
    #expect(device.errors.count == 1)
    #expect(world.requests.count == 2)
    #expect(device.closed == nil)
  }

  @Test("a waiting turn that nobody listens to leaves the queue after the lane's time; batch stays") func unheard() {
    let world = World()
    let device = world.connect()
    device.say("hi", in: "a")
    device.say("hi", in: "b") { $0.lane = "batch" }
    device.leave()
    world.wait(.seconds(121))
    #expect(world.cancelled == [world.requests[0].callID])
    #expect(world.disk.messages("ann", "a").last?.error?.code == .abandoned)
    #expect(world.disk.users["ann"]?.state.dayTokens == 0, "leaving the queue costs nothing")
  }

  @Test(
    "dates are those of the calendar", arguments: [("1970-01-01", 0), ("2000-02-29", 11_016), ("2026-11-21", 20_778)])
  func dates(text: String, day: Int) {
    #expect(UTCDate.day(text: text) == UInt32(day))
    #expect(UTCDate.text(day: UInt32(day)) == text)
  }

  @Test("what is no date is none", arguments: ["2026-02-29", "2026-13-01", "26-01-01", "2026-1-1", "", "2026-01-00"])
  func badDates(text: String) { #expect(UTCDate.day(text: text) == nil) }
}
