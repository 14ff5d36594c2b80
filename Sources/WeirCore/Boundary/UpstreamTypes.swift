// What the core asks of the providers, and what they answer: plain values, no I/O.
// `WeirUpstream` carries these out on libcurl; the simulation has providers of its own.

package import WeirWire

/// Names one call for its whole life, unique within the process. The shard chooses it.
package typealias CallID = UInt64

/// One message as a provider sees it.
package struct PromptMessage: Sendable, Equatable {
  package var role: Role
  package var text: String

  package init(role: Role, text: String) {
    self.role = role
    self.text = text
  }
}

/// A call to a provider.
package struct UpstreamRequest: Sendable, Equatable {
  package var callID: CallID
  /// The shard whose inbox gets the events.
  package var shard: Int
  /// Who it is for: fairness counts by user.
  package var user: UserID
  /// The model's name as the user knows it; empty: the default.
  package var model: String
  /// The prompt, oldest first, within the model's context. If the last one is the assistant's, the answer goes on with it.
  package var messages: [PromptMessage]
  /// An id that ties the log lines of client, server and provider together.
  package var traceID: String

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
}

/// One thing that happened to a call.
package struct UpstreamEvent: Sendable, Equatable {
  package enum Kind: Sendable, Equatable {
    /// It waits behind `position` others (0: it is next), for about `estimateMs` (0: not known). At a bounded rate.
    case queued(position: Int, lane: String, estimateMs: Int)
    /// It has its place at a provider and the request is being sent.
    case started(model: String)
    /// The next `length` bytes of the batch's text belong to it: whole UTF-8 characters.
    case text(length: Int)
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
