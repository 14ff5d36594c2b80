import Foundation
import NIOCore
import Testing
import WeirCore
import WeirWire

@testable import WeirStore

@Suite("Exporting a person")
struct ExportTests {
  let directory: TemporaryDirectory
  let store: Store

  init() throws {
    directory = try TemporaryDirectory()
    store = try Store.open(directory: directory.path, options: StoreOptions(durability: .os))
  }

  private func lines(_ export: ((ByteBuffer) throws -> Void) throws -> Void) throws -> [[String: Any]] {
    var all = ByteBuffer()
    try export { piece in
      var piece = piece
      all.writeBuffer(&piece)
    }
    let text = String(buffer: all)
    #expect(text.hasSuffix("\n"))
    return try text.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
  }

  @Test("everything of the user is in it, and nothing of anybody else")
  func everything() async throws {
    let journal = try TestJournal(store)
    let user = "ann \"\n\u{1}é"
    await journal.live("other", mark: "secret")
    await journal.live(user)
    journal.journal.shutdown()
    let lines = try lines { try store.export(user, $0) }
    #expect(
      lines.map { $0["record"] as? String }
        == ["user", "conversation", "message", "message", "message", "turn", "turn", "usage", "end"])
    #expect(
      lines[0]["user"] as? String == user && lines[0]["dayTokens"] as? Int == 7 && lines[0]["plan"] as? String == "pro")
    #expect((lines[1]["conversation"] as? [String: Any])?["title"] as? String == "about x")
    let message = try #require(lines[3]["message"] as? [String: Any])
    #expect(message["role"] as? String == "ROLE_ASSISTANT" && lines[3]["conversationId"] as? String == "c-x")
    #expect((message["parts"] as? [[String: Any]])?.first?["text"] as? String == "answer x")
    #expect((lines[2]["message"] as? [String: Any])?["clientMessageId"] as? String == "m1-x")
    #expect(lines[5]["text"] as? String == "text x" && lines[5]["turnId"] as? Int == 2)
    #expect(lines[7]["day"] as? String == "2024-10-04" && lines[7]["inputTokens"] as? Int == 7)
    #expect(lines[8]["messages"] as? Int == 3 && lines[8]["turns"] as? Int == 2)
    store.close()
    let offline = try self.lines { try Store.export(user, in: directory.path, $0) }
    #expect(offline.count == lines.count && offline.map { "\($0)" }.joined().contains("secret") == false)
  }

  @Test("a user that nobody knows has a line that says so, and an end")
  func unknown() throws {
    let lines = try lines { try store.export("nobody", $0) }
    #expect(lines.map { $0["record"] as? String } == ["user", "end"])
    #expect(lines[0].count == 2 && lines[1]["messages"] as? Int == 0)
    #expect(throws: StoreError.self) { try store.export("") { _ in } }
    store.close()
  }

  @Test("a long export comes in pieces of bounded size, and ends where its receiver ends it")
  func pieces() async throws {
    struct Enough: Error {}
    let journal = try TestJournal(store)
    let text = String(repeating: "x", count: 10_000)
    _ = await journal.commit(together: (1...200).map { Sample.sending("ann", "c", $0, text: text) })
    journal.journal.shutdown()
    var sizes: [Int] = []
    try store.export("ann") { sizes.append($0.readableBytes) }
    #expect(sizes.count > 20 && sizes.reduce(0, +) > 2_000_000)
    #expect(sizes.allSatisfy { $0 < 64 << 10 + 11_000 })
    var count = 0
    #expect(throws: Enough.self) {
      try store.export("ann") { _ in
        count += 1
        if count == 2 { throw Enough() }
      }
    }
    #expect(count == 2)
    store.close()
  }
}
