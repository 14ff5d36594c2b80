// What the core asks of the store, and what the store answers: plain values, no I/O.
// `WeirStore` carries these out on RocksDB; the simulation carries them out on a disk of its own.

package import WeirWire

/// The name of an authenticated user: 1 to 256 bytes of UTF-8, any characters. The store escapes nothing and trusts
/// nothing: keys hold it behind its length.
package typealias UserID = String

/// A conversation's id: 1 to 64 bytes of `[A-Za-z0-9_-]`, unique within its user.
package typealias ConversationID = String

/// A turn's id: grows with every turn of a user, unique within the user.
package typealias TurnID = UInt64

/// What a sent message came to, kept under (user, client message id) so that sending again brings the same answer.
package struct SentRecord: Sendable, Equatable {
  package var conversationID: ConversationID
  package var sequence: UInt64
  package var turnID: TurnID
  package var revision: UInt64

  package init(conversationID: ConversationID, sequence: UInt64, turnID: TurnID, revision: UInt64) {
    self.conversationID = conversationID
    self.sequence = sequence
    self.turnID = turnID
    self.revision = revision
  }
}

/// What is kept of a user: what turns are counted with, and what of the plan has been used.
package struct UserState: Sendable, Equatable {
  /// The highest turn id the user has used.
  package var lastTurnID: TurnID = 0
  /// Tokens of turns that ended on this day: days since 1970, UTC.
  package var day: UInt32 = 0
  package var dayTokens: UInt64 = 0
  /// Tokens of turns that ended in this month: months since January 1970, UTC.
  package var month: UInt32 = 0
  package var monthTokens: UInt64 = 0
  /// When the user's turns per minute are whole again (GCRA's theoretical arrival time): milliseconds since 1970.
  package var turnsWholeAtMs: UInt64 = 0
  /// The plan that the user's last token named; empty: none. How long conversations are kept goes by it when the user is
  /// away.
  package var plan = ""

  package init(lastTurnID: TurnID = 0) {
    self.lastTurnID = lastTurnID
  }
}

/// A turn that has been acknowledged and has not ended. It exists on disk from the commit of its question to the
/// commit of its answer, so what is found at start-up is exactly what a crash cut off.
package struct TurnRecord: Sendable, Equatable {
  package var turnID: TurnID
  package var conversationID: ConversationID
  package var questionSequence: UInt64
  package var answerSequence: UInt64
  package var model: String
  /// The turn whose text this one goes on with; 0: none.
  package var continuesTurnID: TurnID
  /// The turn whose answer this one replaces; 0: none.
  package var replacesTurnID: TurnID
  /// Where new text begins: the length of the text it goes on with.
  package var baseOffset: UInt64
  /// Milliseconds since 1970.
  package var createdAtMs: UInt64
  /// Tokens of the user's budget that are held for it until it ends.
  package var reservedTokens: UInt64 = 0
  /// The prompt's estimated tokens; 0 until it has been built.
  package var promptTokens: UInt64 = 0
  /// The lane it waits in; empty: the best there is.
  package var lane = ""
  /// Which system prompt it was given.
  package var promptVersion = ""
  /// It may start until then, in milliseconds since 1970; 0: at any time.
  package var startByMs: UInt64 = 0
  /// It went to a provider: devices may have seen text of it, so it is not run again.
  package var isStarted = false
  /// Its answer must not come from the cache.
  package var skipsCache = false
  /// It came over the HTTP API and belongs to no conversation; nobody can come back to it.
  package var isDirect = false

  package init(
    turnID: TurnID, conversationID: ConversationID, questionSequence: UInt64, answerSequence: UInt64, model: String,
    continuesTurnID: TurnID = 0, replacesTurnID: TurnID = 0, baseOffset: UInt64 = 0, createdAtMs: UInt64 = 0
  ) {
    self.turnID = turnID
    self.conversationID = conversationID
    self.questionSequence = questionSequence
    self.answerSequence = answerSequence
    self.model = model
    self.continuesTurnID = continuesTurnID
    self.replacesTurnID = replacesTurnID
    self.baseOffset = baseOffset
    self.createdAtMs = createdAtMs
  }
}

