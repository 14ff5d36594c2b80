import Testing
import WeirCore
import WeirWire

@Suite("Calls of the HTTP API") struct DirectTests {
  private func call(_ text: String, temperature: Double? = nil) -> DirectCall {
    var call = DirectCall()
    call.messages = [PromptMessage(role: .user, text: text)]
    call.parameters.temperature = temperature
    return call
  }

  @Test("a call is answered, counted, and leaves nothing else behind") func answered() {
    let world = World()
    let caller = world.call(call("hello"))
    world.provider(0, .begins)
    world.text(0, "hi ")
    world.text(0, "there")
    world.provider(0, .finished(reason: .complete, usage: Usage(inputTokens: 5, outputTokens: 2)))
    #expect(caller.text(1) == "hi there")
    #expect(caller.finished.map(\.usage?.outputTokens) == [2])
    #expect(world.disk.users["ann"]?.usage.values.map(\.outputTokens) == [2])
    #expect(world.disk.users["ann"]?.messages.isEmpty == true)
    #expect(world.disk.users["ann"]?.turns.isEmpty == true)
    caller.leave()
    for _ in 0..<5 { world.wait(.seconds(61)) }
    #expect(world.accounted == 0)
    #expect(world.core.metrics.sessionsLive.current == 0)
  }

  @Test("a caller that hangs up ends the call") func hangUp() {
    let world = World()
    let caller = world.call(call("hello"))
    world.provider(0, .begins)
    caller.leave()
    #expect(world.cancelled == [world.requests[0].callID])
    #expect(world.disk.users["ann"]?.turns.isEmpty == true)
  }

  @Test("the user's limits hold for calls as for turns") func limits() {
    var plan = Plan(name: "free")
    plan.turnsAtOnce = 1
    let world = World(policy: Policy(plans: [plan]))
    _ = world.call(call("one"))
    let second = world.call(call("two"))
    #expect(second.errors.map(\.code) == [.rateLimited])
    #expect(world.requests.count == 1)
  }

  @Test("what the call says goes before what the model is configured for; the trace goes on") func parameters() {
    var model = ModelPolicy(name: "m")
    model.parameters.temperature = 0.7
    model.parameters.stop = ["END"]
    model.systemPrompt = "Be brief."
    let world = World(policy: Policy(models: [model]))
    var call = call("hello", temperature: 0)
    call.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    _ = world.call(call)
    #expect(world.requests[0].parameters.temperature == 0)
    #expect(world.requests[0].parameters.stop == ["END"])
    #expect(world.requests[0].messages.map(\.role) == [.system, .user])
    let trace = world.requests[0].traceparent
    #expect(trace.hasPrefix("00-0af7651916cd43dd8448eb211c80319c-") && trace.hasSuffix("-01"))
    #expect(!trace.contains("b7ad6b7169203331"))
  }

  @Test(
    "a bad trace context is not passed on",
    arguments: [
      "", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
      "00-00000000000000000000000000000000-b7ad6b7169203331-01",
      "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
      "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
    ]) func badTrace(header: String)
  {
    #expect(!TraceContext.isValid(header))
    var seed: UInt64 = 0
    let fresh = TraceContext.child(of: header) {
      seed += 1
      return seed
    }
    #expect(TraceContext.isValid(fresh))
  }

  @Test("a crash in the middle of a call counts what it may have cost, once") func crash() {
    let world = World()
    _ = world.call(call("hello"))
    world.provider(0, .begins)
    world.text(0, "hi")
    let next = world.restart()
    next.wakeWaiting()
    #expect(next.requests.isEmpty)
    #expect(next.disk.users["ann"]?.turns.isEmpty == true)
    #expect(next.disk.users["ann"]?.usage.values.map(\.failures) == [1])
    #expect((next.disk.users["ann"]?.usage.values.first?.inputTokens ?? 0) > 0)
  }

  @Test("an answer is kept for equal calls of the tenant, streamed, marked, and costs no budget") func cache() {
    var policy = Policy()
    policy.cache.isOn = true
    policy.models[0].price.outputToken = 10_000_000
    let world = World(policy: policy)
    _ = world.call(call("hello", temperature: 0))
    world.provider(0, .begins, .part(PartMark(kind: .reasoning)))
    world.text(0, "Hm.")
    world.provider(0, .part(.text))
    world.text(0, "kept")
    world.provider(0, .finished(reason: .complete, usage: Usage(inputTokens: 5, outputTokens: 2)))
    let spent = world.disk.users["ann"]?.state.dayTokens
    let second = world.call(call("hello", temperature: 0), user: "bob")
    #expect(world.requests.count == 1)
    #expect(second.text(1) == "Hm.kept")
    #expect(second.parts.map(\.mark.kind) == [.reasoning, .text])
    #expect(second.finished.map(\.cached) == [true])
    #expect(world.disk.users["bob"]?.state.dayTokens == 0)
    #expect(world.disk.users["bob"]?.usage.values.map(\.cacheHits) == [1])
    #expect(world.disk.users["bob"]?.usage.values.map(\.saved) == [20_000_000])
    #expect(world.disk.users["ann"]?.state.dayTokens == spent)
    // Another tenant, another text, a creative call, or one that wants none of it goes to the provider.
    var access = Access()
    access.tenant = "other"
    _ = world.call(call("hello", temperature: 0), access: access)
    _ = world.call(call("hello!", temperature: 0))
    _ = world.call(call("hello", temperature: 0.5))
    _ = world.call(call("hello"))
    var fresh = call("hello", temperature: 0)
    fresh.skipsCache = true
    _ = world.call(fresh)
    #expect(world.requests.count == 6)
    world.pass(.seconds(3601))
    _ = world.call(call("hello", temperature: 0))
    #expect(world.requests.count == 7, "its time is over")
  }
}
