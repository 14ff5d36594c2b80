package import WeirCore

/// One place that answers, and how it is used.
package struct EndpointConfiguration: Sendable, Equatable {
  /// Who answers.
  package enum Kind: Sendable, Equatable {
    /// A server that speaks OpenAI's chat completions, at a base URL such as `https://api.openai.com/v1`; `ProviderURL`
    /// says what else is understood. No key: none is sent.
    case openAI(baseURL: String, key: UpstreamKey?)
    /// A server that speaks Anthropic's Messages, at a base URL such as `https://api.anthropic.com`.
    case anthropic(baseURL: String, key: UpstreamKey?)
    /// A server that speaks OpenAI's Responses, at a base URL such as `https://api.openai.com/v1`.
    case responses(baseURL: String, key: UpstreamKey?)
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

  /// The member of a chat completion request that limits the answer's tokens.
  package enum TokenLimitField: Sendable, Equatable {
    /// `max_tokens`, which all compatible servers know.
    case maxTokens
    /// `max_completion_tokens`, which OpenAI's reasoning models want in its place.
    case maxCompletionTokens
  }

  /// Unique among endpoints. What is known of an endpoint's health stays with its name when the configuration changes.
  package var name: String
  package var kind: Kind
  /// The model's name as the provider knows it.
  package var upstreamModel: String
  /// The model's context, shared by prompt and answer.
  package var contextTokens = 8192
  /// Further keys of the provider, used beside the one of `kind`.
  package var otherKeys: [UpstreamKey] = []
  /// Its part of the calls, against others of the same priority.
  package var weight = 1
  /// 0 is the best; an endpoint of a worse one is used only while none of a better one can be.
  package var priority = 0
  /// Calls that run at the same time, at most. How many the provider takes is found out.
  package var maximumConcurrent = 256
  /// Calls at the same time to begin with.
  package var initialConcurrent = 16
  /// Nil: only what the provider itself says.
  package var requestsPerMinute: Int?
  /// Nil: only what the provider itself says.
  package var tokensPerMinute: Int?
  /// When it is left alone because it fails.
  package var breaker = BreakerSettings()
  package var timeouts = CallTimeouts()
  /// An answer that grows beyond this is ended as too long, and kept.
  package var maximumAnswerBytes = 1 << 20
  /// One event of the provider's stream; a larger one fails the call.
  package var maximumEventBytes = 1 << 20
  /// The most tokens of an answer, unless the call says otherwise; nil: the provider's default.
  package var maximumAnswerTokens: Int?
  package var tokenLimitField = TokenLimitField.maxTokens
  /// Nil: the provider's default.
  package var temperature: Double?
  package var continuation = Continuation.instruction
  /// How hard the model reasons, in the provider's words ("low", "medium", "high"); empty: as it does by itself.
  package var reasoningEffort = ""
  /// For Anthropic's models that reason within a budget of tokens, at least 1024; nil: no budget is given.
  package var reasoningTokens: Int?

  package init(name: String, kind: Kind, upstreamModel: String? = nil) {
    self.name = name
    self.kind = kind
    self.upstreamModel = upstreamModel ?? name
    // The demo model has no provider to be spared.
    if case .demo = kind { maximumConcurrent = 65_536 }
  }
}

extension EndpointConfiguration {
  /// All keys, each once.
  package var keys: [UpstreamKey] {
    var keys: [UpstreamKey] = []
    for key in [provider?.key].compactMap({ $0 }) + otherKeys where !keys.contains(key) { keys.append(key) }
    return keys
  }

  /// What the gateway needs to know of it.
  var settings: EndpointSettings {
    var settings = EndpointSettings(name: name)
    settings.weight = weight
    settings.priority = priority
    settings.maximumConcurrent = maximumConcurrent
    settings.initialConcurrent = initialConcurrent
    if case .demo = kind { settings.initialConcurrent = maximumConcurrent }
    settings.requestsPerMinute = requestsPerMinute
    settings.tokensPerMinute = tokensPerMinute
    settings.keys = keys.map(\.number)
    settings.breaker = breaker
    return settings
  }

  /// The API that is spoken, where, and with what key; nil: the demo model answers.
  package var provider: (dialect: Dialect, baseURL: String, key: UpstreamKey?)? {
    switch kind {
    case .openAI(let url, let key): (.chatCompletions, url, key)
    case .anthropic(let url, let key): (.messages, url, key)
    case .responses(let url, let key): (.responses, url, key)
    case .demo: nil
    }
  }
}
