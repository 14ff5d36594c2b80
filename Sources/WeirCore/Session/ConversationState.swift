import WeirWire

/// A conversation that is in memory: its newest messages, its turns, and who follows it.
final class ConversationState {
  enum Phase {
    /// The store has been asked; what wants the conversation waits here.
    case loading
    /// In memory and true.
    case ready
    /// Its messages left memory because that was short; whoever wants it next makes the store be asked again.
    case cold
    /// Its deletion is being made durable; what wants the conversation waits for a new one of that name.
    case deleting
  }

  /// What wants the conversation, and what happens instead if it cannot be read.
  struct Waiter {
    let body: (ConversationState) -> Void
    let failed: (String) -> Void
  }

  let id: ConversationID
  var phase = Phase.loading
  var waiters: [Waiter] = []
  /// False until the first write of it has been handed to the journal.
  var exists = false
  /// As it will be when all that was handed to the journal is durable.
  var info: Conversation
  /// As it is durable: what devices may be told, and may build on.
  var durable: Conversation
  /// Under which time the store's list has it, when all that was handed to the journal is durable.
  var listedAtMs: UInt64?
  /// The newest durable messages, ascending.
  var tail: [Message] = []
  var tailBytes = 0
  /// Whether the store has messages older than the tail.
  var hasOlder = false
  var nextSequence: UInt64 = 1
  var running: Turn?
  var waiting: [Turn] = []
  /// Entries handed to the journal and not answered.
  var appendsUnderWay = 0
  /// Messages among them: each will be a turn.
  var sendsUnderWay = 0
  /// Turns that a restart left behind are about to be put into it: it stays in memory.
  var isHeld = false
  /// What waits until no entry is with the journal.
  var whenQuiet: (() -> Void)?
  var followers: [Device] = []
  var lastUsed: MonotonicTime

  init(id: ConversationID, now: MonotonicTime) {
    self.id = id
    self.info = Conversation(id: id)
    self.durable = info
    self.lastUsed = now
  }

  var isBusy: Bool { running != nil || !waiting.isEmpty || appendsUnderWay > 0 || isHeld }

  /// Nothing is with the journal any more: what waited for that is done. Last in the handling of each of its answers.
  func runIfQuiet() {
    guard appendsUnderWay == 0, let body = whenQuiet else { return }
    whenQuiet = nil
    body()
  }

  /// Lets go of the messages; the store has them all. Returns how many bytes that was. Only while nothing is under way.
  func chill() -> Int {
    guard case .ready = phase, exists, !isBusy, waiters.isEmpty else { return 0 }
    let bytes = tailBytes
    tail = []
    tailBytes = 0
    phase = .cold
    return bytes
  }

  /// The turns that wait or run, in order.
  var liveTurns: [Turn] { (running.map { [$0] } ?? []) + waiting }

  /// Adds a durable message, or replaces the one at its sequence.
  func remember(_ message: Message) {
    tailBytes += message.contentBytes
    var index = tail.count
    while index > 0, tail[index - 1].sequence >= message.sequence { index -= 1 }
    if index < tail.count, tail[index].sequence == message.sequence {
      tailBytes -= tail[index].contentBytes
      tail[index] = message
    } else {
      tail.insert(message, at: index)
    }
  }

  /// Lets go of the oldest messages beyond what a prompt or a first page can use. A question and its answer stay.
  func trimTail(maximumMessages: Int, maximumBytes: Int) {
    var dropped = 0
    while tail.count - dropped > 2, tail.count - dropped > maximumMessages || tailBytes > maximumBytes {
      tailBytes -= tail[dropped].contentBytes
      dropped += 1
    }
    if dropped > 0 {
      tail.removeFirst(dropped)
      hasOlder = true
    }
  }
}
