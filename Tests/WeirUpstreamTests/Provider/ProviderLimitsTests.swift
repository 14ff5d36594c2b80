import Testing

@testable import WeirUpstream

@Suite("Provider limits")
struct ProviderLimitsTests {
  /// 2026-01-31 12:00:00 UTC.
  static let now: UInt64 = 1_769_860_800_000

  private func limits(_ lines: String...) -> ProviderLimits {
    ProviderLimits(lines: lines.map { Array(($0 + "\r\n").utf8) }, wallClockMs: Self.now)
  }

  @Test("OpenAI's headers are understood")
  func openAI() {
    let limits = limits(
      "x-ratelimit-limit-requests: 60", "X-RateLimit-Remaining-Requests: 59", "x-ratelimit-reset-requests: 1s",
      "x-ratelimit-limit-tokens:150000", "x-ratelimit-remaining-tokens: 149984 ", "x-ratelimit-reset-tokens: 6m0s",
      "x-ratelimit-limit: 7", "x-ratelimit-limit-images: 7", "x-request-id: x-ratelimit-limit-tokens")
    #expect(limits.requests == .init(limit: 60, remaining: 59, resetAfterMs: 1000))
    #expect(limits.tokens == .init(limit: 150_000, remaining: 149_984, resetAfterMs: 360_000))
    #expect(limits.retryAfterMs == nil && limits.adviceMs == 0)
  }

  @Test("the largest number there is means as much as numbers go to here, so that several can be added up")
  func noLimit() {
    let limits = limits("x-ratelimit-remaining-tokens: \(Int.max)", "x-ratelimit-limit-tokens: 1e18")
    #expect(limits.tokens.remaining == 1 << 53)
    #expect(limits.tokens.limit == nil)
  }

  @Test("Anthropic's headers are understood, as times from now")
  func anthropic() {
    let limits = limits(
      "anthropic-ratelimit-requests-limit: 1000", "anthropic-ratelimit-requests-remaining: 0",
      "anthropic-ratelimit-requests-reset: 2026-01-31T12:00:07Z", "anthropic-ratelimit-tokens-limit: 90000",
      "anthropic-ratelimit-input-tokens-remaining: 12", "anthropic-ratelimit-input-tokens-reset: 2026-01-31T11:59:00Z",
      "anthropic-ratelimit-output-tokens-limit: 8000", "anthropic-ratelimit-unified-status: allowed")
    #expect(limits.requests == .init(limit: 1000, remaining: 0, resetAfterMs: 7000))
    #expect(limits.tokens == .init(limit: 90_000))
    #expect(limits.inputTokens == .init(remaining: 12, resetAfterMs: 0))
    #expect(limits.outputTokens == .init(limit: 8000))
    #expect(limits.adviceMs == 7000, "what is used up says when to come again")
  }

  @Test("a time to come again counts before all else")
  func retryAfter() {
    #expect(limits("Retry-After: 7").retryAfterMs == 7000)
    #expect(limits("retry-after: 0.5").adviceMs == 500)
    #expect(limits("retry-after: Sat, 31 Jan 2026 12:00:20 GMT").retryAfterMs == 20_000)
    #expect(limits("retry-after: Sat, 31 Jan 2026 11:00:00 GMT").retryAfterMs == 0)
    #expect(limits("retry-after: 7", "retry-after-ms: 6500").retryAfterMs == 6500)
    #expect(limits("retry-after-ms: 6500", "retry-after: 7").retryAfterMs == 6500)
    #expect(limits("retry-after: 100000000").retryAfterMs == 86_400_000, "a day at most")
    for odd in ["", "soon", "-1", "nan", "inf", "7 s", "Sat, 99 Jan 2026 12:00:20 GMT", "a, b c d e f"] {
      #expect(limits("retry-after: \(odd)").retryAfterMs == nil, "\(odd)")
    }
  }

