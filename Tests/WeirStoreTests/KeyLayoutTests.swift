import Testing
import WeirCore
import WeirWire

@testable import WeirStore

@Suite("Key layout")
struct KeyLayoutTests {
  /// Ids that try to reach into each other's keys.
  static let hostile: [UserID] = [
    "a", "aa", "ab", "a\u{0}", "a\u{0}\u{0}", "\u{0}", "\u{0}a", "\u{0}\u{1}a", "\u{7F}", "\u{FF}", "\u{10FFFF}", "é",
    "e\u{301}",
    "a/b", "../a", "a\u{1}c", String(repeating: "a", count: 255), String(repeating: "a", count: 256),
    String(repeating: "\u{0}", count: 256), "\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{1}",
  ]

  private static func less(_ first: [UInt8], _ second: [UInt8]) -> Bool { first.lexicographicallyPrecedes(second) }

  private static func contains(_ range: KeyRange, _ key: [UInt8]) -> Bool {
    !less(key, range.lower) && less(key, range.upper)
  }

  @Test("no user's key is in another user's range, whatever the bytes of their ids")
  func usersAreApart() throws {
    for owner in Self.hostile {
      let keys = try UserKeys(owner)
      let all = KeyRange(prefix: keys.prefix)
      for other in Self.hostile {
        let theirs = try UserKeys(other)
        let isSame = owner.utf8.elementsEqual(other.utf8)
        let samples = try [
          theirs.user, theirs.conversation("c"), theirs.listed(updatedAtMs: 0, "c"),
          theirs.listed(updatedAtMs: .max, "c"), theirs.messages("c").message(0), theirs.messages("c").message(.max),
          theirs.sent("x"), theirs.sent("\u{0}"), theirs.turn(0), theirs.turn(.max),
          theirs.turnText(.max, offset: .max), theirs.turnMark(.max, offset: .max), theirs.usage(Sample.row(0)),
          theirs.usage(Sample.row(.max, model: "\u{0}", version: "\u{FF}")),
        ]
        for key in samples {
          #expect(Self.contains(all, key) == isSame, "\(owner.debugDescription) \(other.debugDescription)")
        }
      }
    }
  }

  @Test("no conversation's message is in another conversation's range")
  func conversationsAreApart() throws {
    let ids = ["c", "cc", "c-", "c_c", String(repeating: "c", count: 64), "\u{0}", "\u{1}c"]
    let keys = try UserKeys("u")
    for owner in ids {
      let range = try keys.messages(owner).range()
      for other in ids {
        for sequence in [0, 1, 255, 256, .max] as [UInt64] {
          #expect(Self.contains(range, try keys.messages(other).message(sequence)) == (owner == other))
        }
      }
    }
  }

  @Test("keys are in the order of their numbers")
  func order() throws {
    let numbers: [UInt64] = [0, 1, 2, 127, 128, 255, 256, 65_535, 65_536, 1 << 32, .max - 1, .max]
    let keys = try UserKeys("u")
    for (low, high) in zip(numbers, numbers.dropFirst()) {
      #expect(Self.less(try keys.messages("c").message(low), try keys.messages("c").message(high)))
      #expect(Self.less(keys.turn(low), keys.turn(high)))
      #expect(Self.less(keys.turnText(7, offset: low), keys.turnText(7, offset: high)))
      #expect(Self.less(try keys.listed(updatedAtMs: high, "a"), try keys.listed(updatedAtMs: low, "z")))
    }
    #expect(Self.contains(keys.turnText(7), keys.turnText(7, offset: .max)))
    #expect(Self.contains(keys.turnText(7), keys.turnMark(7, offset: .max)))
    #expect(Self.less(keys.turnText(7, offset: 3), keys.turnMark(7, offset: 3)))
    #expect(Self.less(keys.turnMark(7, offset: 3), keys.turnText(7, offset: 4)))
    #expect(!Self.contains(keys.turnText(7), keys.turnText(8, offset: 0)))
    #expect(!Self.contains(try keys.messages("c").range(below: 5), try keys.messages("c").message(5)))
    #expect(Self.contains(try keys.messages("c").range(below: 5), try keys.messages("c").message(4)))
  }

