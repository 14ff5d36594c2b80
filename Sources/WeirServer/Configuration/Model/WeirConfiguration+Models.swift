extension WeirConfiguration {
  /// A model as users name it, and who answers for it.
  public struct Model: NamedEntry {
    /// As users name it.
    public let name: String
    /// The model's context, shared by prompt and answer.
    public var contextTokens = 8192
    /// Of the context, what is kept free for the answer.
    public var answerTokens = 1024
    /// Instructions put before every conversation.
    public var systemPrompt = ""
    /// A file that holds them; white space around it does not count.
    public var systemPromptFile: String?
    /// Names the instructions, so that usage and quality can be told apart by them.
    public var promptVersion = ""
    /// nil, here and below: the provider's own default.
    public var temperature: Double?
    /// The share of likely tokens that are chosen from.
    public var topP: Double?
    /// The most tokens an answer may have.
    public var maximumTokens: Int?
    /// Texts that end an answer.
    public var stop: [String] = []
    /// Whether the model's reasoning is kept from users.
    public var hidesReasoning = false
    /// What its tokens cost.
    public var price = Price()
    /// Who answers. One or more.
    public var endpoints: [Endpoint] = []

    /// A model with the defaults, and without endpoints.
    public init(name: String) {
      self.name = name
    }
  }

  /// What tokens cost, in any one currency.
  public struct Price: Sendable, Equatable {
    /// Prompts.
    public var input = PricePerMillion(millionths: 0)
    /// What the provider had of a prompt in its cache; nil: as the rest of it.
    public var cachedInput: PricePerMillion?
    /// Answers, with their reasoning.
    public var output = PricePerMillion(millionths: 0)

    /// For nothing.
    public init() {}
  }

  /// One place that answers for a model.
  public struct Endpoint: NamedEntry {
    /// The API it speaks.
    public enum Kind: String, Sendable, CaseIterable {
      /// `/v1/chat/completions` as OpenAI made it, and many others speak it.
      case openAI = "openai"
      /// Anthropic's Messages.
      case anthropic
      /// OpenAI's Responses.
      case responses
      /// The built-in demo model; `demo.*` says how it behaves.
      case demo
    }

    /// How a model is made to go on with an answer that was cut.
    public enum Continuation: String, Sendable, CaseIterable {
      /// By the beginning of its answer as the last message, which some providers go on with word for word.
      case prefill
      /// By a last message that asks for it. Every provider takes that.
      case instruction
    }

    /// What the most tokens of an answer are called in a request.
    public enum TokensField: String, Sendable, CaseIterable {
      /// What all know.
      case maxTokens = "max_tokens"
      /// What OpenAI's reasoning models want.
      case maxCompletionTokens = "max_completion_tokens"
    }

    /// Unique within its model.
    public let name: String
    /// The base URL, such as `https://api.openai.com/v1`. Needed unless it is the demo model.
    public var url: String?
    /// The API it speaks.
    public var kind = Kind.openAI
    /// The model's name as the provider knows it; nil: as users name it.
    public var model: String?
    /// The provider's keys, used in turn. `load(_:)` adds those of `keyFiles` and `keyVariables`.
    public var keys: [Secret] = []
    /// Files with keys, one a line.
    public var keyFiles: [String] = []
    /// Environment variables with a key each.
    public var keyVariables: [String] = []
    /// Its share of the calls beside endpoints of the same priority.
    public var weight = 1
    /// Endpoints of a higher number are used only when none of a lower one can be.
    public var priority = 0
    /// Calls that run at the same time; more wait.
    public var maximumConcurrent = 1024
    /// nil: only what the provider itself says.
    public var requestsPerMinute: Int?
    /// nil: only what the provider itself says.
    public var tokensPerMinute: Int?
    /// Name look-up, TCP and TLS.
    public var connectTimeout: Duration = .seconds(5)
    /// From the request to the first piece of the answer.
    public var firstTokenTimeout: Duration = .seconds(60)
    /// The longest silence inside an answer.
    public var stallTimeout: Duration = .seconds(30)
    /// The whole call.
    public var totalTimeout: Duration = .seconds(600)
    /// An answer that grows beyond this is ended and kept.
    public var maximumAnswerBytes = 1 << 20
    /// How it is made to go on with an answer that was cut.
    public var continuation = Continuation.instruction
    /// What the most tokens of an answer are called in a request. For `openai` only.
    public var tokensField = TokensField.maxTokens

    /// An endpoint with the defaults, and without a URL.
    public init(name: String) {
      self.name = name
    }
  }

  /// The models that users can ask for, the default first: those of `models`, or the one that `upstream` is short for.
  public var effectiveModels: [Model] {
    if models.isEmpty { return [Model(upstream)] }
    guard let index = models.firstIndex(where: { $0.name == defaultModel }) else { return models }
    var sorted = models
    sorted.insert(sorted.remove(at: index), at: 0)
    return sorted
  }
}

extension WeirConfiguration.Model {
  /// The one model that `upstream` is short for: the provider's, or the demo model.
  init(_ upstream: WeirConfiguration.Upstream) {
    self.init(name: upstream.isDemo ? "demo" : upstream.model)
    contextTokens = upstream.contextTokens
    answerTokens = upstream.answerTokens
    systemPrompt = upstream.systemPrompt
    var endpoint = WeirConfiguration.Endpoint(name: upstream.isDemo ? "demo" : "upstream")
    endpoint.url = upstream.url
    endpoint.kind = upstream.isDemo ? .demo : .openAI
    endpoint.model = upstream.isDemo ? nil : upstream.model
    endpoint.keys = upstream.key.map { [$0] } ?? []
    // Nobody's rate limit has to be kept from the demo model.
    endpoint.maximumConcurrent = upstream.isDemo ? 100_000 : upstream.maximumConcurrent
    endpoint.connectTimeout = upstream.connectTimeout
    endpoint.firstTokenTimeout = upstream.firstTokenTimeout
    endpoint.stallTimeout = upstream.stallTimeout
    endpoint.totalTimeout = upstream.totalTimeout
    endpoint.maximumAnswerBytes = upstream.maximumAnswerBytes
    endpoints = [endpoint]
  }
}
