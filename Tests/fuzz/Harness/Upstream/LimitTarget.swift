@testable import WeirUpstream

#if canImport(FuzzSupport)
  import FuzzSupport
#endif

/// The headers in which providers tell their limits.
enum LimitTarget {
  private static let dayMs = 86_400_000

  static let target = FuzzTarget("provider-headers") { bytes in
    let lines = Array(bytes).split(separator: UInt8(ascii: "\n")).map { Array($0) }
    for line in lines { _ = ProviderLimits.concerns(line) }
    let limits = ProviderLimits(lines: lines, wallClockMs: 1_700_000_000_000)
    let times = [limits.requests, limits.tokens, limits.inputTokens, limits.outputTokens].compactMap(\.resetAfterMs)
    for time in times + [limits.retryAfterMs ?? 0, limits.adviceMs] {
      try promise((0...dayMs).contains(time), "no advice is longer than a day: \(time)")
    }
    for count in [limits.requests.limit, limits.requests.remaining, limits.tokens.remaining].compactMap({ $0 }) {
      try promise(count >= 0, "a count is none below 0: \(count)")
    }
  }
}
