import NIOConcurrencyHelpers
import WeirWire

/// Looks at the server once a second, keeps the log of what changes, and shows the state to whoever watches. Thread-safe.
///
/// While nobody watches it only asks what the log needs, which costs the providers' thread one message a second.
final class ServerWatch: Sendable {
  /// How the server stands; not `isWhole`: only what the change log looks at.
  typealias Look = @Sendable (_ isWhole: Bool) async -> ServerState
  /// Takes a state, which has all changes that are remembered. From any thread.
  typealias Show = @Sendable (ServerState) -> Void

  /// The shortest time from one state to the next, and the longest that can be asked for, in milliseconds.
  static let intervalsMs: ClosedRange<UInt32> = 1000...60_000

  private struct Watcher {
    let show: Show
    /// Rounds from one state to the next.
    var every: Int
    /// Rounds until the next one.
    var wait: Int
  }

  private struct State {
    var watchers: [UInt64: Watcher] = [:]
    var log = ChangeLog()
    var isStopped = false
  }

  private let look: Look
  private let state = NIOLockedValueBox(State())

  init(look: @escaping Look) {
    self.look = look
  }

  /// Looks once a second until the watch has gone or `stop()` is called.
  func start(first sentence: String, timeMs: UInt64) {
    note(sentence, timeMs: timeMs)
    Task { [weak self] in
      while await self?.round() == true { try? await Task.sleep(for: .seconds(1)) }
    }
  }

  /// Nothing is shown any more.
  func stop() {
    state.withLockedValue {
      $0.isStopped = true
      $0.watchers = [:]
    }
  }

  /// Shows the state to `show` with the next round, and from then on every `intervalMs`. The same id again: a new
  /// interval, and no state before it is due.
  func add(_ id: UInt64, intervalMs: UInt32, show: @escaping Show) {
    let interval = min(max(intervalMs, Self.intervalsMs.lowerBound), Self.intervalsMs.upperBound)
    let every = Int(interval + 999) / 1000
    state.withLockedValue { state in
      if state.isStopped { return }
      let wait = state.watchers[id].map { min($0.wait, every) } ?? 0
      state.watchers[id] = Watcher(show: show, every: every, wait: wait)
    }
  }

  /// Puts something into the log that no state shows.
  func note(_ sentence: String, timeMs: UInt64) {
    state.withLockedValue { $0.log.add(sentence, timeMs: timeMs) }
  }

  func remove(_ id: UInt64) { state.withLockedValue { $0.watchers[id] = nil } }

  /// How many watch.
  var count: Int { state.withLockedValue { $0.watchers.count } }

  /// Looks once, and shows it to those whose time has come. False: it has been stopped.
  @discardableResult
  func round() async -> Bool {
    let due = state.withLockedValue { state -> Bool? in
      if state.isStopped { return nil }
      for id in state.watchers.keys { state.watchers[id]?.wait -= 1 }
      return state.watchers.values.contains { $0.wait <= 0 }
    }
    // A server that stops is not asked any more.
    guard let isDue = due else { return false }
    var seen = await look(isDue)
    let (shows, isStopped) = state.withLockedValue { state -> ([Show], Bool) in
      state.log.note(seen)
      seen.changes = state.log.changes
      // Who came while it was looked is shown this too only if it is whole.
      guard isDue else { return ([], state.isStopped) }
      var shows: [Show] = []
      for (id, watcher) in state.watchers where watcher.wait <= 0 {
        state.watchers[id]?.wait = watcher.every
        shows.append(watcher.show)
      }
      return (shows, state.isStopped)
    }
    for show in shows { show(seen) }
    return !isStopped
  }
}
