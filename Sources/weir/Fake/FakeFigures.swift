import Foundation

/// What the fake provider has done.
struct FakeFigures: Codable, Sendable, Equatable {
  var requests = 0
  var answers = 0
  var running = 0
  var mostRunning = 0
  var tokens = 0
  /// Refused for the limit of answers at once, or of requests a minute.
  var limited = 0
  /// Refused during the outage.
  var refused = 0
  var errors = 0
  var stalls = 0
  var cuts = 0
  var garbage = 0
  /// Callers that went before the end.
  var gone = 0

  /// One line about what came since `before`.
  func line(since before: FakeFigures, seconds: Double) -> String {
    func rate(_ count: Int) -> String { String(format: "%.1f/s", Double(count) / max(0.001, seconds)) }
    var words = [
      "running \(running)", "answers \(rate(answers - before.answers))", "tokens \(rate(tokens - before.tokens))",
    ]
    let faults: [(String, Int)] = [
      ("429", limited - before.limited), ("down", refused - before.refused), ("errors", errors - before.errors),
      ("stalls", stalls - before.stalls), ("cuts", cuts - before.cuts), ("garbage", garbage - before.garbage),
      ("gone", gone - before.gone),
    ]
    words += faults.filter { $0.1 > 0 }.map { "\($0.0) \($0.1)" }
    return words.joined(separator: "  ")
  }
}