/// One change. A `JournalEntry` holds several that become durable together.
package enum StoreWrite: Sendable, Equatable {
  /// What is kept of the user, as it is now.
  case user(UserID, UserState)
  /// A conversation as it is now. `previousUpdatedAtMs` is the time under which the list has it; nil for a new one.
  case conversation(UserID, Conversation, previousUpdatedAtMs: UInt64?)
  /// A conversation with all its messages. `updatedAtMs` is the time under which the list has it.
  case deleteConversation(UserID, ConversationID, updatedAtMs: UInt64)
  /// The same, if the conversation has not changed since the list had it under this time; else nothing.
  case expireConversation(UserID, ConversationID, updatedAtMs: UInt64)
  /// Everything that is known of the user, usage included. The only write of its entry.
  case eraseUser(UserID)
  /// A message, new or replaced, at its sequence. An assistant message is also found by its turn.
  case message(UserID, ConversationID, Message)
  /// What the user's message with this client id came to.
  case sent(UserID, clientMessageID: String, SentRecord)
  /// A turn that waits or runs.
  case turn(UserID, TurnRecord)
  /// New text of a running answer, from `offset` on: a checkpoint costs what has come since the last one. `marks` are the
  /// parts of the answer that begin in it, or at its end.
  case turnText(UserID, TurnID, offset: UInt64, text: [UInt8], marks: [PlacedMark])
  /// The turn has ended: its record and its checkpointed text go.
  case endTurn(UserID, TurnID)
  /// Adds to what the user has used. With the end of its turn in one entry, each turn counts exactly once.
  case usage(UserID, UsageKey, UsageFigures)
  /// An answer for equal calls to come. It may be dropped at any time.
  case cache(key: [UInt8], CachedAnswer)
}

extension StoreWrite {
  /// Whose it is; nil: nobody's.
  package var user: UserID? {
    switch self {
    case .user(let user, _), .conversation(let user, _, _), .deleteConversation(let user, _, _),
      .expireConversation(let user, _, _), .eraseUser(let user), .message(let user, _, _), .sent(let user, _, _),
      .turn(let user, _), .turnText(let user, _, _, _, _), .endTurn(let user, _), .usage(let user, _, _):
      user
    case .cache: nil
    }
  }
}

/// The beginning of a part of an answer, at its place.
package struct PlacedMark: Sendable, Equatable {
  /// In bytes of the whole answer.
  package var offset: UInt64
  package var mark: PartMark
  /// The provider's proof of the reasoning that begins here.
  package var signature = ""

  package init(offset: UInt64, mark: PartMark) {
    self.offset = offset
    self.mark = mark
  }
}

/// The row of the usage ledger that a turn counts in.
package struct UsageKey: Sendable, Hashable {
  /// Days since 1970, UTC: the day the turn ended.
  package var day: UInt32
  package var model: String
  package var promptVersion: String

  package init(day: UInt32, model: String, promptVersion: String) {
    self.day = day
    self.model = model
    self.promptVersion = promptVersion
  }
}

/// A row's figures, or what a turn adds to them.
package struct UsageFigures: Sendable, Equatable {
  package var turns: UInt64 = 0
  /// Of the turns, those that broke off.
  package var failures: UInt64 = 0
  /// Of the turns, those that the cache answered: their tokens and cost are not counted.
  package var cacheHits: UInt64 = 0
  package var inputTokens: UInt64 = 0
  /// Of the input tokens, those the provider had cached.
  package var cachedInputTokens: UInt64 = 0
  package var outputTokens: UInt64 = 0
  /// By the price table, in millionths of a millionth of its currency.
  package var cost: UInt64 = 0
  /// What cache hits would have cost.
  package var saved: UInt64 = 0

  package init() {}

  package static func += (sum: inout UsageFigures, more: UsageFigures) {
    sum.turns &+= more.turns
    sum.failures &+= more.failures
    sum.cacheHits &+= more.cacheHits
    sum.inputTokens &+= more.inputTokens
    sum.cachedInputTokens &+= more.cachedInputTokens
    sum.outputTokens &+= more.outputTokens
    sum.cost &+= more.cost
    sum.saved &+= more.saved
  }
}

/// A whole answer, for equal calls.
package struct CachedAnswer: Sendable, Equatable {
  package var text: [UInt8]
  package var marks: [PlacedMark]
  package var reason: FinishReason
  package var usage: Usage?
  package var model: String
  /// Milliseconds since 1970; not used after that.
  package var expiresAtMs: UInt64

  package init(
    text: [UInt8], marks: [PlacedMark], reason: FinishReason, usage: Usage?, model: String, expiresAtMs: UInt64
  ) {
    self.text = text
    self.marks = marks
    self.reason = reason
    self.usage = usage
    self.model = model
    self.expiresAtMs = expiresAtMs
  }
}

