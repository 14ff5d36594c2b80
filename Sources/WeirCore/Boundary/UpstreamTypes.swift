// What the core asks of the providers, and what they answer: plain values, no I/O.
// `WeirUpstream` carries these out on libcurl; the simulation has providers of its own.

package import WeirWire

/// Names one call for its whole life, unique within the process. The shard chooses it.
package typealias CallID = UInt64

/// One message as a provider sees it.
package struct PromptMessage: Sendable, Equatable {
  package var role: Role
  package var text: String
  /// The tools an answer asked for; assistant only.
  package var toolCalls: [ToolCall] = []
  /// The call that this is the result of; tool only.
  package var toolCallID = ""
  /// The reasoning before an answer. Providers that want it back want it with their signature.
  package var reasoning: [Reasoning] = []

  package init(role: Role, text: String) {
    self.role = role
    self.text = text
  }
}

/// What a call asks of the model beside the prompt. Nil or empty: the provider's own default.
package struct CallParameters: Sendable, Equatable {
  package var temperature: Double?
  package var topP: Double?
  /// The most tokens the answer may have.
  package var maximumTokens: Int?
  package var stop: [String] = []
  package var seed: Int?
  /// Tools the model may call: a JSON array in OpenAI's form, valid JSON.
  package var toolsJSON = ""
  /// Which tool it must call, in OpenAI's form: a JSON string or object.
  package var toolChoiceJSON = ""
  /// The form the answer must have, in OpenAI's form: a JSON object.
  package var responseFormatJSON = ""
  /// The model's reasoning is not passed on.
  package var hidesReasoning = false

  package init() {}
}

/// A call to a provider.
package struct UpstreamRequest: Sendable, Equatable {
  package var callID: CallID
  /// The shard whose inbox gets the events.
  package var shard: Int
  /// Who it is for: fairness counts by user.
  package var user: UserID
  /// The customer of the application that the user belongs to; empty: there is one only. Nothing cached is shared
  /// between tenants.
  package var tenant = ""
  /// The model's name as the user knows it; empty: the default.
  package var model: String
  /// The prompt, oldest first, within the model's context. If the last one is the assistant's, the answer goes on with it.
  package var messages: [PromptMessage]
  package var parameters = CallParameters()
  /// The lane it waits in: an index into the configured lanes, 0 is the best.
  package var lane = 0
  /// Tokens it will cost: prompt and expected answer. Fairness counts by them.
  package var cost = 0
  /// It is refused if it cannot start by then.
  package var startBy: MonotonicTime?
  /// Whether another endpoint may go on with the answer, visibly, should the first break off in the middle.
  package var mayResumeElsewhere = false
  /// Calls with the same key get the same answer: one of them goes to the provider. Empty: it shares with none.
  package var cacheKey: [UInt8] = []
  /// An id that ties the log lines of client, server and provider together.
  package var traceID: String
  /// The trace context to pass on (W3C Trace Context); empty: none.
  package var traceparent = ""

  package init(
    callID: CallID, shard: Int, user: UserID, model: String, messages: [PromptMessage], traceID: String = ""
  ) {
    self.callID = callID
    self.shard = shard
    self.user = user
    self.model = model
    self.messages = messages
    self.traceID = traceID
  }

  /// What it holds in memory while it waits, about.
  package var contentBytes: Int {
    let prompt = messages.reduce(0) { $0 + $1.contentBytes }
    return parameters.stop.reduce(prompt) { $0 + $1.utf8.count } + parameters.toolsJSON.utf8.count
      + parameters.toolChoiceJSON.utf8.count + parameters.responseFormatJSON.utf8.count
  }
}

extension PromptMessage {
  fileprivate var contentBytes: Int {
    toolCalls.reduce(text.utf8.count) { $0 + $1.id.utf8.count + $1.name.utf8.count + $1.arguments.utf8.count }
      + reasoning.reduce(0) { $0 + $1.text.utf8.count + $1.signature.utf8.count }
  }
}

/// The beginning of a part of an answer. An answer begins in plain text without one.
package struct PartMark: Sendable, Equatable {
  package var kind: PartKind
  /// The call's id and the tool's name; tool calls only.
  package var toolCallID: String
  package var toolName: String

  package init(kind: PartKind, toolCallID: String = "", toolName: String = "") {
    self.kind = kind
    self.toolCallID = toolCallID
    self.toolName = toolName
  }
}

/// One thing that happened to a call.
package struct UpstreamEvent: Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    /// It waits behind `position` others of its lane (0: it is next), for about `estimateMs` (0: not known). At a
    /// bounded rate.
    case queued(position: Int, lane: Int, reason: QueueReason, estimateMs: Int)
    /// Its request is being sent: from here on it may cost. It can still be refused, and wait again.
    case sent
    /// A provider has taken it and answers. `isShared`: the answer is that of an equal call.
    case started(model: String, endpoint: String, isShared: Bool)
    /// It shared the answer of a call that its user has given up: it is the one that pays now.
    case pays
    /// What follows belongs to this part.
    case part(PartMark)
    /// The next `length` bytes of the batch's text belong to it: whole UTF-8 characters.
    case text(length: Int)
    /// The provider's proof of the reasoning that has just come.
    case signature(String)
    /// The endpoint broke off; another goes on from here.
    case seam(reason: WeirError, from: String, to: String)
    /// It ended well. Last event of the call.
    case finished(reason: FinishReason, usage: Usage?)
    /// It broke off. Last event of the call.
    case failed(WeirError)
  }
  package var callID: CallID
  package var kind: Kind

  package init(callID: CallID, kind: Kind) {
    self.callID = callID
    self.kind = kind
  }
}

/// All that one wake-up of the upstream thread has for one shard. Texts of all calls lie one after another in `text`,
/// in the order of the `.text` events, so that a token costs no allocation.
package struct UpstreamBatch: Sendable, Equatable {
  package var events: [UpstreamEvent] = []
  package var text: [UInt8] = []

  package init() {}

  package var isEmpty: Bool { events.isEmpty }

  /// Adds text to a call, in the event before if that is of the same call.
  package mutating func append(text bytes: some Sequence<UInt8>, to callID: CallID) {
    let before = text.count
    text.append(contentsOf: bytes)
    let length = text.count - before
    if length == 0 { return }
    if let last = events.last, last.callID == callID, case .text(let earlier) = last.kind {
      events[events.count - 1].kind = .text(length: earlier + length)
    } else {
      events.append(UpstreamEvent(callID: callID, kind: .text(length: length)))
    }
  }
}
