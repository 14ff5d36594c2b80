/// What one endpoint takes at the same time, and what may wait for it.
package struct CallQueueLimits: Sendable, Equatable {
  /// Calls that run at the same time.
  package var maximumRunning = 256
  /// Calls that wait; more are refused.
  package var maximumWaiting = 4096
  /// Bytes of the prompts that wait; more are refused.
  package var maximumWaitingBytes = 64 << 20
  /// A call is told a changed position at most this often.
  package var noticeInterval = Interval.milliseconds(500)

  package init() {}
}
