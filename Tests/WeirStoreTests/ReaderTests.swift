import NIOConcurrencyHelpers
import Testing
import WeirCore

@testable import WeirStore

@Suite("Reader")
struct ReaderTests {
  @Test("every question is answered once, to its shard, and shutdown waits for them")
  func everyQuestion() throws {
    let directory = try TemporaryDirectory()
    let store = try Store.open(directory: directory.path)
    let journal = try Journal(store: store, replies: [{ _ in }])
    for user in 0..<10 {
      journal.append(JournalEntry(writes: [.user("u\(user)", UserState(lastTurnID: UInt64(user)))]), shard: 0, token: 0)
    }
    journal.shutdown()
    let answered = NIOLockedValueBox<[[UInt64: StoreReadResult]]>([[:], [:], [:]])
    let doubles = NIOLockedValueBox(0)
    let reader = try StoreReader(
      store: store,
      replies: (0..<3).map { shard in
        { @Sendable replies in
          for reply in replies {
            let before = answered.withLockedValue { $0[shard].updateValue(reply.result, forKey: reply.token) }
            if before != nil { doubles.withLockedValue { $0 += 1 } }
          }
        }
      })
    for token in 0..<3000 as Range<UInt64> {
      reader.read(.session("u\(token % 10)"), shard: Int(token % 3), token: token)
    }
    reader.shutdown()
    let results = answered.withLockedValue { $0 }
    #expect(doubles.withLockedValue { $0 } == 0)
    for token in 0..<3000 as Range<UInt64> {
      #expect(results[Int(token % 3)][token] == .session(UserState(lastTurnID: token % 10), cutTurns: []))
    }
    #expect(reader.outstanding == 0)

    reader.read(.session("u1"), shard: 0, token: 9999)
    guard case .failed(let sentence)? = answered.withLockedValue({ $0[0][9999] }) else {
      Issue.record("taken after shutdown")
      return
    }
    #expect(sentence.contains("shutting down"))
    store.close()
  }

  @Test("questions beyond the limit are refused at once")
  func full() throws {
    let directory = try TemporaryDirectory()
    let store = try Store.open(directory: directory.path)
    let refused = NIOLockedValueBox(0)
    let answered = NIOLockedValueBox(0)
    // A limit below zero lets in one question at a time: the queue takes a single one whatever the limit.
    let reader = try StoreReader(
      store: store, threads: 1, maximumQueued: 0,
      replies: [
        { replies in
          for reply in replies {
            if case .failed = reply.result {
              refused.withLockedValue { $0 += 1 }
            } else {
              answered.withLockedValue { $0 += 1 }
            }
          }
        }
      ])
    for token in 0..<2000 as Range<UInt64> { reader.read(.session("u"), shard: 0, token: token) }
    reader.shutdown()
    #expect(refused.withLockedValue { $0 } > 0)
    #expect(answered.withLockedValue { $0 } > 0)
    #expect(refused.withLockedValue { $0 } + answered.withLockedValue { $0 } == 2000)
    store.close()
  }

  @Test("questions that cannot be asked, and questions to a closed store, fail with a sentence")
  func failures() throws {
    let directory = try TemporaryDirectory()
    let store = try Store.open(directory: directory.path)
    guard case .failed(let bad) = store.answer(.session("")) else {
      Issue.record("an empty user id was taken")
      return
    }
    #expect(bad.contains("1 to 256 bytes"))
    store.close()
    guard case .failed(let closed) = store.answer(.session("u")) else {
      Issue.record("a closed store answered")
      return
    }
    #expect(closed.contains("closed"))
    let error = #expect(throws: StoreError.self) { try store.statistics() }
    #expect(error?.kind == .closed)
  }
}
