import CRocksDB
import Testing
import WeirCore
import WeirWire

@testable import WeirStore

/// What RocksDB counts on the current thread while `body` runs.
private func counting(_ body: () -> Void) -> (blocks: UInt64, comparisons: UInt64, skipped: UInt64, filtered: UInt64) {
  let context = rocksdb_perfcontext_create()
  defer { rocksdb_perfcontext_destroy(context) }
  rocksdb_set_perf_level(Int32(rocksdb_enable_count))
  rocksdb_perfcontext_reset(context)
  body()
  rocksdb_set_perf_level(Int32(rocksdb_disable))
  func metric(_ which: some BinaryInteger) -> UInt64 { rocksdb_perfcontext_metric(context, Int32(which)) }
  return (
    metric(rocksdb_block_read_count) + metric(rocksdb_block_cache_hit_count),
    metric(rocksdb_user_key_comparison_count), metric(rocksdb_internal_key_skipped_count),
    metric(rocksdb_bloom_sst_miss_count) + metric(rocksdb_bloom_memtable_miss_count)
  )
}

@Suite("What reading costs")
struct ReadCostTests {
  private func fill(_ store: Store, users: Int, conversations: Int, messages: Int) throws {
    let journal = try Journal(store: store, replies: [{ _ in }])
    for user in 0..<users {
      for conversation in 0..<conversations {
        let id = "c\(conversation)"
        var writes: [StoreWrite] = [
          .conversation("u\(user)", Sample.conversation(id, at: UInt64(conversation)), previousUpdatedAtMs: nil)
        ]
        for sequence in 1...messages {
          writes.append(.message("u\(user)", id, Sample.message(UInt64(sequence), "text of some length")))
          writes.append(.sent("u\(user)", clientMessageID: "\(id)-\(sequence)", Sample.sent(id, UInt64(sequence))))
        }
        journal.append(JournalEntry(writes: writes), shard: 0, token: 0)
      }
    }
    journal.shutdown()
  }

  @Test(
    "the last 20 messages of one conversation among 1,000 cost the same, whatever lies around them",
    arguments: [false, true])
  func tail(flushed: Bool) throws {
    let directory = try TemporaryDirectory()
    let store = try Store.open(directory: directory.path, options: StoreOptions(durability: .os))
    try fill(store, users: 10, conversations: 100, messages: 30)
    if flushed { try store.flush() }
    let total = try store.keyCount(.messages)
    #expect(total == 30_000)
    for (user, conversation) in [("u0", "c0"), ("u7", "c50"), ("u9", "c99")] {
      var result = StoreReadResult.failed("")
      let cost = counting {
        result = store.answer(.conversation(user, conversation, tailMessages: 20, tailBytes: 1 << 20))
      }
      guard case .conversation(_, let tail, true) = result else {
        Issue.record("\(result)")
        return
      }
      #expect(tail.map(\.sequence) == Array(11...30))
      // One or two data blocks, the index of a few files, and a search in each. In memory a step back is a search.
      #expect(cost.blocks <= 16, "\(cost)")
      #expect(cost.comparisons <= (flushed ? 600 : 5000), "\(cost)")
      #expect(cost.skipped <= 40, "\(cost)")
    }
    store.close()
  }

  @Test("asking for an id that was never sent is answered by a filter, without reading data", arguments: [false, true])
  func unknownSent(flushed: Bool) throws {
    let directory = try TemporaryDirectory()
    let store = try Store.open(directory: directory.path, options: StoreOptions(durability: .os))
    try fill(store, users: 5, conversations: 20, messages: 20)
    if flushed { try store.flush() }
    let cost = counting {
      for number in 0..<1000 { _ = store.answer(.sent("u\(number % 5)", clientMessageID: "none-\(number)")) }
    }
    #expect(cost.filtered >= 950, "\(cost)")
    // At most the filter's own block for each question, and some questions that the filter lets through.
    #expect(cost.blocks <= 1200, "\(cost)")
    store.close()
  }
}
