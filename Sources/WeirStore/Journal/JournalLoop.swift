// What the journal's thread does.

import CRocksDB
import Glibc
internal import Logging
internal import WeirCore

/// The journal's thread: take, build, commit, answer.
struct JournalLoop: ~Copyable {
  private let options: JournalOptions
  private let queue: WorkQueue<Journal.Item>
  private let replies: [Journal.Replies]
  private let state: JournalState
  private let logger: Logger
  private let onFatal: @Sendable (StoreError) -> Void
  private let database: Database
  private let sync: Bool
  private var builder: BatchBuilder
  /// What becomes of the entries of the commit being built if it succeeds, in their order.
  private var verdicts: [BatchBuilder.Verdict] = []

  init(
    database: Database, cache: AnswerCache?, sync: Bool, options: JournalOptions, queue: WorkQueue<Journal.Item>,
    replies: [Journal.Replies], state: JournalState, logger: Logger,
    onFatal: @escaping @Sendable (StoreError) -> Void
  ) {
    self.database = database
    self.sync = sync
    self.options = options
    self.queue = queue
    self.replies = replies
    self.state = state
    self.logger = logger
    self.onFatal = onFatal
    builder = BatchBuilder(database, cache, sync ? .synced : .logged)
  }

  /// Returns when the queue is closed and empty.
  mutating func run() {
    // RocksDB counts each comparison of keys for who asks, thread by thread. Nobody asks.
    rocksdb_set_perf_level(Int32(rocksdb_disable))
    var items: [Journal.Item] = []
    while queue.takeAll(into: &items) {
      var rest = items[...]
      while !rest.isEmpty { rest = commit(rest) }
      // A burst's memory is given back; the usual batch's is used again.
      items.removeAll(keepingCapacity: items.capacity <= options.maximumBatchEntries)
    }
    guard !sync, state.failure == nil else { return }
    // Entries were acknowledged without the disk; at an orderly end it gets them all the same.
    do throws(StoreError) {
      try database.syncLog()
    } catch {
      logger.error("The last entries may not survive a power failure: \(error)")
    }
  }

  /// Commits and answers as many entries as fit in one batch, and returns the others.
  private mutating func commit(_ items: ArraySlice<Journal.Item>) -> ArraySlice<Journal.Item> {
    if let error = state.failure {
      answer(items, { _ in .failed(Self.sentence(afterFatal: error)) })
      return []
    }
    let batch = items.prefix(size(ofBatchFrom: items))
    verdicts.removeAll(keepingCapacity: true)
    verdicts.append(contentsOf: repeatElement(.written, count: batch.count))
    for place in order(of: batch) { verdicts[place] = builder.add(batch[batch.startIndex + place].entry) }
    do throws(StoreError) {
      try write()
      let verdicts = verdicts
      answer(batch) { verdicts[$0].result }
    } catch {
      // Never tried again: see `Journal`.
      state.fail(error)
      let sentence = Self.sentence(afterFatal: error)
      let verdicts = verdicts
      answer(batch) { verdicts[$0].result(ifCommitFails: sentence) }
      logger.critical("Nothing is written any more until the server starts again: \(error)")
      onFatal(error)
    }
    return items[batch.endIndex...]
  }

  /// How many of the entries one commit takes.
  private func size(ofBatchFrom items: ArraySlice<Journal.Item>) -> Int {
    var bytes = 0
    var count = 0
    for item in items {
      if count > 0, bytes + item.cost > options.maximumBatchBytes { break }
      if count == options.maximumBatchEntries { break }
      let standsAlone = item.entry.standsAlone
      if standsAlone, count > 0 { break }
      bytes += item.cost
      count += 1
      if standsAlone { break }
    }
    return count
  }

  /// The order in which a batch is built: by user, and each user's entries as they came. All keys begin with the user, so
  /// that RocksDB is given ascending keys, which it finds the places of in a fraction of the time.
  private func order(of batch: ArraySlice<Journal.Item>) -> [Int] {
    if batch.count < 3 { return Array(0..<batch.count) }
    let users = batch.map { Array(($0.entry.user ?? "").utf8) }
    return (0..<batch.count).sorted { left, right in
      let (one, other) = (users[left], users[right])
      if one.count != other.count { return one.count < other.count }
      let difference = memcmp(one, other, one.count)
      return difference == 0 ? left < right : difference < 0
    }
  }

  private mutating func write() throws(StoreError) {
    defer { builder.clear() }
    try commitBatch()
    let refused = builder.keepAnswers()
    if refused > 0 { state.update { $0.droppedAnswers += UInt64(refused) } }
  }

  private mutating func commitBatch() throws(StoreError) {
    if builder.isEmpty { return }
    let bytes = UInt64(builder.byteCount)
    let start = ContinuousClock.now
    try builder.commit()
    let took = start.duration(to: .now) / .microseconds(1)
    state.update {
      $0.batches += 1
      $0.bytes += bytes
      $0.commit.record(microseconds: UInt64(max(0, took)))
    }
  }

  /// Answers entries with one call to each shard; `result` gets an entry's place among them.
  private func answer(_ items: ArraySlice<Journal.Item>, _ result: (Int) -> JournalResult) {
    var byShard = [[JournalReply]](repeating: [], count: replies.count)
    var (committed, existed, failed, cost) = (0, 0, 0, 0)
    for (place, item) in items.enumerated() {
      let result = result(place)
      switch result {
      case .committed: committed += 1
      case .exists: existed += 1
      case .failed: failed += 1
      }
      cost += item.cost
      if item.token != 0 { byShard[item.shard].append(JournalReply(token: item.token, result: result)) }
    }
    queue.release(cost: cost)
    state.update {
      $0.committed += UInt64(committed)
      $0.existed += UInt64(existed)
      $0.failed += UInt64(failed)
    }
    for (shard, replies) in byShard.enumerated() where !replies.isEmpty { self.replies[shard](replies) }
  }

  static func sentence(afterFatal error: StoreError) -> String {
    "The server cannot save: \(error.message)"
  }
}
