import NIOConcurrencyHelpers
import Synchronization
import WeirCore
import WeirStore

/// A journal whose replies can be awaited.
final class TestJournal: Sendable {
  private final class Waiting: Sendable {
    let byToken = NIOLockedValueBox<[UInt64: CheckedContinuation<JournalResult, Never>]>([:])
    /// The tokens of each call of the replies closure.
    let calls = NIOLockedValueBox<[[UInt64]]>([])
  }

  let journal: Journal
  private let waiting: Waiting
  private let lastToken = Atomic<UInt64>(0)

  init(_ store: Store, options: JournalOptions = JournalOptions()) throws {
    let waiting = Waiting()
    self.waiting = waiting
    journal = try Journal(
      store: store, options: options,
      replies: [
        { replies in
          waiting.calls.withLockedValue { $0.append(replies.map(\.token)) }
          for reply in replies {
            waiting.byToken.withLockedValue { $0.removeValue(forKey: reply.token) }?.resume(returning: reply.result)
          }
        }
      ])
  }

  /// The tokens of the replies so far, by call.
  var calls: [[UInt64]] { waiting.calls.withLockedValue { $0 } }

  func commit(_ writes: StoreWrite..., unlessSent: (UserID, String)? = nil) async -> JournalResult {
    await commit(JournalEntry(writes: writes, unlessSent: unlessSent.map { (user: $0.0, clientMessageID: $0.1) }))
  }

  func commit(_ entry: JournalEntry) async -> JournalResult {
    let token = lastToken.wrappingAdd(1, ordering: .relaxed).newValue
    return await withCheckedContinuation { continuation in
      waiting.byToken.withLockedValue { $0[token] = continuation }
      journal.append(entry, shard: 0, token: token)
    }
  }

  /// Hands over all entries with one call, so that they meet in one commit (as far as its limits allow).
  func commit(together entries: [JournalEntry]) async -> [JournalResult] {
    let tokens = entries.map { _ in lastToken.wrappingAdd(1, ordering: .relaxed).newValue }
    return await withTaskGroup(of: (Int, JournalResult).self) { group in
      let ready = Ready(count: entries.count) {
        self.journal.append(contentsOf: zip(entries, tokens).map { (entry: $0, token: $1) }, shard: 0)
      }
      for (place, token) in tokens.enumerated() {
        group.addTask {
          let result = await withCheckedContinuation { continuation in
            self.waiting.byToken.withLockedValue { $0[token] = continuation }
            ready.arrive()
          }
          return (place, result)
        }
      }
      var results: [(Int, JournalResult)] = []
      for await result in group { results.append(result) }
      return results.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  /// Runs something when so many have arrived.
  private final class Ready: Sendable {
    private let left: Synchronization.Atomic<Int>
    private let run: @Sendable () -> Void

    init(count: Int, _ run: @escaping @Sendable () -> Void) {
      left = Atomic(count)
      self.run = run
    }

    func arrive() {
      if left.wrappingSubtract(1, ordering: .acquiringAndReleasing).newValue == 0 { run() }
    }
  }
}