  @Test("a key tells its user, its place in the list and its last number")
  func parsing() throws {
    for user in Self.hostile {
      let keys = try UserKeys(user)
      try keys.listed(updatedAtMs: 1234, "conv").withUnsafeBytes { key in
        let parsed = try #require(KeyLayout.user(of: key))
        #expect(parsed.user.utf8.elementsEqual(user.utf8))
        #expect(KeyLayout.listed(by: key) == ListCursor(updatedAtMs: 1234, conversationID: "conv"))
      }
      for row in [Sample.row(), Sample.row(.max, model: "", version: "v"), Sample.row(0, model: "m\u{0}", version: "")]
      {
        try keys.usage(row).withUnsafeBytes { key in
          let parsed = try #require(KeyLayout.usage(of: key))
          #expect(parsed.user.utf8.elementsEqual(user.utf8))
          #expect(parsed.row == row)
        }
      }
      keys.turnMark(5, offset: 77).withUnsafeBytes { #expect(KeyLayout.checkpoint(of: $0)?.isMark == true) }
      keys.turnText(5, offset: 77).withUnsafeBytes {
        #expect(KeyLayout.checkpoint(of: $0).map { [$0.turn, $0.offset] } == [5, 77])
      }
    }
    for broken in [[], [0], [0, 9, 1], [1, 0]] as [[UInt8]] {
      broken.withUnsafeBytes {
        #expect(KeyLayout.user(of: $0) == nil)
        #expect(KeyLayout.listed(by: $0) == nil)
        #expect(KeyLayout.checkpoint(of: $0) == nil)
        #expect(KeyLayout.usage(of: $0) == nil)
      }
    }
  }

  @Test("ids outside their limits make no key")
  func limits() throws {
    #expect(throws: StoreError.self) { try UserKeys("") }
    #expect(throws: StoreError.self) { try UserKeys(String(repeating: "a", count: 257)) }
    let keys = try UserKeys("u")
    #expect(throws: StoreError.self) { try keys.conversation("") }
    #expect(throws: StoreError.self) { try keys.conversation(String(repeating: "c", count: 65)) }
    #expect(throws: StoreError.self) { try keys.messages(String(repeating: "c", count: 65)) }
    #expect(throws: StoreError.self) { try keys.sent("") }
    #expect(throws: StoreError.self) { try keys.sent(String(repeating: "x", count: 257)) }
  }

  @Test("the key above a prefix is right also when the prefix ends in 0xFF")
  func prefixEnd() {
    #expect(KeyRange(prefix: [0, 1, 0x41]).upper == [0, 1, 0x42])
    #expect(KeyRange(prefix: [0, 1, 0xFF]).upper == [0, 2])
    #expect(KeyRange(prefix: [0, 0xFF, 0xFF]).upper == [1])
  }

  @Test("users with hostile ids read back exactly their own data")
  func isolationOnDisk() async throws {
    let directory = try TemporaryDirectory()
    let store = try Store.open(directory: directory.path, options: StoreOptions(durability: .os))
    defer { store.close() }
    let journal = try TestJournal(store)
    defer { journal.journal.shutdown() }
    for (number, user) in Self.hostile.enumerated() {
      let result = await journal.commit(Sample.sending(user, "c", 1, text: "for \(number)"))
      #expect(result == .committed)
    }
    for (number, user) in Self.hostile.enumerated() {
      #expect(try store.tail(user, "c").map(\.plainText) == ["for \(number)"])
      guard case .conversations(let list, nil) = store.answer(.conversations(user, after: nil, limit: 10)),
        case .session(UserState(lastTurnID: 1), let cut) = store.answer(.session(user))
      else {
        Issue.record("no answer for \(user.debugDescription)")
        continue
      }
      #expect(list.map(\.id) == ["c"])
      #expect(cut.map(\.record.turnID) == [1])
    }
    let victim = Self.hostile[0]
    let result = await journal.commit(.deleteConversation(victim, "c", updatedAtMs: 1001))
    #expect(result == .committed)
    #expect(try store.tail(victim, "c").isEmpty)
    for user in Self.hostile.dropFirst() { #expect(try store.tail(user, "c").count == 1) }
  }
}
