/// What came to the devices in a time.
struct ChatFigures {
  var deltas = 0
  var textBytes = 0
  /// The deltas' frames with their headers.
  var wireBytes = 0
  /// Tokens with a stamp.
  var stamped = 0
  /// From a token's sending by the mock provider to its reading by the device.
  var lag = LatencyHistogram()
  /// Between two deltas of one answer.
  var pause = LatencyHistogram()
}

/// How one round went.
struct ChatResult {
  var figures: ChatFigures
  var span: Meter.Span
  /// True if all answers streamed during all of `span`.
  var isSteady: Bool
  /// From a message's sending to its answer's first delta, of all devices.
  var firstDelta: LatencyHistogram
  /// The lag of each answer's first token, if stamped.
  var firstLag: LatencyHistogram
  /// Answers that came whole.
  var answers: Int
  /// Answers that did not end in time; what came of them was in order.
  var unfinished: Int
  /// Different texts among the answers; nil where stamps make each different.
  var texts: Int?
  /// Of the whole answers.
  var totalBytes: Int
  var totalTokens: UInt64
  /// The server's memory: before, and the most that was seen.
  var residentBefore: UInt64
  var residentPeak: UInt64

  /// Tokens in `span`: counted if they are stamped, else from the bytes and the answers' usage.
  var tokens: Double {
    if figures.stamped > 0 || totalBytes == 0 { return Double(figures.stamped) }
    return Double(figures.textBytes) * Double(totalTokens) / Double(totalBytes)
  }

  /// Adds the figures that all chat measurements share.
  func add(to report: inout Report) {
    report.add("answers", "answers, whole and in order", answers)
    if unfinished > 0 { report.add("unfinished", "answers that did not end in time", unfinished) }
    if let texts { report.add("texts", "different texts", texts) }
    report.add(
      "window_s", isSteady ? "measured while all streamed" : "measured from first to last", span.seconds, "s", digits: 2
    )
    report.add("tokens_per_s", "tokens", tokens / span.seconds, "/s")
    report.add("deltas_per_s", "deltas", Double(figures.deltas) / span.seconds, "/s")
    report.add("text_bytes_per_s", "text", Double(figures.textBytes) / span.seconds, "bytes/s")
    if figures.deltas > 0 {
      report.add("tokens_per_delta", "tokens per delta", tokens / Double(figures.deltas), digits: 2)
      let overhead = Double(figures.wireBytes - figures.textBytes) / Double(figures.deltas)
      report.add("overhead_bytes_per_delta", "wire bytes over the text, per delta", overhead, "bytes", digits: 1)
    }
    report.add("first_delta", "first delta", firstDelta)
    report.add("first_lag", "first token's lag", firstLag)
    report.add("lag", "lag", figures.lag)
    report.add("pause", "pause between deltas", figures.pause)
    span.add(to: &report, events: tokens, event: "token")
    if residentPeak > 0 {
      report.add("rss_before_mib", "server memory before", Double(residentBefore) / 1_048_576, "MiB", digits: 1)
      report.add("rss_peak_mib", "server memory, most", Double(residentPeak) / 1_048_576, "MiB", digits: 1)
    }
  }
}
