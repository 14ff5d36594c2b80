import WeirWire

/// A question and its answer, from the commit of the question until devices no longer need the log.
final class Turn {
  enum Phase {
    /// Behind another turn of its conversation.
    case waiting
    /// With the dispatcher; no place at a provider yet.
    case submitted
    /// The provider has the request; text may come.
    case running
    /// Its end is being made durable.
    case ending
    /// Its end is durable; the log stays until devices have it and the retention is over.
    case ended(at: MonotonicTime)
  }

  var record: TurnRecord
  let conversation: ConversationState
  /// The session it belongs to; weak, because the session owns the turn.
  private(set) weak var owner: Session?
  var phase = Phase.waiting
  var log: TokenLog
  /// The call that answers it; nil before and after.
  var call: CallID?
  var subscriptions: [Subscription] = []
  /// Sent to each device after the last byte, once the end is durable.
  var ending: ServerFrame.Kind?
  /// The model as the dispatcher named it.
  var model: String
  /// Who wants to hear of start and end by Ack.
  var asker: Asker?
  /// What a caller of the HTTP API asks; nil: its conversation says it.
  var direct: DirectCall?
  /// Whose customer the user is, and the trace the question came with.
  var tenant = ""
  var traceparent = ""
  /// A request for it has gone to a provider, which may charge for it.
  var wasSent = false
  /// Text goes out only when the store knows that the turn has begun: what a device has seen must not be made anew.
  var isStartDurable = false
  /// Its answer was made for another turn.
  var isCached = false
  /// Under which key its answer is kept for equal calls; empty: under none.
  var cacheKey: [UInt8] = []
  /// When the question was durable, for time to first token.
  let queuedAt: MonotonicTime
  var firstTextAt: MonotonicTime?
  /// Since when nobody listens; nil while somebody does.
  var unheardSince: MonotonicTime?

  struct Asker {
    var reply: Reply
    var ack: Ack
    var levels: [AckLevel]
  }

  init(
    record: TurnRecord, conversation: ConversationState, owner: Session, prefix: TokenLog = TokenLog(),
    queuedAt: MonotonicTime
  ) {
    self.record = record
    self.owner = owner
    self.conversation = conversation
    self.log = prefix
    self.model = record.model
    self.queuedAt = queuedAt
  }

  var id: TurnID { record.turnID }

  /// Whether a provider answers, or has answered.
  var hasBegun: Bool { record.isStarted }

  /// Whether text may still come.
  var isLive: Bool {
    switch phase {
    case .waiting, .submitted, .running: true
    case .ending, .ended: false
    }
  }

  var status: TurnStatus {
    let state: TurnState =
      switch phase {
      case .waiting, .submitted: .queued
      case .running, .ending: .running
      case .ended:
        if case .turnFailed? = ending { .failed } else { .finished }
      }
    return TurnStatus(
      turnID: id, conversationID: conversation.id, state: state, length: UInt64(log.count))
  }
}
