/// How long to wait before the next attempt to connect: exponential with full jitter, so that the devices of a server
/// that went away do not all come back in the same moment.
///
/// Attempt `n` (from 0) waits for a time drawn evenly from zero to `base * 2^n`, at most `limit`.
public struct Backoff: Sendable, Equatable {
  /// The upper end of the first wait.
  public var base: Duration
  /// The upper end of every wait.
  public var limit: Duration
  /// Attempts in a row before the client gives up; nil: never.
  public var maximumAttempts: Int?

  /// Creates a schedule; the default begins at 250 ms, ends at 15 s and never gives up.
  public init(
    base: Duration = .milliseconds(250), limit: Duration = .seconds(15), maximumAttempts: Int? = nil
  ) {
    self.base = base
    self.limit = limit
    self.maximumAttempts = maximumAttempts
  }

  /// The upper end of the wait before attempt `attempt`, counted from 0.
  public func ceiling(attempt: Int) -> Duration {
    var ceiling = max(base, .zero)
    // Stops at the limit, so that neither a large attempt nor a large base can overflow.
    for _ in 0..<max(attempt, 0) {
      if ceiling >= limit || ceiling == .zero { break }
      ceiling *= 2
    }
    return min(ceiling, max(limit, .zero))
  }

  /// Draws the wait before attempt `attempt`, counted from 0.
  public func delay(attempt: Int, using generator: inout some RandomNumberGenerator) -> Duration {
    let ceiling = ceiling(attempt: attempt).wholeMicroseconds
    return .microseconds(Int64.random(in: 0...ceiling, using: &generator))
  }

  /// Whether attempt `attempt`, counted from 0, is still to be made.
  package func allows(attempt: Int) -> Bool {
    maximumAttempts.map { attempt < $0 } ?? true
  }
}

extension Duration {
  /// The duration in whole microseconds, never negative; saturates.
  package var wholeMicroseconds: Int64 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    let (product, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000)
    if overflow { return .max }
    let (sum, carried) = product.addingReportingOverflow(attoseconds / 1_000_000_000_000)
    return carried ? .max : sum
  }

  /// The duration in milliseconds with its fraction.
  package var inMilliseconds: Double {
    Double(components.seconds) * 1_000 + Double(components.attoseconds) / 1e15
  }

  /// The duration in seconds with its fraction.
  package var inSeconds: Double {
    Double(components.seconds) + Double(components.attoseconds) / 1e18
  }
}
