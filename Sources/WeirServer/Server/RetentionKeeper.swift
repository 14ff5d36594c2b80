import Logging
import NIOConcurrencyHelpers
import WeirStore

/// Deletes conversations that are older than their owners' plans keep them: a walk over all users every
/// `data.retentionInterval`, in steps of some milliseconds with pauses nine times as long, so that it takes at most a tenth
/// of a processor and of a disk from those who are served.
struct RetentionKeeper: Sendable {
  /// Users and conversations that one step looks at.
  private static let stepSize = 200
  private static let pausesPerWork = 9
  private static let shortestPause = Duration.milliseconds(10)
  /// After a start others need the disk more.
  private static let firstPause = Duration.seconds(30)

  let configuration: NIOLockedValueBox<WeirConfiguration>
  let backend: Backend
  let logger: Logger

  /// Returns when its task is cancelled.
  func run() async {
    let interval = configuration.withLockedValue { $0.data.retentionInterval }
    var pause = min(interval, Self.firstPause)
    while (try? await Task.sleep(for: pause)) != nil {
      await walk()
      pause = interval
    }
  }

  private func walk() async {
    guard let cutoff = Cutoff(configuration.withLockedValue { $0 }) else { return }
    var sweep = RetentionSweep()
    var found = 0
    while true {
      let begun = ContinuousClock.now
      do {
        let (next, step) = try await step(sweep, cutoff)
        await backend.expire(step.expired)
        found += step.expired.count
        if step.isDone { return tell(found) }
        sweep = next
      } catch {
        return logger.warning("old conversations could not be looked for", metadata: ["error": "\(error)"])
      }
      let pause = max(Self.shortestPause, (ContinuousClock.now - begun) * Self.pausesPerWork)
      guard (try? await Task.sleep(for: pause)) != nil else { return }
    }
  }

  private func tell(_ found: Int) {
    if found > 0 { logger.info("conversations that are kept no longer were found", metadata: ["count": "\(found)"]) }
  }

  private func step(
    _ sweep: RetentionSweep, _ cutoff: Cutoff
  ) async throws -> (next: RetentionSweep, step: RetentionSweep.Step) {
    try await BlockingThread.value { [store = backend.store] in
      var sweep = sweep
      let step = try sweep.step(in: store, limit: Self.stepSize) { cutoff.oldestKeptMs(plan: $0) }
      return (sweep, step)
    }
  }
}

/// What is too old, by plan, at a moment.
struct Cutoff: Sendable {
  private let nowMs: UInt64
  private let byPlan: [String: Duration]
  private let isPlan: Set<String>
  /// Of those whose token named no plan, or one that there is not any more.
  private let ofOthers: Duration?

  /// nil: everything is kept for ever.
  init?(_ configuration: WeirConfiguration, nowMs: UInt64 = WallClock.nowMs()) {
    let plans = configuration.effectivePlans
    if plans.allSatisfy({ $0.keepConversations == nil }) { return nil }
    self.nowMs = nowMs
    isPlan = Set(plans.map(\.name))
    byPlan = Dictionary(plans.compactMap { plan in plan.keepConversations.map { (plan.name, $0) } }) { first, _ in first
    }
    ofOthers = plans.first?.keepConversations
  }

  /// Conversations that changed at this time or later stay, in milliseconds since 1970; nil: all do.
  func oldestKeptMs(plan: String) -> UInt64? {
    guard let kept = isPlan.contains(plan) ? byPlan[plan] : ofOthers else { return nil }
    let keptMs = UInt64(max(0, kept.components.seconds)) * 1000
    return nowMs > keptMs ? nowMs - keptMs : nil
  }
}
