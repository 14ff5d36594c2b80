/// What went wrong during a measurement: how often, and the first few different sentences.
struct Problems {
  private static let kept = 5
  private(set) var count = 0
  private(set) var sentences: [String] = []

  mutating func add(_ sentence: String) {
    count += 1
    if sentences.count < Self.kept, !sentences.contains(sentence) { sentences.append(sentence) }
  }

  /// Fails if anything went wrong: a figure taken while something was lost is no figure.
  func check(_ what: String) throws(BenchFailure) {
    guard count > 0 else { return }
    throw BenchFailure("\(what): \(count) times something went wrong: " + sentences.joined(separator: "; ") + ".")
  }
}