/// Changes that become durable together, or not at all.
package struct JournalEntry: Sendable {
  package var writes: [StoreWrite]
  /// Write nothing, and answer `.exists`, if this user has already stored a message with this client id.
  package var unlessSent: (user: UserID, clientMessageID: String)?
  /// It belongs to work that has been taken in: the journal takes it however much waits for the disk. Without it the text
  /// of an answer would have a gap, or a turn that has been paid would be paid again.
  package var isOwed: Bool

  package init(
    writes: [StoreWrite], unlessSent: (user: UserID, clientMessageID: String)? = nil, isOwed: Bool = false
  ) {
    self.writes = writes
    self.unlessSent = unlessSent
    self.isOwed = isOwed
  }
}

extension JournalEntry {
  /// Whose changes they are: an entry has those of one user.
  package var user: UserID? { writes.lazy.compactMap(\.user).first }
}

/// What became of a journal entry.
package enum JournalResult: Sendable, Equatable {
  /// Durable as configured: after fsync, unless the operator chose otherwise.
  case committed
  /// Nothing was written: the message had been stored before, as this.
  case exists(SentRecord)
  /// Nothing was written, or it cannot be known; the sentence is for the operator and the user.
  case failed(String)
}

/// The journal's reply to the entry that was appended with `token`.
package struct JournalReply: Sendable {
  package var token: UInt64
  package var result: JournalResult

  package init(token: UInt64, result: JournalResult) {
    self.token = token
    self.result = result
  }
}

/// A question to the store. Each is answered from one snapshot.
package enum StoreRead: Sendable, Equatable {
  /// What a session needs to begin: `.session`.
  case session(UserID)
  /// A conversation and its newest messages, ascending, at most `tailMessages` and about `tailBytes`: `.conversation`.
  case conversation(UserID, ConversationID, tailMessages: Int, tailBytes: Int)
  /// Conversations, last changed first, behind the cursor (nil: from the start): `.conversations`.
  case conversations(UserID, after: ListCursor?, limit: Int)
  /// The newest `limit` messages with a sequence below `before` (nil: no bound), ascending: `.history`.
  case history(UserID, ConversationID, before: UInt64?, limit: Int)
  /// What a sent message came to: `.sent`.
  case sent(UserID, clientMessageID: String)
  /// The answer of a turn that has ended: `.answer`.
  case answer(UserID, TurnID)
  /// The answer kept for a call with this key: `.cached`.
  case cached(key: [UInt8])
}

extension StoreRead {
  /// About whom it is asked; nil: about nobody.
  package var user: UserID? {
    switch self {
    case .session(let user), .conversation(let user, _, _, _), .conversations(let user, _, _),
      .history(let user, _, _, _), .sent(let user, _), .answer(let user, _):
      user
    case .cached: nil
    }
  }
}

/// A place in the list of conversations: behind the one that changed at `updatedAtMs` with this id.
package struct ListCursor: Sendable, Equatable {
  package var updatedAtMs: UInt64
  package var conversationID: ConversationID

  package init(updatedAtMs: UInt64, conversationID: ConversationID) {
    self.updatedAtMs = updatedAtMs
    self.conversationID = conversationID
  }
}

/// A turn that was cut off by a crash or a restart, with the text that had been checkpointed.
package struct CutTurn: Sendable, Equatable {
  package var record: TurnRecord
  /// The answer's text from `record.baseOffset` on, as far as it was checkpointed; whole characters only.
  package var text: [UInt8]
  /// The parts that begin in the text.
  package var marks: [PlacedMark]

  package init(record: TurnRecord, text: [UInt8], marks: [PlacedMark] = []) {
    self.record = record
    self.text = text
    self.marks = marks
  }
}

/// What the store answers.
package enum StoreReadResult: Sendable, Equatable {
  case session(UserState, cutTurns: [CutTurn])
  /// nil: there is no such conversation.
  case conversation(Conversation?, tail: [Message], hasMore: Bool)
  case conversations([Conversation], next: ListCursor?)
  /// `conversation` is nil if there is no such conversation.
  case history(conversation: Conversation?, messages: [Message], hasMore: Bool)
  case sent(SentRecord?)
  case answer(ConversationID, Message?)
  case cached(CachedAnswer?)
  case failed(String)
}

/// The store's reply to the question that was asked with `token`.
package struct StoreReadReply: Sendable {
  package var token: UInt64
  package var result: StoreReadResult

  package init(token: UInt64, result: StoreReadResult) {
    self.token = token
    self.result = result
  }
}
