import Dispatch
import Glibc
import WeirCore
import WeirStore
import WeirWire

extension Case {
  /// The journal, without fsync: what it costs besides the disk.
  static let store: [Case] = [
    Case(name: "journal-100", operation: "a message through the journal, put in and committed 100 at a time") {
      try journal(batch: 100)
    },
    Case(name: "journal-1", operation: "the same, one at a time: with two wake-ups") { try journal(batch: 1) },
  ]

  private static func journal(batch: Int) throws -> (Int) -> Void {
    // Whoever runs this removes it: bench/micro/run gives a directory that goes with it.
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/weir-micro-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else {
      throw MicroFailure(description: "No directory can be made in \(parent). Set TMPDIR to one where there is room.")
    }
    let directory = template.withUnsafeBytes { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    let store = try Store.open(directory: directory, options: StoreOptions(durability: .os))
    let answered = DispatchSemaphore(value: 0)
    let journal = try Journal(
      store: store, replies: [{ replies in for _ in replies { answered.signal() } }])
    let text = Part(part: .text(String(repeating: "rivers ", count: 17)))
    var sequence: UInt64 = 0
    return { count in
      var left = count
      while left > 0 {
        let entries = (0..<min(batch, left)).map { _ in
          sequence += 1
          let message = Message(sequence: sequence, role: .user, parts: [text], createdAtMs: 1, turnID: sequence)
          return (entry: JournalEntry(writes: [.message("ann", "c1", message)]), token: UInt64(1))
        }
        journal.append(contentsOf: entries, shard: 0)
        for _ in entries { answered.wait() }
        left -= entries.count
      }
      withExtendedLifetime(store) {}
    }
  }
}

/// Why a case could not be prepared.
struct MicroFailure: Error, CustomStringConvertible {
  let description: String
}
