import Glibc
import NIOConcurrencyHelpers
import Synchronization
import Testing
import WeirCore
import WeirWire

@testable import WeirStore

@Suite("Crashes", .serialized)
struct CrashTests {
  /// A message that was acknowledged: written to a file before the crash, in the order of the replies.
  private struct Acknowledged: Hashable {
    var user: Int
    var sequence: UInt64
  }

  private static let users = 16

  /// Runs in a process of its own until it kills itself after `acknowledgements` replies, in the middle of the writing.
  private static func writeUntilKilled(path: String, acknowledgements: Int, durability: Durability) throws {
    let store = try Store.open(directory: path + "/data", options: StoreOptions(durability: durability))
    let file = open(path + "/acknowledged", O_WRONLY | O_CREAT | O_APPEND, 0o600)
    let replied = Atomic(0)
    let journal = NIOLockedValueBox<Journal?>(nil)
    @Sendable func entry(_ user: Int, _ sequence: UInt64) -> JournalEntry {
      var entry = Sample.sending("u\(user)", "c", sequence, text: String(repeating: "x", count: 300))
      entry.writes.append(.turnText("u\(user)", sequence, offset: 0, text: Array("partial".utf8), marks: []))
      entry.writes.append(Sample.using("u\(user)", tokens: sequence))
      entry.writes.append(Sample.using("u\(user)", Sample.row(model: "second"), tokens: 1))
      entry.writes.append(.cache(key: [UInt8(user)], Sample.answer("\(sequence)")))
      if sequence > 1 { entry.writes.append(.endTurn("u\(user)", sequence - 1)) }
      return entry
    }
    let reply: Journal.Replies = { replies in
      var next: [(entry: JournalEntry, token: UInt64)] = []
      for reply in replies {
        guard case .committed = reply.result else { exit(3) }
        var record = reply.token
        guard write(file, &record, 8) == 8 else { exit(4) }
        next.append((entry(Int(reply.token >> 32), reply.token & 0xFFFF_FFFF + 1), reply.token + 1))
      }
      replied.add(replies.count, ordering: .relaxed)
      journal.withLockedValue { $0 }?.append(contentsOf: next, shard: 0)
    }
    let made = try Journal(store: store, replies: [reply])
    journal.withLockedValue { $0 = made }
    for user in 0..<users { made.append(entry(user, 1), shard: 0, token: UInt64(user) << 32 | 1) }
    while replied.load(ordering: .relaxed) < acknowledgements { sched_yield() }
    kill(getpid(), SIGKILL)
  }

  private func acknowledged(in path: String) -> [Acknowledged] {
    let bytes = Files.read(path + "/acknowledged")
    return stride(from: 0, to: bytes.count - 7, by: 8).map { place in
      let token = bytes[place..<(place + 8)].reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
      return Acknowledged(user: Int(token >> 32), sequence: token & 0xFFFF_FFFF)
    }
  }

  @Test("what was acknowledged before SIGKILL is there once, in order, and no entry is there in part")
  func sigkill() async throws {
    for (round, acknowledgements) in [100, 700, 2500].enumerated() {
      let directory = try TemporaryDirectory()
      let path = directory.path
      if round == 1 {
        await #expect(processExitsWith: .signal(SIGKILL)) {
          [path = path as String, acknowledgements = acknowledgements as Int] in
          try Self.writeUntilKilled(path: path, acknowledgements: acknowledgements, durability: .os)
        }
      } else {
        await #expect(processExitsWith: .signal(SIGKILL)) {
          [path = path as String, acknowledgements = acknowledgements as Int] in
          try Self.writeUntilKilled(path: path, acknowledgements: acknowledgements, durability: .fsync)
        }
      }
      let before = acknowledged(in: path)
      #expect(before.count >= acknowledgements)
      let store = try Store.open(directory: path + "/data")
      for user in 0..<Self.users {
        let id = "u\(user)"
        let highest = before.filter { $0.user == user }.map(\.sequence).max() ?? 0
        let messages = try store.tail(id, "c")
        #expect(messages.map(\.sequence) == Array(1..<(1 + UInt64(messages.count))))
        #expect(UInt64(messages.count) >= highest, "acknowledged messages are missing")
        #expect(UInt64(messages.count) <= highest + 1)
        // The entry's other writes tell of the same message: all of it, or nothing.
        let last = UInt64(messages.count)
        if last == 0 { continue }
        let session = store.answer(.session(id))
        let turn = Sample.turn(last, in: "c")
        #expect(
          session
            == .session(UserState(lastTurnID: last), cutTurns: [CutTurn(record: turn, text: Array("partial".utf8))]))
        guard
          case .conversation(let conversation?, _, _) = store.answer(
            .conversation(id, "c", tailMessages: 1, tailBytes: 1))
        else {
          Issue.record("the conversation is missing")
          return
        }
        #expect(conversation.lastSequence == last)
        #expect(
          try store.ledger(user: id) == [
            LedgerRow(id, Sample.row(), turns: last, tokens: last * (last + 1) / 2),
            LedgerRow(id, Sample.row(model: "second"), turns: last, tokens: last),
          ])
        // Of the kept answers the youngest may be lost, but none is in pieces.
        guard case .cached(let kept) = store.answer(.cached(key: [UInt8(user)])) else {
          Issue.record("no reply of the cache")
          return
        }
        if let kept {
          let number = try #require(UInt64(String(decoding: kept.text, as: UTF8.self)))
          #expect(number <= last)
        }
        for sequence in 1...last {
          #expect(
            store.answer(.sent(id, clientMessageID: "id-\(sequence)"))
              == .sent(Sample.sent("c", sequence, turn: sequence)))
        }
        #expect(store.answer(.sent(id, clientMessageID: "id-\(last + 1)")) == .sent(nil))
      }
      // Going on adds to what was there.
      let journal = try TestJournal(store)
      let sum = try store.ledger().reduce(0) { $0 + $1.turns }
      _ = await journal.commit(together: (0..<Self.users).map { JournalEntry(writes: [Sample.using("u\($0)")]) })
      #expect(try store.ledger().reduce(0) { $0 + $1.turns } == sum + UInt64(Self.users))
      journal.journal.shutdown()
      store.close()
    }
  }
}
