import Testing
import WeirClient

@testable import weir

@Suite("The course of a raw run")
struct RawPlanTests {
  private struct Fixed: RandomNumberGenerator {
    mutating func next() -> UInt64 { .max }
  }

  private func lose(
    _ plan: inout RawPlan, _ kind: ConnectionLoss.Kind = .network, clean: Bool = false
  ) -> [RawPlan.Effect] {
    var random = Fixed()
    let error = WeirClientError(code: .connectionLost, message: "Lost.")
    return plan.lost(ConnectionLoss(kind: kind, error: error), isClean: clean, random: &random)
  }

  @Test("a pipe is read line by line, and its end waits for answers before it closes and leaves with 0")
  func pipe() {
    var plan = RawPlan(settings: .init())
    #expect(plan.begin() == [.connect(after: .zero)])
    #expect(plan.opened() == [.read])
    #expect(plan.tookLine() == [.read])
    #expect(plan.inputEnded() == [.wait(.seconds(2))])
    #expect(plan.waited() == [.close])
    #expect(lose(&plan, .closed(code: 1000), clean: true) == [.leave(.success)])
  }

  @Test("the lines of -x are sent once, and stdin is not read")
  func execute() {
    var plan = RawPlan(settings: .init(execute: ["a", "b"], wait: .seconds(1), reconnects: true))
    #expect(plan.opened() == [.execute(["a", "b"]), .wait(.seconds(1))])
    #expect(lose(&plan).contains { if case .connect = $0 { true } else { false } })
    plan.attempting()
    #expect(plan.opened().isEmpty)
  }

  @Test("waiting for ever means until the server closes")
  func forever() {
    var plan = RawPlan(settings: .init(wait: nil))
    _ = plan.opened()
    #expect(plan.inputEnded().isEmpty)
    #expect(lose(&plan, .closed(code: 1000), clean: true) == [.leave(.success)])
  }

  @Test("Ctrl-D at a terminal closes at once")
  func terminal() {
    var plan = RawPlan(settings: .init(isTerminal: true))
    _ = plan.opened()
    #expect(plan.inputEnded() == [.close])
  }

  @Test("the last wanted message closes, and no more are shown")
  func maximum() {
    var plan = RawPlan(settings: .init(maximumMessages: 2))
    _ = plan.opened()
    #expect(plan.received().isEmpty)
    #expect(plan.received() == [.close])
    #expect(!plan.wantsMessages)
  }

  @Test("a lost connection ends the run with a sentence and a status")
  func lost() {
    var plan = RawPlan(settings: .init())
    _ = plan.opened()
    #expect(lose(&plan) == [.note("Lost."), .leave(.noConnection)])
  }

  @Test("with --reconnect it comes back within the bounds of the backoff, and reads on")
  func reconnect() {
    var plan = RawPlan(settings: .init(reconnects: true, backoff: Backoff(base: .seconds(1), limit: .seconds(4))))
    #expect(plan.opened() == [.read])
    for ceiling in [1, 2, 4, 4] {
      let effects = lose(&plan)
      #expect(effects.contains(.connect(after: .seconds(ceiling))))
      plan.attempting()
    }
    #expect(plan.tookLine().isEmpty, "no line is read while there is nowhere to send it")
    #expect(plan.opened() == [.read])
    #expect(lose(&plan).contains(.connect(after: .seconds(1))), "an open connection begins the waits anew")
  }

  @Test("with --reconnect a refusal of who we are still ends it, at first")
  func refused() {
    var plan = RawPlan(settings: .init(reconnects: true))
    #expect(lose(&plan, .refused(status: 401)).last == .leave(.noConnection))
  }

  @Test("Ctrl-C closes, and again leaves")
  func interrupt() {
    var plan = RawPlan(settings: .init())
    _ = plan.opened()
    #expect(plan.interrupted() == [.close])
    #expect(plan.interrupted() == [.leave(.interrupted)])
  }
}
