/// When an endpoint is left alone because it fails.
package struct BreakerSettings: Sendable, Equatable {
  /// Failures one after another that open it.
  package var consecutiveFailures = 5
  /// The share of failures in `window` that opens it, if there were `minimumCalls`.
  package var failureShare = 0.5
  package var minimumCalls = 10
  package var window = Interval.seconds(10)
  /// How long it stays open the first time; each failed probe doubles that, up to the longest. The real time differs by
  /// up to a fifth, so that many instances do not probe together.
  package var openTime = Interval.seconds(2)
  package var longestOpenTime = Interval.seconds(45)

  package init() {}
}
