import NIOCore
import WeirWire

@testable import WeirCore
@testable import WeirStore

#if canImport(FuzzSupport)
  import FuzzSupport
#endif

/// What is read back from the disk, and the answers that are put together from it.
enum StoreTargets {
  static let all = [
    FuzzTarget("store-records", run: records),
    FuzzTarget("store-keys", maximumBytes: 256, run: keys),
    FuzzTarget("token-log", maximumBytes: 256, run: tokenLog),
  ]

  /// A record that is read is written and read again unchanged.
  private static func records(_ bytes: UnsafeRawBufferPointer) throws {
    var input = FuzzInput(bytes)
    let choice = input.choice(8)
    let bytes = input.bytes
    switch choice {
    case 0: try isStable(UserState.self, bytes)
    case 1: try isStable(AnswerRecord.self, bytes)
    case 2: try isStable(SentRecord.self, bytes)
    case 3: try isStable(TurnRecord.self, bytes)
    case 4: try isStable(UsageFigures.self, bytes)
    case 5: try isStable(PlacedMark.self, bytes)
    case 6: if let answer = try isStable(CachedAnswer.self, bytes), answer.isSound { _ = answer.text.count }
    default: try storedValue(bytes)
    }
  }

  @discardableResult
  private static func isStable<Record: StoredRecord>(_ type: Record.Type, _ bytes: [UInt8]) throws -> Record? {
    guard let record = try? bytes.withUnsafeBytes({ try Record.decode($0) }) else { return nil }
    var first = ByteBuffer()
    record.encode(into: &first)
    guard let again = try? first.withUnsafeReadableBytes({ try Record.decode($0) }) else {
      throw Finding("broken: a \(Record.name) that is written can be read")
    }
    var second = ByteBuffer()
    again.encode(into: &second)
    try promise(first == second, "a \(Record.name) stays what it is")
    return record
  }

  private static func storedValue(_ bytes: [UInt8]) throws {
    if let message = try? bytes.withUnsafeBytes({ try StoredValue.message($0) }) {
      let text = message.parts.reduce(0) { $0 + ($1.text?.utf8.count ?? 0) }
      try promise(text <= message.contentBytes, "text is a part of what a message holds")
    }
    _ = try? bytes.withUnsafeBytes { try StoredValue.conversation($0) }
  }

  /// A key says what it was made of, and lies with its owner's alone.
  private static func keys(_ bytes: UnsafeRawBufferPointer) throws {
    _ = KeyLayout.user(of: bytes)
    _ = KeyLayout.checkpoint(of: bytes)
    _ = KeyLayout.usage(of: bytes)
    _ = KeyLayout.listed(by: bytes)
    if let (_, end) = KeyLayout.user(of: bytes) {
      _ = KeyLayout.message(of: bytes, userEnd: end)
      _ = KeyLayout.turn(of: bytes, userEnd: end)
    }
    var input = FuzzInput(bytes)
    let (user, other, id) = (text(&input), text(&input), text(&input))
    let (number, offset) = (input.number(), input.number())
    guard let keys = try? UserKeys(user), let others = try? UserKeys(other) else { return }
    let made = [
      keys.turn(number), keys.turnText(number, offset: offset), keys.turnMark(number, offset: offset),
      (try? keys.listed(updatedAtMs: number, id)) ?? keys.turn(0), (try? keys.conversation(id)) ?? keys.turn(0),
      (try? keys.messages(id))?.message(number) ?? keys.turn(0), (try? keys.sent(id)) ?? keys.turn(0),
    ]
    let ownRange = KeyRange(prefix: keys.prefix)
    let otherRange = KeyRange(prefix: others.prefix)
    for key in made {
      try promise(key.withUnsafeBytes { KeyLayout.user(of: $0)?.user } == user, "a key names its user")
      try promise(ownRange.has(key), "a key lies with its user's")
      try promise(user == other || !otherRange.has(key), "and not with another's")
    }
    let text = made[1].withUnsafeBytes { KeyLayout.checkpoint(of: $0) }
    try promise(text.map { $0 == (number, offset, false) } ?? false, "a text's key says which")
    let mark = made[2].withUnsafeBytes { KeyLayout.checkpoint(of: $0) }
    try promise(mark.map { $0 == (number, offset, true) } ?? false, "a mark's key says which")
    try promise(made[1].lexicographicallyPrecedes(made[2]), "a text comes before the mark at its place")
  }

  private static func text(_ input: inout FuzzInput) -> String { String(decoding: input.chunk(), as: UTF8.self) }

  /// An answer that grows in steps, is checkpointed at any of them, and is put together again from the store.
  private static func tokenLog(_ bytes: UnsafeRawBufferPointer) throws {
    var input = FuzzInput(bytes)
    var log = TokenLog()
    var texts: [Int: [UInt8]] = [:]
    var marks: [UInt64: PlacedMark] = [:]
    while !input.isEmpty {
      switch input.choice(8) {
      case 0: log.begin(.text)
      case 1: log.begin(PartMark(kind: .reasoning))
      case 2: log.begin(PartMark(kind: .toolCall, toolCallID: "c\(input.byte())", toolName: "f"))
      case 3: log.close()
      case 4: log.sign("s")
      case 5, 6: log.append(Array(String(decoding: input.chunk(), as: UTF8.self).utf8).span)
      default:
        guard let (offset, text, fresh) = log.takeCheckpoint() else { continue }
        texts[offset] = text
        for mark in fresh { marks[mark.offset] = try stored(mark) }
      }
    }
    try isSound(log)
    var answer = CheckpointedAnswer(base: 0, limit: .max)
    for place in Set(texts.keys.map { UInt64($0) }).union(marks.keys).sorted() {
      if let text = texts[Int(place)] { text.withUnsafeBytes { answer.add(textAt: place, $0) } }
      if let mark = marks[place] {
        var value = ByteBuffer()
        PlacedMark(offset: 0, mark: mark.mark).encode(into: &value)
        try value.withUnsafeReadableBytes { try answer.add(markAt: place, $0) }
      }
    }
    let whole = answer.whole
    try promise(whole.text == Array(log.bytes[..<log.checkpointed]), "the store has the text up to its checkpoint")
    let expected = log.marks.filter { $0.offset < UInt64(log.checkpointed) }
    try promise(
      whole.marks.map(\.mark) == expected.map(\.mark) && whole.marks.map(\.offset) == expected.map(\.offset),
      "the store has the parts up to its checkpoint: \(whole.marks) and \(expected)")
  }

  private static func stored(_ mark: PlacedMark) throws -> PlacedMark {
    var buffer = ByteBuffer()
    mark.encode(into: &buffer)
    let again = try buffer.withUnsafeReadableBytes { try PlacedMark.decode($0) }
    try promise(again == mark, "a mark stays what it is")
    return again
  }

  private static func isSound(_ log: TokenLog) throws {
    var next = 0
    var joined = 0
    while next < log.count {
      let end = log.part(at: next).end
      try promise(end > next, "every byte belongs to a part")
      joined += end - next
      next = end
    }
    try promise(joined == log.count, "parts are the whole")
    try promise(log.parts.reduce(0) { $0 + $1.contentBytes } == log.count, "an answer's parts hold all its bytes")
  }
}

extension KeyRange {
  fileprivate func has(_ key: [UInt8]) -> Bool {
    !key.lexicographicallyPrecedes(lower) && key.lexicographicallyPrecedes(upper)
  }
}

extension Part {
  /// Its text, if it is plain text.
  fileprivate var text: String? { if case .text(let text)? = part { text } else { nil } }
}
