// A row of the usage ledger, after schemas/weir/store/v1/records.proto.

internal import WeirCore

extension UsageFigures: StoredRecord {
  static let name = "usage row"

  mutating func take(_ value: RecordReader.Value, field: UInt64) {
    guard case .number(let number) = value else { return }
    switch field {
    case 1: turns = number
    case 2: failures = number
    case 3: cacheHits = number
    case 4: inputTokens = number
    case 5: cachedInputTokens = number
    case 6: outputTokens = number
    case 7: cost = number
    case 8: saved = number
    default: break
    }
  }

  func write(to writer: inout RecordWriter) {
    writer.number(1, turns)
    writer.number(2, failures)
    writer.number(3, cacheHits)
    writer.number(4, inputTokens)
    writer.number(5, cachedInputTokens)
    writer.number(6, outputTokens)
    writer.number(7, cost)
    writer.number(8, saved)
  }
}
