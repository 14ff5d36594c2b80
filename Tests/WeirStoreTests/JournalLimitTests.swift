import Dispatch
import NIOConcurrencyHelpers
import Testing
import WeirCore
import WeirWire

@testable import WeirStore

@Suite("Journal limits")
struct JournalLimitTests {
  @Test(
    "entries beyond the queue's bytes are refused at once, by the way of all replies, and those before them are not")
  func full() throws {
    let directory = try TemporaryDirectory()
    let store = try Store.open(directory: directory.path)
    var options = JournalOptions()
    options.maximumQueuedBytes = 4000
    let (entered, leave) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let replies = NIOLockedValueBox<[UInt64: JournalResult]>([:])
    let journal = try Journal(
      store: store, options: options,
      replies: [
        { batch in
          for reply in batch { replies.withLockedValue { $0[reply.token] = reply.result } }
          // Holds the journal's thread while the test fills the queue.
          if batch.contains(where: { $0.token == 1 }) {
            entered.signal()
            leave.wait()
          }
        }
      ])
    func entry(_ sequence: UInt64) -> JournalEntry {
      JournalEntry(writes: [.message("u", "c", Sample.message(sequence, String(repeating: "x", count: 1000)))])
    }
    journal.append(entry(1), shard: 0, token: 1)
    entered.wait()
    journal.append(contentsOf: (2...6).map { (entry: entry($0), token: $0) }, shard: 0)
    let refused = replies.withLockedValue { $0 }.filter { $0.key > 1 }
    #expect(refused.keys.sorted() == [5, 6])
    for case .failed(let sentence) in refused.values { #expect(sentence.contains("Try again")) }
    #expect(refused.values.allSatisfy { if case .failed = $0 { true } else { false } })
    // Ends and checkpoints of answers are not refused: a turn that has been paid would be paid again.
    var owed = entry(7)
    owed.isOwed = true
    journal.append(contentsOf: [(entry: entry(8), token: 8), (entry: owed, token: 7)], shard: 0)
    #expect(replies.withLockedValue { $0[7] == nil && $0[8] != nil })
    leave.signal()
    journal.shutdown()
    #expect(replies.withLockedValue { $0[7] } == .committed)
    #expect(try store.tail("u", "c").map(\.sequence) == [1, 2, 3, 4, 7])
    #expect(journal.metrics.refused == 3)
    #expect(journal.metrics.queuedBytes == 0)
    #expect(journal.failure == nil)
    store.close()
  }

  @Test("an entry larger than the queue's limit is taken when it is alone")
  func oversize() throws {
    let directory = try TemporaryDirectory()
    let store = try Store.open(directory: directory.path)
    var options = JournalOptions()
    options.maximumQueuedBytes = 100
    options.maximumBatchBytes = 100
    let journal = try Journal(store: store, options: options, replies: [{ _ in }])
    let text = String(repeating: "x", count: 100_000)
    journal.append(JournalEntry(writes: [.message("u", "c", Sample.message(1, text))]), shard: 0, token: 1)
    journal.shutdown()
    #expect(try store.tail("u", "c").map(\.plainText.utf8.count) == [100_000])
    store.close()
  }

  @Test("a queue hands out everything once, in order, to one taker and to sharers")
  func queue() {
    let queue = WorkQueue<Int>(costLimit: 1000)
    #expect(queue.put(1, cost: 600) == nil)
    #expect(queue.put(2, cost: 600) == .full)
    #expect(queue.put(3, cost: 400) == nil)
    let (refused, refusal) = queue.put(contentsOf: [
      (element: 4, cost: 0, mustBeTaken: false), (element: 5, cost: 1, mustBeTaken: false),
      (element: 6, cost: 0, mustBeTaken: false), (element: 7, cost: 1, mustBeTaken: true),
    ])
    #expect(refused == [1, 2])
    #expect(refusal == .full)
    var batch: [Int] = []
    #expect(queue.takeAll(into: &batch))
    #expect(batch == [1, 3, 4, 7])
    queue.release(cost: 1001)
    #expect(queue.outstandingCost == 0)

    let shared = WorkQueue<Int>(costLimit: 1000)
    _ = shared.put(contentsOf: (0..<100).map { (element: $0, cost: 1, mustBeTaken: false) })
    #expect(shared.take(atMost: 32, sharers: 2) == Array(0..<32))
    #expect(shared.take(atMost: 32, sharers: 4) == Array(32..<49))
    shared.close()
    #expect(shared.put(1, cost: 1) == .closed)
    var rest: [Int] = []
    while let some = shared.take(atMost: 32, sharers: 2) { rest += some }
    #expect(rest == Array(49..<100))
  }
}
