/// What a provider says of its limits in the headers of a response.
package struct ProviderLimits: Sendable, Equatable {
  /// One limit; nil: not said.
  package struct Allowance: Sendable, Equatable {
    package var limit: Int?
    package var remaining: Int?
    /// Until it is whole again.
    package var resetAfterMs: Int?

    package init(limit: Int? = nil, remaining: Int? = nil, resetAfterMs: Int? = nil) {
      self.limit = limit
      self.remaining = remaining
      self.resetAfterMs = resetAfterMs
    }
  }

  package var requests = Allowance()
  package var tokens = Allowance()
  /// Anthropic's limits of each direction, beside that of both.
  package var inputTokens = Allowance()
  package var outputTokens = Allowance()
  /// Not to be asked before; nil: not said.
  package var retryAfterMs: Int?

  package init() {}

  /// When to come again after a refusal: as the provider says, else when what is used up is there again; 0: not known.
  package var adviceMs: Int {
    if let retryAfterMs { return retryAfterMs }
    let usedUp = [requests, tokens, inputTokens, outputTokens].filter { $0.remaining == 0 }
    return usedUp.compactMap(\.resetAfterMs).max() ?? 0
  }
}

// Reading.
extension ProviderLimits {
  /// Lines that matter are shorter; longer ones are not looked at.
  static let maximumLineBytes = 256
  /// More are not looked at.
  static let maximumLines = 64

  /// Whether a header line, as it came, may be one that `init(lines:)` reads. Cheap, since all lines are asked.
  static func concerns(_ line: some Collection<UInt8>) -> Bool {
    guard line.count <= maximumLineBytes, let first = line.first else { return false }
    // x-ratelimit-, anthropic-ratelimit-, retry-after, in any case.
    switch first | 0x20 {
    case UInt8(ascii: "x"), UInt8(ascii: "a"), UInt8(ascii: "r"): return true
    default: return false
    }
  }

  /// Reads header lines, `Name: value`. Moments are told as times from now, `wallClockMs` after 1970.
  init(lines: [[UInt8]], wallClockMs: UInt64) {
    for line in lines.prefix(Self.maximumLines) {
      let text = String(decoding: line, as: UTF8.self)
      guard let colon = text.firstIndex(of: ":") else { continue }
      let value = text[text.index(after: colon)...].trimmed
      take(text[..<colon].lowercased(), value, wallClockMs)
    }
  }

  private mutating func take(_ name: String, _ value: Substring, _ wallClockMs: UInt64) {
    switch name {
    case "retry-after-ms":
      // The finer of two that say the same.
      retryAfterMs = ProviderTime.milliseconds(String(value)) ?? retryAfterMs
    case "retry-after":
      retryAfterMs = retryAfterMs ?? ProviderTime.retryAfterMs(value, wallClockMs: wallClockMs)
    default:
      if name.hasPrefix("x-ratelimit-") {
        takeOpenAI(name.dropFirst("x-ratelimit-".count), value)
      } else if name.hasPrefix("anthropic-ratelimit-") {
        takeAnthropic(name.dropFirst("anthropic-ratelimit-".count), value, wallClockMs)
      }
    }
  }

  /// `limit-requests`, `remaining-tokens`, `reset-requests` …
  private mutating func takeOpenAI(_ name: Substring, _ value: Substring) {
    guard let dash = name.firstIndex(of: "-"), let place = Self.place(name[name.index(after: dash)...]) else { return }
    switch name[..<dash] {
    case "limit": self[keyPath: place].limit = Self.count(value)
    case "remaining": self[keyPath: place].remaining = Self.count(value)
    case "reset": self[keyPath: place].resetAfterMs = ProviderTime.durationMs(value)
    default: break
    }
  }

  /// `requests-limit`, `input-tokens-remaining`, `tokens-reset` …
  private mutating func takeAnthropic(_ name: Substring, _ value: Substring, _ wallClockMs: UInt64) {
    guard let dash = name.lastIndex(of: "-"), let place = Self.place(name[..<dash]) else { return }
    switch name[name.index(after: dash)...] {
    case "limit": self[keyPath: place].limit = Self.count(value)
    case "remaining": self[keyPath: place].remaining = Self.count(value)
    case "reset":
      self[keyPath: place].resetAfterMs = ProviderTime.rfc3339Ms(value).map {
        ProviderTime.untilMs($0, wallClockMs: wallClockMs)
      }
    default: break
    }
  }

  private static func place(_ name: Substring) -> WritableKeyPath<ProviderLimits, Allowance>? {
    switch name {
    case "requests": \.requests
    case "tokens": \.tokens
    case "input-tokens": \.inputTokens
    case "output-tokens": \.outputTokens
    default: nil
    }
  }

  /// Nil for what is no count; some servers write one with a fraction.
  private static func count(_ text: Substring) -> Int? {
    // Several are added up, and some servers say "no limit" with the largest number there is.
    if let whole = Int(text) { return min(max(0, whole), 1 << 53) }
    guard let number = Double(text), number >= 0, number < 1e15 else { return nil }
    return Int(number)
  }
}

extension Substring {
  fileprivate var trimmed: Substring {
    var rest = self
    while rest.first?.isWhitespace == true { rest.removeFirst() }
    while rest.last?.isWhitespace == true { rest.removeLast() }
    return rest
  }
}
