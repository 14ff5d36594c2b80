import WeirWire

/// All that is in memory of one user (rule 1): devices, conversations in use, turns, and what was sent lately.
/// Confined to the shard that owns the user.
package final class Session {
  enum Phase {
    /// The store has been asked; frames wait.
    case loading
    case ready
  }

  /// What a client message id stands for.
  enum Sent {
    /// With the journal; those who sent it too get the same acknowledgement.
    case underWay(others: [Reply])
    case known(SentRecord)
  }

  let user: UserID
  var phase = Phase.loading
  /// Frames that came before the session was ready, in order.
  var early: [(device: Device, frame: ClientFrame)] = []
  /// What the user has used of the plan, and the ids of turns.
  var limits = UserLimits()
  /// Callers of the HTTP API that came before the session was ready, in order.
  var earlyCalls: [(device: Device, call: DirectCall)] = []
  var devices: [Device] = []
  var conversations: [ConversationID: ConversationState] = [:]
  var turns: [TurnID: Turn] = [:]
  /// Requests that wait for the store.
  var pendingRequests = 0
  var lastUsed: MonotonicTime
  /// The shard has let go of it; another one may stand in its place.
  var isDismissed = false
  private var sent: [ByteKey: Sent] = [:]
  private var sentOrder: [ByteKey] = []

  /// How many finished client ids stay in memory; the store knows all of them.
  private static let rememberedSends = 128

  var lastTurnID: TurnID {
    get { limits.state.lastTurnID }
    set { limits.state.lastTurnID = newValue }
  }

  init(user: UserID, now: MonotonicTime) {
    self.user = user
    self.lastUsed = now
  }

  func sent(_ clientMessageID: String) -> Sent? { sent[ByteKey(clientMessageID)] }

  func markUnderWay(_ clientMessageID: String) { sent[ByteKey(clientMessageID)] = .underWay(others: []) }

  func addWaiter(_ reply: Reply, for clientMessageID: String) {
    guard case .underWay(var others)? = sent[ByteKey(clientMessageID)] else { return }
    others.append(reply)
    sent[ByteKey(clientMessageID)] = .underWay(others: others)
  }

  /// The journal has answered: remembers the outcome (nil: it failed, and may be tried again) and returns who else asked.
  func settle(_ clientMessageID: String, _ record: SentRecord?) -> [Reply] {
    var others: [Reply] = []
    if case .underWay(let waiting)? = sent[ByteKey(clientMessageID)] { others = waiting }
    guard let record else {
      sent[ByteKey(clientMessageID)] = nil
      return others
    }
    sent[ByteKey(clientMessageID)] = .known(record)
    sentOrder.append(ByteKey(clientMessageID))
    if sentOrder.count > Self.rememberedSends { forgetOldest() }
    return others
  }

  private func forgetOldest() {
    let oldest = sentOrder.removeFirst()
    if case .known? = sent[oldest] { sent[oldest] = nil }
  }

  /// Nothing would be lost if the session left memory.
  var isIdle: Bool {
    guard case .ready = phase else { return false }
    return devices.isEmpty && turns.isEmpty && pendingRequests == 0
      && conversations.values.allSatisfy { !$0.isBusy && $0.waiters.isEmpty }
  }
}
