import WeirCore
import WeirWire

@testable import WeirStore

/// A row of the ledger as the tests compare it.
struct LedgerRow: Hashable, CustomStringConvertible {
  var user: [UInt8]
  var row: UsageKey
  var turns: UInt64
  var tokens: UInt64

  init(_ user: UserID, _ row: UsageKey, turns: UInt64, tokens: UInt64) {
    // By bytes: two spellings of one character are two users.
    self.user = Array(user.utf8)
    self.row = row
    self.turns = turns
    self.tokens = tokens
  }

  init(_ user: UserID, _ row: UsageKey, _ figures: UsageFigures) {
    self.init(user, row, turns: figures.turns, tokens: figures.inputTokens)
  }

  var description: String {
    "\(String(decoding: user, as: UTF8.self)) \(row.day) \(row.model) \(row.promptVersion): \(turns) \(tokens)"
  }
}

extension Sample {
  static func row(_ day: UInt32 = 20_000, model: String = "demo", version: String = "v1") -> UsageKey {
    UsageKey(day: day, model: model, promptVersion: version)
  }

  /// What one turn adds.
  static func figures(tokens: UInt64 = 1) -> UsageFigures {
    var figures = UsageFigures()
    figures.turns = 1
    figures.inputTokens = tokens
    return figures
  }

  static func using(_ user: UserID, _ row: UsageKey = row(), tokens: UInt64 = 1) -> StoreWrite {
    .usage(user, row, figures(tokens: tokens))
  }

  static func answer(
    _ text: String = "An answer.", marks: [PlacedMark] = [], expiresAtMs: UInt64 = .max
  ) -> CachedAnswer {
    CachedAnswer(
      text: Array(text.utf8), marks: marks, reason: .complete, usage: nil, model: "demo", expiresAtMs: expiresAtMs)
  }

  static func mark(_ offset: UInt64, _ kind: PartKind, id: String = "", tool: String = "", signature: String = "")
    -> PlacedMark
  {
    var mark = PlacedMark(offset: offset, mark: PartMark(kind: kind, toolCallID: id, toolName: tool))
    mark.signature = signature
    return mark
  }
}

extension Store {
  /// The rows of the ledger, in the order of the walk.
  func ledger(_ days: ClosedRange<UInt32> = 0...(.max), user: UserID? = nil) throws -> [LedgerRow] {
    var rows: [LedgerRow] = []
    try scanUsage(days: days, user: user) { rows.append(LedgerRow($0, $1, $2)) }
    return rows
  }

  static func ledger(in directory: String, _ days: ClosedRange<UInt32> = 0...(.max)) throws -> [LedgerRow] {
    var rows: [LedgerRow] = []
    try scanUsage(in: directory, days: days) { rows.append(LedgerRow($0, $1, $2)) }
    return rows
  }
}
