/// How fast a queue moves: calls that ended per second while others waited, over about the last ten seconds of such
/// time. (Ends, because starts come in a burst when places are free, and would promise too much.)
struct DrainMeter: Sendable {
  private static let memory = 10.0
  /// Less than this says nothing yet.
  private static let minimumSeconds = 1.0
  private static let minimumEnds = 5.0

  private var ends = 0.0
  private var seconds = 0.0
  private var at = MonotonicTime.zero

  /// Time has passed, in which calls waited or not.
  mutating func advance(to now: MonotonicTime, isBacklogged: Bool) {
    let passed = now.since(at).seconds
    at = max(at, now)
    guard isBacklogged, passed > 0 else { return }
    let kept = 1 / (1 + passed / Self.memory)
    ends *= kept
    seconds = (seconds + passed) * kept
  }

  /// A call ended that others waited behind.
  mutating func ended() { ends += 1 }

  /// Nil: too little is known. That is so until calls that last so long have ended several times: the first to end are
  /// the short ones.
  func secondsPerCall(lasting call: Interval) -> Double? {
    seconds >= max(Self.minimumSeconds, min(call.seconds * 2, Self.memory / 2)) && ends >= Self.minimumEnds
      ? seconds / ends : nil
  }
}
