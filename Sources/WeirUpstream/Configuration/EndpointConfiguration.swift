package import WeirCore

/// One model as users know it, and who answers for it.
package struct EndpointConfiguration: Sendable, Equatable {
  /// Who answers.
  package enum Kind: Sendable, Equatable {
    /// A server that speaks OpenAI's chat completions, at a base URL such as `https://api.openai.com/v1`; `ChatURL` says
    /// what else is understood. No key: none is sent.
    case openAI(baseURL: String, key: UpstreamKey?)
    /// The built-in demo model.
    case demo(DemoConfiguration)
  }

  /// How a model is made to go on with an answer that was cut.
  package enum Continuation: Sendable, Equatable {
    /// By a last message that asks for it. Every provider takes that.
    case instruction
    /// By handing it the beginning of its answer as the last message, which some servers go on with word for word.
    case prefill
  }

  /// The model's name as users know it, unique among endpoints.
  package var name: String
  package var kind: Kind
  /// The model's name as the provider knows it.
  package var upstreamModel: String
  /// The model's context, shared by prompt and answer.
  package var contextTokens = 8192
  package var queue = CallQueueLimits()
  package var timeouts = CallTimeouts()
  /// An answer that grows beyond this is ended as too long, and kept.
  package var maximumAnswerBytes = 1 << 20
  /// One event of the provider's stream; a larger one fails the call.
  package var maximumEventBytes = 1 << 20
  /// Sent as `max_tokens`; nil: the provider's default.
  package var maximumAnswerTokens: Int?
  /// Nil: the provider's default.
  package var temperature: Double?
  package var continuation = Continuation.instruction

  package init(name: String, kind: Kind, upstreamModel: String? = nil) {
    self.name = name
    self.kind = kind
    self.upstreamModel = upstreamModel ?? name
    // The demo model has no provider to be spared.
    if case .demo = kind { queue.maximumRunning = 65_536 }
  }
}