  @Test(
    "lengths of time are understood",
    arguments: [
      ("6m0s", 360_000), ("1s", 1000), ("20ms", 20), ("1h2m3.5s", 3_723_500), ("2m59.56s", 179_560), ("7.66s", 7660),
      ("12", 12_000), ("0s", 0), ("1d", 86_400_000), ("400ns", 1), ("99999h", 86_400_000), ("", nil), ("s", nil),
      ("1x", nil), ("1s2", nil), ("-1s", nil), ("1.2.3s", nil), ("٣s", nil),
    ] as [(String, Int?)])
  func durations(_ text: String, _ expected: Int?) {
    #expect(ProviderTime.durationMs(text[...]) == expected)
  }

  @Test(
    "moments are understood in all forms that RFC 9110 and RFC 3339 have",
    arguments: [
      ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777_000),
      // Two digits are of this century: only a server whose clock is wrong means another.
      ("Sunday, 06-Nov-94 08:49:37 GMT", 3_939_871_777_000),
      ("Saturday, 31-Jan-26 12:00:00 GMT", now), ("Sun Nov  6 08:49:37 1994", 784_111_777_000),
      ("Thu, 29 Feb 2024 00:00:00 GMT", 1_709_164_800_000), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
      ("Thu, 01 Jan 1970 00:00 GMT", nil), ("Thu, 01 Foo 1970 00:00:00 GMT", nil),
      ("Thu, 01 Jan 1970 25:00:00 GMT", nil),
    ] as [(String, UInt64?)])
  func dates(_ text: String, _ expected: UInt64?) {
    #expect(ProviderTime.httpDateMs(text[...]) == expected)
  }

  @Test(
    "moments of RFC 3339 are understood",
    arguments: [
      ("2026-01-31T12:00:00Z", now), ("2026-01-31T12:00:00.250Z", now + 250), ("2026-01-31T13:30:00+01:30", now),
      ("2026-01-31t07:00:00-05:00", now), ("1970-01-01T00:00:00+01:00", nil), ("2026-13-31T12:00:00Z", nil),
      ("2026-01-31T12:00:00", nil), ("2026-01-31", nil), ("2026-01-31T12:00:00Zx", nil), ("--T::Z", nil), ("", nil),
    ] as [(String, UInt64?)])
  func rfc3339(_ text: String, _ expected: UInt64?) {
    #expect(ProviderTime.rfc3339Ms(text[...]) == expected)
  }

  @Test("hostile headers are neither kept nor believed")
  func hostile() {
    #expect(!ProviderLimits.concerns(Array("x-ratelimit-limit-tokens: \(String(repeating: "9", count: 300))".utf8)))
    #expect(ProviderLimits.concerns(Array("Retry-After: 7\r\n".utf8)))
    #expect(!ProviderLimits.concerns(Array("Content-Type: text/event-stream\r\n".utf8)))
    #expect(!ProviderLimits.concerns([UInt8]()))
    let odd = limits(
      "x-ratelimit-limit-tokens: 99999999999999999999999", "x-ratelimit-remaining-tokens: -5",
      "x-ratelimit-limit-requests: nan", "x-ratelimit-", "x-ratelimit-limit-", "anthropic-ratelimit-", "retry-after")
    #expect(odd.tokens == .init(remaining: 0) && odd.requests == .init())
    var many = Array(repeating: Array("x-other: 1".utf8), count: ProviderLimits.maximumLines)
    many.append(Array("retry-after: 7".utf8))
    #expect(ProviderLimits(lines: many, wallClockMs: Self.now) == ProviderLimits())
    for seed in UInt64(1)...3000 {
      var random = SeededRandom(seed: seed)
      let bytes = (0..<Int.random(in: 0...30, using: &random)).map { _ in
        Array("0123456789:-TZ+. ,msJanGMT".utf8).randomElement(using: &random) ?? 0
      }
      let text = String(decoding: bytes, as: UTF8.self)[...]
      #expect((ProviderTime.durationMs(text) ?? 0) <= 86_400_000, "seed \(seed)")
      #expect((ProviderTime.retryAfterMs(text, wallClockMs: Self.now) ?? 0) <= 86_400_000, "seed \(seed)")
      _ = ProviderTime.rfc3339Ms(text)
    }
  }
}
