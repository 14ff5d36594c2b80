import Testing
import WeirCore
import WeirWire

@testable import WeirStore

@Suite("Pages")
struct PagingTests: HasStore {
  let rig: StoreRig

  init() throws { rig = try StoreRig() }

  @Test(
    "pages of history join without a gap or a double, however large they are", arguments: [1, 2, 7, 49, 50, 51, 1000])
  func history(limit: Int) async throws {
    // Sequences with gaps, across the borders of bytes.
    let sequences = (0..<50).map { UInt64($0) * 7 + 1 }
    let writes = sequences.map { StoreWrite.message("u", "c", Sample.message($0, "text \($0)")) }
    _ = await journal.commit(
      JournalEntry(
        writes: writes + [.conversation("u", Sample.conversation("c", at: 1), previousUpdatedAtMs: nil)]))
    _ = await journal.commit(.message("u", "b", Sample.message(1)), .message("u", "d", Sample.message(1)))
    var collected: [Message] = []
    var before: UInt64?
    var pages = 0
    while true {
      guard
        case .history(let conversation, let page, let hasMore) = store.answer(
          .history("u", "c", before: before, limit: limit))
      else { return }
      #expect(conversation?.id == "c")
      #expect(page.count <= limit)
      collected = page + collected
      pages += 1
      before = page.first?.sequence
      if !hasMore { break }
      try #require(!page.isEmpty, "a page that promises more has to bring some")
    }
    #expect(collected.map(\.sequence) == sequences)
    #expect(collected.map(\.plainText) == sequences.map { "text \($0)" })
    #expect(pages == (50 + limit - 1) / limit)
    close()
  }

  @Test("a page is limited by bytes as well, and holds at least one message")
  func bytes() async {
    let text = String(repeating: "x", count: 1000)
    let writes = (1...10).map { StoreWrite.message("u", "c", Sample.message($0, text)) }
    _ = await journal.commit(
      JournalEntry(writes: writes + [.conversation("u", Sample.conversation("c", at: 1), previousUpdatedAtMs: nil)]))
    func tail(_ messages: Int, _ bytes: Int) -> ([UInt64], Bool)? {
      guard
        case .conversation(_, let tail, let hasMore) = store.answer(
          .conversation("u", "c", tailMessages: messages, tailBytes: bytes))
      else { return nil }
      return (tail.map(\.sequence), hasMore)
    }
    #expect(tail(100, 3500).map { $0 == ([8, 9, 10], true) } == true)
    #expect(tail(100, 1).map { $0 == ([10], true) } == true)
    #expect(tail(100, 1 << 20).map { $0 == (Array(1...10), false) } == true)
    #expect(tail(10, 1 << 20).map { $0 == (Array(1...10), false) } == true)
    #expect(tail(4, 1 << 20).map { $0 == (Array(7...10), true) } == true)
    #expect(tail(0, 1 << 20).map { $0 == ([], true) } == true)
    #expect(tail(-5, -5).map { $0 == ([], true) } == true)
    #expect(
      store.answer(.history("u", "c", before: 0, limit: 5))
        == .history(conversation: Sample.conversation("c", at: 1), messages: [], hasMore: false))
    close()
  }

  @Test("the list has last changed first, each once, over pages of any size", arguments: [1, 3, 20, 21, 1000])
  func list(limit: Int) async throws {
    for number in 0..<21 as Range<UInt64> {
      // Three share each time, so that the id has to decide.
      let conversation = Sample.conversation("c\(number)", at: 100 + number / 3)
      _ = await journal.commit(.conversation("u", conversation, previousUpdatedAtMs: nil))
    }
    // Changed again, to the front; deleted; and another user's.
    _ = await journal.commit(.conversation("u", Sample.conversation("c4", at: 900), previousUpdatedAtMs: 101))
    _ = await journal.commit(
      .conversation("u", Sample.conversation("c4", at: 900, revision: 2), previousUpdatedAtMs: 900))
    _ = await journal.commit(.deleteConversation("u", "c9", updatedAtMs: 103))
    _ = await journal.commit(.conversation("ua", Sample.conversation("x", at: 5000), previousUpdatedAtMs: nil))
    var collected: [Conversation] = []
    var cursor: ListCursor?
    repeat {
      guard
        case .conversations(let page, let next) = store.answer(.conversations("u", after: cursor, limit: limit))
      else { return }
      #expect(page.count <= limit)
      collected += page
      cursor = next
    } while cursor != nil
    let expected = (0..<21).map { "c\($0)" }.filter { $0 != "c9" }.sorted {
      let (first, second) = (time($0), time($1))
      return first == second ? $0 < $1 : first > second
    }
    #expect(collected.map(\.id) == expected)
    #expect(collected.first?.revision == 2)
    #expect(try store.keyCount(.conversationList) == 21)
    close()

    func time(_ id: String) -> Int { id == "c4" ? 900 : 100 + (Int(id.dropFirst()) ?? 0) / 3 }
  }
}
