/// What a storm brought.
struct StormFigures {
  var deltas = 0
  /// Tokens whose device was there when they were sent.
  var live = 0
  /// Tokens that were sent while their device was away, and came later.
  var caughtUp = 0
  /// Of the live tokens: from the provider's sending to the device's reading.
  var lag = LatencyHistogram()
  /// From a device's new connection to its first text.
  var resume = LatencyHistogram()
  var drops = 0
  var returns = 0
  /// One for each second.
  private(set) var seconds: [Second] = []

  /// One second of the storm.
  struct Second {
    var tokens = 0
    var drops = 0
    var lag = LatencyHistogram()
  }

  var tokens: Int { live + caughtUp }

  /// Counts a token, `second` seconds after the beginning.
  mutating func took(isLive: Bool, lag nanoseconds: UInt64, second: Int) {
    grow(to: second)
    seconds[second].tokens += 1
    guard isLive else { return caughtUp += 1 }
    live += 1
    lag.record(nanoseconds)
    seconds[second].lag.record(nanoseconds)
  }

  mutating func dropped(second: Int) {
    grow(to: second)
    seconds[second].drops += 1
    drops += 1
  }

  private mutating func grow(to second: Int) {
    while seconds.count <= second { seconds.append(Second()) }
  }

  func add(to report: inout Report, _ span: Meter.Span) {
    report.add("tokens_per_s", "tokens", Double(tokens) / span.seconds, "/s")
    report.add("tokens_per_delta", "tokens per delta", Double(tokens) / Double(max(1, deltas)), digits: 2)
    report.add("drops", "connections lost", drops)
    report.add("resumes", "answers resumed", returns)
    report.add("caught_up", "tokens sent while their device was away", caughtUp)
    report.add("lag", "lag", lag)
    report.add("resume", "back to first text", resume)
    span.add(to: &report, events: Double(tokens), event: "token")
    let rows = seconds.enumerated().map { second, figures in
      let high = Double(figures.lag.percentile(0.99) ?? 0) / 1e6
      let middle = Double(figures.lag.percentile(0.5) ?? 0) / 1e6
      return "[\(second),\(figures.tokens),\(figures.drops),\(JSONLine.decimal(middle, digits: 3)),"
        + "\(JSONLine.decimal(high, digits: 3))]"
    }
    report.add("timeline", json: "[\(rows.joined(separator: ","))]")
  }
}
