import Testing
import WeirCore
import WeirWire

@testable import WeirStore

@Suite("Retention")
struct RetentionTests: HasStore {
  let rig: StoreRig

  init() throws { rig = try StoreRig() }

  /// A user of a plan with conversations "c-TIME".
  private func live(_ user: UserID, plan: String, _ times: [UInt64]) async {
    var state = UserState(lastTurnID: 1)
    state.plan = plan
    _ = await journal.commit(.user(user, state))
    _ = await journal.commit(
      together: times.map { time in
        JournalEntry(writes: [
          .conversation(user, Sample.conversation("c-\(time)", at: time, last: 1), previousUpdatedAtMs: nil),
          .message(user, "c-\(time)", Sample.message(1, clientID: "m-\(time)")),
          .sent(user, clientMessageID: "m-\(time)", Sample.sent("c-\(time)", 1)),
        ])
      })
  }

  /// What whole walks find, and how many steps they took.
  private func sweep(limit: Int, _ cutoffs: [String: UInt64]) throws -> (found: [ExpiredConversation], steps: Int) {
    var sweep = RetentionSweep()
    var (found, steps): ([ExpiredConversation], Int) = ([], 0)
    while true {
      let step = try sweep.step(in: store, limit: limit) { cutoffs[$0] }
      #expect(step.looked <= limit)
      found += step.expired
      steps += 1
      try #require(steps < 10_000, "the walk does not end")
      if step.isDone { return (found, steps) }
    }
  }

  @Test(
    "each plan's users lose what is older than their plan keeps, whatever the size of a step",
    arguments: [1, 2, 3, 1000])
  func perPlan(limit: Int) async throws {
    await live("ann", plan: "free", [5, 99, 100, 101, 500])
    await live("bob", plan: "pro", [5, 49, 50, 500])
    await live("cyd", plan: "forever", [1, 2])
    await live("dan", plan: "", [99, 100])
    await live("eve", plan: "free", [])
    await live("fay", plan: "free", [1])
    let (found, steps) = try sweep(limit: limit, ["free": 100, "pro": 50, "": 100])
    let names = found.map { "\($0.user) \($0.conversationID)" }
    #expect(names.sorted() == ["ann c-5", "ann c-99", "bob c-49", "bob c-5", "dan c-99", "fay c-1"])
    #expect(Set(names).count == names.count)
    if limit == 1000 { #expect(steps == 1) }

    for one in found {
      let write = StoreWrite.expireConversation(one.user, one.conversationID, updatedAtMs: one.updatedAtMs)
      #expect(await journal.commit(write) == .committed)
    }
    #expect(try store.keyCount(.conversations) == 8 && store.keyCount(.messages) == 8 && store.keyCount(.sent) == 8)
    #expect(try sweep(limit: limit, ["free": 100, "pro": 50, "": 100]).found.isEmpty)
    #expect(try store.verify().findings == [])
    close()
  }

  @Test("deleting between two steps loses nothing and repeats nothing")
  func deletingMeanwhile() async throws {
    await live("ann", plan: "free", Array(1...25))
    await live("bob", plan: "free", Array(1...5) + [200])
    var sweep = RetentionSweep()
    var count = 0
    while true {
      let step = try sweep.step(in: store, limit: 4) { _ in 100 }
      for one in step.expired {
        count += 1
        _ = await journal.commit(
          .expireConversation(one.user, one.conversationID, updatedAtMs: one.updatedAtMs))
      }
      if step.isDone { break }
    }
    #expect(count == 30)
    #expect(try store.keyCount(.conversations) == 1)
    close()
  }

  @Test("a user who is erased between two steps takes nobody's place")
  func erasedMeanwhile() async throws {
    await live("ann", plan: "free", Array(1...10))
    await live("bob", plan: "free", [200, 300])
    var sweep = RetentionSweep()
    #expect(try sweep.step(in: store, limit: 4) { _ in 100 }.expired.count == 3)
    _ = await journal.commit(.eraseUser("ann"))
    let rest = try sweep.step(in: store, limit: 100) { _ in 100 }
    #expect(rest.expired.isEmpty && rest.isDone)
    close()
  }

  @Test("a conversation that changed since it was found stays, also if the change is in the same commit")
  func changed() async throws {
    await live("ann", plan: "free", [5, 6, 7])
    func touch(_ time: UInt64, _ next: UInt64) -> JournalEntry {
      JournalEntry(writes: [
        .conversation("ann", Sample.conversation("c-\(time)", at: next, last: 1), previousUpdatedAtMs: time)
      ])
    }
    func expire(_ time: UInt64) -> JournalEntry {
      JournalEntry(writes: [.expireConversation("ann", "c-\(time)", updatedAtMs: time)])
    }
    _ = await journal.commit(touch(5, 500))
    let results = await journal.commit(together: [expire(5), touch(6, 600), expire(6), expire(7), expire(8)])
    #expect(results.allSatisfy { $0 == .committed })
    guard case .conversations(let list, _) = store.answer(.conversations("ann", after: nil, limit: 9)) else {
      Issue.record("no list")
      return
    }
    #expect(list.map(\.id) == ["c-6", "c-5"])
    #expect(try store.tail("ann", "c-5").count == 1 && store.tail("ann", "c-6").count == 1)
    #expect(try store.tail("ann", "c-7").isEmpty)
    #expect(try store.verify().findings == [])
    close()
  }

  @Test("an entry of the list that was left behind goes, and its conversation stays")
  func leftBehind() async throws {
    await live("ann", plan: "free", [500])
    var batch = WriteBatch(try store.database(), .logged)
    batch.put(
      .conversationList, try UserKeys("ann").listed(updatedAtMs: 5, "c-500"),
      UnsafeRawBufferPointer(start: nil, count: 0))
    try batch.commit()
    let found = try sweep(limit: 10, ["free": 100]).found
    #expect(found == [ExpiredConversation(user: "ann", conversationID: "c-500", updatedAtMs: 5)])
    _ = await journal.commit(.expireConversation("ann", "c-500", updatedAtMs: 5))
    #expect(try store.tail("ann", "c-500").count == 1)
    #expect(try store.verify().findings == [])
    close()
  }
}
