import Dispatch
import Logging
import NIOCore
import Synchronization
import WeirCore
import WeirStore
import WeirWire

/// Fills a data directory with conversations through the journal, so that what is read afterwards lies as the server
/// itself would have laid it.
struct StoreFill {
  /// What every program that reads the filled store has to know of it.
  enum Layout {
    static let conversationsOfUser = 5
    static let messagesOfConversation = 100
    static let messagesOfUser = conversationsOfUser * messagesOfConversation

    static func user(_ number: Int) -> UserID { "fill-" + padded(number, to: 8) }
    static func conversation(_ number: Int) -> ConversationID { "c\(number)" }

    private static func padded(_ number: Int, to digits: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
  }

  /// Different texts; far more than fit a block of the store's files, so that they do not compress as copies would.
  private static let texts: [String] = (0..<8192).map { number in
    String(decoding: SampleText.json(bytes: 120 + number % 161, number: UInt64(number)), as: UTF8.self)
  }
  /// Conversations handed over in one go; two such lots are on the way at a time.
  private static let lot = 200

  let directory: String
  let users: Int

  /// Fills, calling `progress` with the messages that are stored, and closes the store.
  func run(progress: (Int) -> Void) throws {
    let store = try Store.open(directory: directory, options: StoreOptions(durability: .os))
    defer { store.close() }
    let (answered, failed) = (DispatchSemaphore(value: 0), Failed())
    let journal = try Journal(
      store: store,
      replies: [
        { replies in
          for reply in replies {
            if case .failed(let sentence) = reply.result { failed.set(sentence) }
            answered.signal()
          }
        }
      ])
    defer { journal.shutdown() }
    var waiting = 0
    var stored = 0
    var entries: [(entry: JournalEntry, token: UInt64)] = []
    func drain(to most: Int) throws(BenchFailure) {
      while waiting > most {
        answered.wait()
        waiting -= 1
        stored += Layout.messagesOfConversation
      }
      if let sentence = failed.sentence { throw BenchFailure("The store could not be filled: \(sentence)") }
      progress(stored)
    }
    for user in 0..<users {
      for conversation in 0..<Layout.conversationsOfUser {
        entries.append((entry(user, conversation), 1))
        if entries.count < Self.lot { continue }
        journal.append(contentsOf: entries, shard: 0)
        waiting += entries.count
        entries.removeAll(keepingCapacity: true)
        try drain(to: Self.lot)
      }
    }
    journal.append(contentsOf: entries, shard: 0)
    waiting += entries.count
    try drain(to: 0)
    try store.flush()
  }

  /// A whole conversation.
  private func entry(_ user: Int, _ number: Int) -> JournalEntry {
    let (name, id) = (Layout.user(user), Layout.conversation(number))
    let start: UInt64 = 1_700_000_000_000 + UInt64(user * Layout.conversationsOfUser + number) * 1000
    var writes: [StoreWrite] = []
    writes.reserveCapacity(Layout.messagesOfConversation + 2)
    let turnsBefore = number * Layout.messagesOfConversation / 2
    writes.append(.user(name, UserState(lastTurnID: UInt64(turnsBefore + Layout.messagesOfConversation / 2))))
    let count = UInt64(Layout.messagesOfConversation)
    let conversation = Conversation(
      id: id, title: "Conversation \(number)", createdAtMs: start, updatedAtMs: start + count, revision: count,
      lastSequence: count)
    writes.append(.conversation(name, conversation, previousUpdatedAtMs: nil))
    for place in 0..<Layout.messagesOfConversation {
      let text = Self.texts[(user &* 7919 &+ number &* 104_729 &+ place &* 31) % Self.texts.count]
      let isAnswer = place % 2 == 1
      let message = Message(
        sequence: UInt64(place + 1), role: isAnswer ? .assistant : .user, parts: [Part(part: .text(text))],
        createdAtMs: start + UInt64(place), turnID: UInt64(turnsBefore + place / 2 + 1), status: .complete,
        finishReason: isAnswer ? .complete : .unspecified, model: isAnswer ? "mock" : "")
      writes.append(.message(name, id, message))
    }
    return JournalEntry(writes: writes)
  }

  /// Why the journal failed, told by its thread.
  private final class Failed: Sendable {
    private let hasFailed = Atomic<Bool>(false)

    func set(_ sentence: String) {
      if !hasFailed.exchange(true, ordering: .relaxed) {
        Logger(label: "weir.bench").error("\(sentence)")
      }
    }

    var sentence: String? {
      hasFailed.load(ordering: .relaxed) ? "its reason is in the log above. Look at the disk's space." : nil
    }
  }
}
