// The journal: the one way to write, and the one thread that does.

internal import Logging
import NIOConcurrencyHelpers
package import WeirCore
import WeirWire

/// Makes entries durable, many with one fsync.
///
/// One thread takes all that was put in while the last commit ran, builds one write batch of it, commits it, and answers
/// each shard with one call. The fsync under way is the only wait for others that there is: no timers, and a commit
/// grows with the load. Entries are applied in the order in which they were put in, and each as a whole: the writes of
/// an entry (an answer, its conversation, the end of its turn) are durable together or not at all. Only what goes to the
/// answer cache is apart: it is written after the commit, costs no fsync, and a crash may lose it.
///
/// After a commit has failed, nothing is written any more until the process starts again. An fsync that failed is never
/// tried again as if that could help: the kernel may have dropped the pages and report success the next time. Reading
/// goes on.
package final class Journal: Sendable {
  /// Takes the replies for one shard. Called on the journal's thread, or by `append` on the caller's when it refuses; it
  /// must not block, and the shard's logic belongs behind a hop to its loop.
  package typealias Replies = @Sendable ([JournalReply]) -> Void

  struct Item: Sendable {
    var entry: JournalEntry
    var shard: Int
    var token: UInt64
    var cost: Int
  }

  private let queue: WorkQueue<Item>
  private let replies: [Replies]
  private let state: JournalState
  private let thread: WorkerThread

  /// Starts the thread.
  ///
  /// - Parameters:
  ///   - replies: one for each shard.
  ///   - onFatal: called once, on the journal's thread, when a commit has failed, after its entries were answered.
  package init(
    store: Store, options: JournalOptions = JournalOptions(), replies: [Replies],
    onFatal: @escaping @Sendable (StoreError) -> Void = { _ in }
  ) throws(StoreError) {
    let (database, cache) = try store.handles()
    let queue = WorkQueue<Item>(costLimit: options.maximumQueuedBytes)
    let state = JournalState()
    self.queue = queue
    self.replies = replies
    self.state = state
    let sync = store.options.durability == .fsync
    let logger = store.logger
    thread = try WorkerThread(name: "weir-journal") {
      var loop = JournalLoop(
        database: database, cache: cache, sync: sync, options: options, queue: queue, replies: replies, state: state,
        logger: logger, onFatal: onFatal)
      loop.run()
    }
  }

  deinit { queue.close() }

  /// Hands over an entry; from any thread, without blocking. The reply comes through the shard's `Replies`, for token 0
  /// none comes.
  ///
  /// If the entry is refused (queue full, journal broken or ended), its `.failed` reply is given before this returns.
  package func append(_ entry: JournalEntry, shard: Int, token: UInt64) {
    append(contentsOf: [(entry, token)], shard: shard)
  }

  /// Hands over entries in order, with one lock and at most one wake-up.
  package func append(contentsOf entries: [(entry: JournalEntry, token: UInt64)], shard: Int) {
    precondition(replies.indices.contains(shard), "there is no shard \(shard)")
    if entries.isEmpty { return }
    if let error = state.failure {
      return refuse(entries.map(\.token), shard: shard, JournalLoop.sentence(afterFatal: error))
    }
    let items = entries.map { entry, token in
      let cost = entry.approximateBytes
      let item = Item(entry: entry, shard: shard, token: token, cost: cost)
      return (element: item, cost: cost, mustBeTaken: entry.isOwed)
    }
    let (refused, refusal) = queue.put(contentsOf: items)
    if refused.isEmpty { return }
    let sentence =
      refusal == .full
      ? "The disk does not keep up. Try again in a moment." : "The server is shutting down. Try again when it is back."
    refuse(refused.map { entries[$0].token }, shard: shard, sentence)
  }

  private func refuse(_ tokens: [UInt64], shard: Int, _ sentence: String) {
    state.update { $0.refused += UInt64(tokens.count) }
    let refused = tokens.filter { $0 != 0 }.map { JournalReply(token: $0, result: .failed(sentence)) }
    if !refused.isEmpty { replies[shard](refused) }
  }

  /// Why nothing is written any more; nil while all is well. From any thread.
  package var failure: StoreError? { state.failure }

  /// What the journal has done so far. From any thread.
  package var metrics: JournalMetrics {
    var metrics = state.metrics
    metrics.queuedBytes = queue.outstandingCost
    return metrics
  }

  /// Writes and answers all that has been put in, refuses what still comes, and waits for the thread to end. May be
  /// called again. Not from a reply.
  package func shutdown() {
    queue.close()
    thread.join()
  }
}

extension JournalEntry {
  /// Whether it gets a commit of its own: what it deletes is found in no batch, and what follows it looks into a
  /// database that has it.
  var standsAlone: Bool {
    // It is the only write of its entry. Looked at in place: copies of all writes of all entries add up.
    guard writes.count == 1, case .eraseUser = writes[0] else { return false }
    return true
  }

  /// What the entry takes in memory and in the log, about.
  var approximateBytes: Int {
    writes.reduce(64) { sum, write in
      switch write {
      case .user(let user, _): sum + 64 + user.utf8.count
      case .conversation(let user, let conversation, _):
        sum + 128 + 2 * user.utf8.count + conversation.encodedSize
      case .deleteConversation(let user, let id, _), .expireConversation(let user, let id, _):
        sum + 128 + user.utf8.count + id.utf8.count
      case .eraseUser(let user): sum + 1024 + 16 * user.utf8.count
      case .message(let user, let id, let message): sum + 64 + user.utf8.count + id.utf8.count + message.encodedSize
      case .sent(let user, let id, _): sum + 128 + user.utf8.count + id.utf8.count
      case .turn(let user, _): sum + 256 + user.utf8.count
      case .turnText(let user, _, _, let text, let marks):
        sum + 64 + user.utf8.count + text.count + marks.approximateBytes
      case .usage(let user, let row, _): sum + 192 + user.utf8.count + row.model.utf8.count
      case .cache(let key, let answer): sum + 192 + key.count + answer.text.count + answer.marks.approximateBytes
      case .endTurn(let user, _): sum + 32 + user.utf8.count
      }
    }
  }
}

extension [PlacedMark] {
  /// What the marks take in memory and on disk, about.
  var approximateBytes: Int {
    reduce(0) { $0 + 96 + $1.mark.toolCallID.utf8.count + $1.mark.toolName.utf8.count + $1.signature.utf8.count }
  }
}
