internal import WeirWire

/// A call as it is offered to the queue.
package struct QueuedCall: Sendable, Equatable {
  package var callID: CallID
  package var user: UserID
  /// Index into the lanes; one beyond the last means the last.
  package var lane: Int
  /// Tokens: prompt and expected answer.
  package var cost: Int
  /// Memory it holds while it waits.
  package var bytes: Int
  /// It is refused if it has not started by then.
  package var startBy: MonotonicTime?

  package init(
    callID: CallID, user: UserID, lane: Int = 0, cost: Int = 1, bytes: Int = 0, startBy: MonotonicTime? = nil
  ) {
    self.callID = callID
    self.user = user
    self.lane = lane
    self.cost = cost
    self.bytes = bytes
    self.startBy = startBy
  }
}

/// A call that waits, with its neighbours in its user's line.
struct WaitingCall: Sendable {
  let call: QueuedCall
  let lane: Int
  /// Index of its user among the lane's.
  let user: Int
  /// Tells it from others that had the same place: what the heaps name.
  let serial: UInt64
  let since: MonotonicTime
  let startBy: MonotonicTime?
  /// It has run before, and goes before all first attempts from here on.
  let retryAt: MonotonicTime?

  var before: Int?
  var behind: Int?

  var toldPosition: Int?
  var toldReason = QueueReason.unspecified
  var toldAt = MonotonicTime.zero
  /// What was said first of when it would start.
  var foretold: MonotonicTime?
}

/// What the heaps hold for a waiting call: its place, and the serial that tells whether it is still the same one.
struct WaitingRef: Sendable {
  let index: Int
  let serial: UInt64
}
