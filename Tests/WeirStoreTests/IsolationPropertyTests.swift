import Testing
import WeirCore
import WeirWire

@testable import WeirStore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Random lives of users whose names reach for each other's keys, held against a model that knows nothing of keys.
/// `WEIR_STORE_SEEDS` in the environment plays more of them.
@Suite("Isolation of users, whatever the bytes of their names")
struct IsolationPropertyTests {
  private let directory: TemporaryDirectory
  private let store: Store
  private let journal: TestJournal

  init() throws {
    directory = try TemporaryDirectory()
    store = try Store.open(directory: directory.path, options: StoreOptions(durability: .os))
    journal = try TestJournal(store)
  }

  /// What a user should find.
  private struct Kept {
    var messages: [ConversationID: [UInt64: String]] = [:]
    var listedAt: [ConversationID: UInt64] = [:]
    var sent: [String: SentRecord] = [:]
    var turns: [TurnID: ConversationID] = [:]
    var state = UserState()
    var tokens: UInt64 = 0
  }

  /// A user and the model of what is kept. Told apart by its place: strings compare by what a reader sees.
  private struct Person {
    let name: UserID
    var kept = Kept()
    var last: UInt64 = 0
  }

  private static let conversations = ["c", "cc", "c-", "-", String(repeating: "c", count: 64)]

  /// Names that are each other's beginnings, ends, lengths and look-alikes.
  private static func names(_ random: inout SeededRandom) -> [UserID] {
    let pieces = [
      "\u{0}", "\u{1}", "\u{0}\u{1}", "\u{0}\u{2}a", "a", "b", "\u{7F}", "\u{80}", "\u{FF}", "\u{FFFF}", "\u{10FFFF}",
      "é",
      "e\u{301}", "/", "c", "\u{1}c", "id-1", "\u{202E}", "\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{0}\u{1}",
    ]
    var names: [[UInt8]] = [Array("a".utf8), [0]]
    while names.count < 16 {
      let known = String(decoding: names[Int.random(in: 0..<names.count, using: &random)], as: UTF8.self)
      let piece = pieces[Int.random(in: 0..<pieces.count, using: &random)]
      let name =
        switch Int.random(in: 0..<5, using: &random) {
        case 0: known + piece
        case 1: piece + known
        case 2: String(known.unicodeScalars.dropLast())
        case 3: String(repeating: known, count: Int.random(in: 1...300, using: &random))
        default: known + known
        }
      let bytes = Array(name.utf8)
      if (1...KeyLayout.maximumUserBytes).contains(bytes.count), !names.contains(bytes) { names.append(bytes) }
    }
    return names.map { String(decoding: $0, as: UTF8.self) }
  }

  private static var seeds: Int {
    guard let text = getenv("WEIR_STORE_SEEDS"), let count = Int(String(cString: text)) else { return 12 }
    return count
  }

