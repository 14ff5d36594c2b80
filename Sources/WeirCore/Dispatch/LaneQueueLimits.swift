/// What may wait, and how often those who wait are told.
package struct LaneQueueLimits: Sendable, Equatable {
  /// Calls that wait; more are refused.
  package var maximumWaiting = 20_000
  /// Bytes of the prompts that wait; more are refused.
  package var maximumWaitingBytes = 256 << 20
  /// Calls of one user that wait in a lane; more are refused, so that one user cannot fill the room.
  package var maximumWaitingPerUser = 10_000
  /// Tokens a user may spend in a round of its lane. A dearer call waits for more rounds.
  package var quantum = 4096
  /// The most rounds a call waits for being dear. It bounds the work for a call, and what a mistaken cost can do.
  package var maximumRounds = 8
  /// A call is told a changed position at most this often.
  package var noticeInterval = Interval.milliseconds(500)

  package init() {}
}
