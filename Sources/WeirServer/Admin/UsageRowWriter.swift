import NIOCore
import WeirCore
import WeirStore

/// Writes rows of the usage ledger as CSV (RFC 4180) or JSON, into a buffer that is taken now and then.
struct UsageRowWriter {
  private let query: UsageQuery
  private(set) var bytes = ByteBuffer()
  private var isFirst = true

  static let columns = [
    "day", "user", "model", "prompt_version", "turns", "failures", "cache_hits", "input_tokens",
    "cached_input_tokens", "output_tokens", "cost", "saved",
  ]

  init(_ query: UsageQuery) {
    self.query = query
    switch query.format {
    case .csv: bytes.writeString(Self.columns.joined(separator: ",") + "\r\n")
    case .json:
      let (from, to) = (UTCDate.text(day: query.days.lowerBound), UTCDate.text(day: query.days.upperBound))
      bytes.writeString("{\"from\":\"\(from)\",\"to\":\"\(to)\",\"rows\":[")
    }
  }

  mutating func add(_ user: UserID, _ key: UsageKey, _ figures: UsageFigures) {
    let texts = [UTCDate.text(day: key.day), user, key.model, key.promptVersion]
    let numbers = [
      figures.turns, figures.failures, figures.cacheHits, figures.inputTokens, figures.cachedInputTokens,
      figures.outputTokens,
    ]
    let sums = [MoneyText.decimal(figures.cost), MoneyText.decimal(figures.saved)]
    switch query.format {
    case .csv:
      let fields = texts.map(Self.csv) + numbers.map { "\($0)" } + sums
      bytes.writeString(fields.joined(separator: ",") + "\r\n")
    case .json:
      bytes.writeStaticString(isFirst ? "\n{" : ",\n{")
      for (index, name) in Self.columns.enumerated() {
        bytes.writeString("\(index == 0 ? "" : ",")\"\(name)\":")
        if index < texts.count {
          JSONBytes.append(texts[index], to: &bytes)
        } else if index < texts.count + numbers.count {
          bytes.writeString("\(numbers[index - texts.count])")
        } else {
          bytes.writeString("\"\(sums[index - texts.count - numbers.count])\"")
        }
      }
      bytes.writeStaticString("}")
    }
    isFirst = false
  }

  mutating func finish() {
    if query.format == .json { bytes.writeStaticString("\n]}\n") }
  }

  mutating func take() -> ByteBuffer {
    let taken = bytes
    bytes = ByteBuffer()
    return taken
  }

  private static func csv(_ text: String) -> String {
    let needsQuotes = text.utf8.contains {
      $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") || $0 == 0x0A || $0 == 0x0D
    }
    if !needsQuotes { return text }
    return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
  }
}
