internal import WeirCore

/// When a call has taken too long, and with what. Every part can be asked and moved with plain numbers: no clock here.
struct CallDeadlines: Sendable {
  /// Which limit was passed.
  enum Limit: Sendable, Equatable {
    case firstToken
    case stall
    case total
    /// The answer was whole, its connection did not end.
    case drain
  }

  /// How long a connection may take to end once all has been said.
  private static let drainTime = Interval.seconds(1)
  /// How long the figures and the end of the stream may take once the model has said that it is done.
  private static let closingTime = Interval.seconds(5)

  private let stall: Interval
  private let total: MonotonicTime
  private var silence: MonotonicTime
  private var limit = Limit.firstToken
  private var pausedAt: MonotonicTime?

  init(_ timeouts: CallTimeouts, now: MonotonicTime) {
    stall = Interval(timeouts.stall)
    total = now + Interval(timeouts.total)
    silence = now + Interval(timeouts.firstToken)
  }

  /// The next moment at which `passed` may find something.
  var next: MonotonicTime { pausedAt == nil ? min(silence, total) : total }

  /// The model gave something.
  mutating func progressed(now: MonotonicTime) {
    limit = .stall
    silence = now + stall
  }

  /// The model has said that it is done; its figures may follow.
  mutating func closing(now: MonotonicTime) {
    limit = .stall
    silence = now + min(stall, Self.closingTime)
  }

  /// All has been said: the connection has a moment to end.
  mutating func draining(now: MonotonicTime) {
    limit = .drain
    silence = now + Self.drainTime
  }

  /// Nothing is read while paused, so silence is nobody's fault; the whole time goes on.
  mutating func setPaused(_ isPaused: Bool, now: MonotonicTime) {
    if isPaused {
      pausedAt = pausedAt ?? now
    } else if let since = pausedAt {
      pausedAt = nil
      silence = silence + now.since(since)
    }
  }

  /// The limit that has been passed by now, if any.
  func passed(now: MonotonicTime) -> Limit? {
    if pausedAt == nil, silence <= now { return limit }
    return total <= now ? .total : nil
  }
}