  @Test("no write, deletion or erasure of one user changes what another finds, in any kind of data")
  func lives() async throws {
    for seed in 1...UInt64(Self.seeds) {
      var random = SeededRandom(seed: seed)
      var people = Self.names(&random).map { Person(name: $0) }
      for _ in 0..<120 { await live(&people, &random) }
      for person in people { check(person, "seed \(seed)") }
      // Nobody's keys are left over, and none are missing.
      #expect(
        try store.keyCount(.messages) == people.reduce(0) { $0 + $1.kept.messages.values.reduce(0) { $0 + $1.count } })
      #expect(try store.keyCount(.sent) == people.reduce(0) { $0 + $1.kept.sent.count }, "seed \(seed)")
      #expect(try store.keyCount(.turns) == people.reduce(0) { $0 + $1.kept.turns.count }, "seed \(seed)")
      #expect(try store.keyCount(.usage) == people.count { $0.kept.tokens > 0 }, "seed \(seed)")
      for person in people { _ = await journal.commit(.eraseUser(person.name)) }
      for family in ColumnFamily.allCases where family != .meta {
        #expect(try store.keyCount(family) == 0, "seed \(seed): \(family.rawValue)")
      }
    }
    journal.journal.shutdown()
    store.close()
  }

  /// Something happens to somebody.
  private func live(_ people: inout [Person], _ random: inout SeededRandom) async {
    let place = Int.random(in: 0..<people.count, using: &random)
    let user = people[place].name
    let conversation = Self.conversations[Int.random(in: 0..<Self.conversations.count, using: &random)]
    switch Int.random(in: 0..<20, using: &random) {
    case 0:
      #expect(await journal.commit(.eraseUser(user)) == .committed)
      people[place].kept = Kept()
    case 1, 2:
      guard let listed = people[place].kept.listedAt[conversation] else { return }
      let result = await journal.commit(.deleteConversation(user, conversation, updatedAtMs: listed))
      #expect(result == .committed)
      people[place].kept.messages[conversation] = nil
      people[place].kept.listedAt[conversation] = nil
      people[place].kept.sent = people[place].kept.sent.filter { $0.value.conversationID != conversation }
      people[place].kept.turns = people[place].kept.turns.filter { $0.value != conversation }
    case 3, 4:
      guard let turn = people[place].kept.turns.keys.min() else { return }
      #expect(await journal.commit(.endTurn(user, turn)) == .committed)
      people[place].kept.turns[turn] = nil
    default:
      people[place].last += 1
      let number = people[place].last
      let text = "\(number) of person \(place)"
      let state = UserState(lastTurnID: number)
      let sent = Sample.sent(conversation, number, turn: number)
      let result = await journal.commit(
        .user(user, state),
        .conversation(
          user, Sample.conversation(conversation, at: 1000 + number, revision: number, last: number),
          previousUpdatedAtMs: people[place].kept.listedAt[conversation]),
        .message(user, conversation, Sample.message(number, text, turn: number, clientID: "id-\(number)")),
        .sent(user, clientMessageID: "id-\(number)", sent), .turn(user, Sample.turn(number, in: conversation)),
        .turnText(user, number, offset: 0, text: Array(text.utf8), marks: []),
        Sample.using(user, tokens: number), unlessSent: (user, "id-\(number)"))
      #expect(result == .committed)
      people[place].kept.state = state
      people[place].kept.messages[conversation, default: [:]][number] = text
      people[place].kept.listedAt[conversation] = 1000 + number
      people[place].kept.sent["id-\(number)"] = sent
      people[place].kept.turns[number] = conversation
      people[place].kept.tokens += number
    }
  }

  private func check(_ person: Person, _ seed: String) {
    let (user, kept) = (person.name, person.kept)
    let about = Comment(rawValue: "\(seed), \(user.debugDescription.prefix(80))")
    guard case .conversations(let list, nil) = store.answer(.conversations(user, after: nil, limit: 100)) else {
      Issue.record(about)
      return
    }
    let newest = kept.listedAt.sorted { $0.value > $1.value }.map(\.key)
    #expect(list.map(\.id) == newest, about)
    for conversation in Self.conversations {
      let expected = (kept.messages[conversation] ?? [:]).sorted { $0.key < $1.key }.map(\.value)
      guard
        case .history(_, let messages, let hasMore) = store.answer(
          .history(user, conversation, before: nil, limit: 500))
      else {
        Issue.record(about)
        continue
      }
      #expect(messages.map(\.plainText) == expected && !hasMore, about)
    }
    for number in 0...(person.last + 1) {
      let id = "id-\(number)"
      #expect(store.answer(.sent(user, clientMessageID: id)) == .sent(kept.sent[id]), about)
    }
    guard case .session(let state, let cut) = store.answer(.session(user)) else {
      Issue.record(about)
      return
    }
    #expect(state.lastTurnID == kept.state.lastTurnID, about)
    #expect(cut.map(\.record.turnID).sorted() == kept.turns.keys.sorted(), about)
    for turn in cut {
      let text = kept.messages[turn.record.conversationID]?[turn.record.turnID]
      #expect(String(decoding: turn.text, as: UTF8.self) == text, about)
    }
    let tokens = (try? store.ledger(user: user))?.map(\.tokens) ?? []
    #expect(tokens == (kept.tokens == 0 ? [] : [kept.tokens]), about)
  }
}
