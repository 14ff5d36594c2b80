import WeirClient

/// How fast one answer came. Times are since any fixed moment.
struct TurnFigures: Equatable {
  private let sent: Duration
  private(set) var acknowledged: Duration?
  private(set) var firstText: Duration?
  private(set) var lastText: Duration?
  private(set) var ended: Duration?
  private(set) var deltas = 0
  private(set) var bytes = 0
  private(set) var tokens: UInt64?

  init(sentAt: Duration) {
    sent = sentAt
  }

  mutating func saw(_ event: TurnEvent, at now: Duration) {
    switch event {
    case .acked: acknowledged = acknowledged ?? (now - sent)
    case .text, .reasoning, .toolArguments:
      // Reasoning is what the model begins with, and what its tokens are counted with.
      firstText = firstText ?? (now - sent)
      lastText = now - sent
      deltas += 1
      bytes += event.answerBytes
    case .finished(let finished):
      ended = now - sent
      tokens = finished.usage?.outputTokens
    case .failed: ended = now - sent
    case .queued, .started, .toolCall, .seam: break
    }
  }

  /// The time in which all but the first piece came, in seconds; nil where there was no second one.
  private var streaming: Double? {
    guard let firstText, let lastText, lastText > firstText else { return nil }
    return (lastText - firstText).inSeconds
  }

  /// Pieces per second, after the first.
  var deltasPerSecond: Double? { streaming.map { Double(deltas - 1) / $0 } }
  /// Bytes per second while text came.
  var bytesPerSecond: Double? { streaming.map { Double(bytes) / $0 } }
  /// The model's own count per second while text came.
  var tokensPerSecond: Double? {
    guard let streaming, let tokens else { return nil }
    return Double(tokens) / streaming
  }

  /// One line for a person.
  var summary: String {
    func ms(_ duration: Duration?) -> String {
      duration.map { JSONLine.decimal($0.inMilliseconds, digits: 1) + " ms" } ?? "-"
    }
    func rate(_ value: Double?) -> String { value.map { JSONLine.decimal($0, digits: 1) } ?? "-" }
    let count = tokens.map { ", \($0) tokens (\(rate(tokensPerSecond))/s)" } ?? ""
    return "durable ack \(ms(acknowledged)), first token \(ms(firstText)), whole answer \(ms(ended)), "
      + "\(deltas) deltas (\(rate(deltasPerSecond))/s), \(bytes) bytes (\(rate(bytesPerSecond))/s)\(count)"
  }

  /// The same for a program.
  var json: JSONLine {
    var line = JSONLine()
    line.add("event", "stats")
    if let acknowledged { line.add("durable_ack_ms", acknowledged.inMilliseconds) }
    if let firstText { line.add("first_token_ms", firstText.inMilliseconds) }
    if let ended { line.add("total_ms", ended.inMilliseconds) }
    line.add("deltas", deltas)
    line.add("bytes", bytes)
    if let deltasPerSecond { line.add("deltas_per_second", deltasPerSecond) }
    if let bytesPerSecond { line.add("bytes_per_second", bytesPerSecond) }
    if let tokens { line.add("tokens", tokens) }
    if let tokensPerSecond { line.add("tokens_per_second", tokensPerSecond) }
    return line
  }
}
