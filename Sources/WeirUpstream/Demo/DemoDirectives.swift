/// Directives in a question to the demo model, such as `[[tokens=500 rate=50 delay=200ms fail=20 stall=10]]`.
///
/// | word | meaning |
/// | --- | --- |
/// | `tokens=N` | the answer's length |
/// | `rate=N` | tokens a second; 0: as fast as they are taken |
/// | `delay=Nms`, `delay=Ns` | time before the first token |
/// | `fail=N` | break off after N tokens |
/// | `stall=N` | fall silent after N tokens |
/// | `reasoning=N` | N tokens of reasoning before the answer |
/// | `tool=NAME` | call the tool in place of an answer; when its result comes, repeat that |
///
/// Words that are none of these, or whose value makes no sense, are ignored.
enum DemoDirectives {
  /// The question without directives, and `configuration` with them applied.
  static func apply(_ question: String, to configuration: DemoConfiguration) -> (String, DemoConfiguration) {
    var rest = Substring(question)
    var plain = ""
    var applied = configuration
    while let start = rest.firstRange(of: "[["), let end = rest[start.upperBound...].firstRange(of: "]]") {
      plain += rest[..<start.lowerBound]
      for word in rest[start.upperBound..<end.lowerBound].split(separator: " ") { apply(word, to: &applied) }
      rest = rest[end.upperBound...]
    }
    return (plain + rest, applied)
  }

  private static func apply(_ word: Substring, to configuration: inout DemoConfiguration) {
    let parts = word.split(separator: "=", maxSplits: 1)
    guard parts.count == 2 else { return }
    let value = parts[1]
    switch parts[0] {
    case "tokens": configuration.answerTokens = count(value) ?? configuration.answerTokens
    case "fail": configuration.failAfterTokens = count(value) ?? configuration.failAfterTokens
    case "stall": configuration.stallAfterTokens = count(value) ?? configuration.stallAfterTokens
    case "reasoning": configuration.reasoningTokens = count(value) ?? configuration.reasoningTokens
    case "tool":
      // As long as names are elsewhere.
      if value.utf8.count <= 64 { configuration.toolName = String(value) }
    case "rate":
      if let rate = Double(value), rate.isFinite, rate >= 0 { configuration.tokensPerSecond = rate }
    case "delay":
      configuration.firstTokenDelay = duration(value) ?? configuration.firstTokenDelay
    default: break
    }
  }

  private static func count(_ text: Substring) -> Int? {
    Int(text).flatMap { 0...DemoConfiguration.maximumTokens ~= $0 ? $0 : nil }
  }

  private static func duration(_ text: Substring) -> Duration? {
    if text.hasSuffix("ms") { return count(text.dropLast(2)).map { .milliseconds($0) } }
    if text.hasSuffix("s") { return count(text.dropLast()).map { .seconds($0) } }
    return nil
  }
}
