extension WeirConfiguration {
  /// Limits and habits of the WebSocket connections.
  public struct WebSocketLimits: Sendable, Equatable {
    /// A message from a device, after inflating, however many frames it comes in.
    public var maximumMessageBytes = 1 << 20
    /// Whether permessage-deflate (RFC 7692) is offered.
    public var deflate = true
    /// Messages below this size are sent as they are.
    public var deflateThresholdBytes = 512
    /// zlib's level: 1 is the least work, 9 the fewest bytes.
    public var deflateLevel = 1
    /// Whether messages may refer to earlier ones of their connection: fewer bytes for similar messages, for up to 300 KiB
    /// on a busy connection.
    public var deflateContextTakeover = false
    /// A device with more than this waiting to be sent gets nothing new until it has taken it.
    public var highWaterBytes = 64 << 10
    /// A silent device is pinged after this long, and dropped after twice as long.
    public var pingInterval: Duration = .seconds(25)
    /// From the first byte to the end of the upgrade request.
    public var handshakeTimeout: Duration = .seconds(5)
    /// How long a device may fail to take anything while something waits for it.
    public var stallLimit: Duration = .seconds(30)
    /// Origins that may connect, such as `https://chat.example.org`; `*` lets in every page. None: pages from this
    /// server's own address, and programs that send no Origin.
    public var allowedOrigins: [String] = []

    /// The defaults.
    public init() {}
  }

  /// The model provider; without a URL the demo model answers.
  public struct Upstream: Sendable, Equatable {
    /// The API a provider speaks.
    public enum Kind: String, Sendable, CaseIterable {
      /// `/v1/chat/completions` as OpenAI made it, and many others speak it.
      case openAI = "openai"
    }

    /// The base URL, such as `https://api.openai.com/v1` or `http://127.0.0.1:11434/v1`.
    public var url: String?
    /// The API it speaks.
    public var kind = Kind.openAI
    /// The model's name as the provider knows it. Needed with a URL.
    public var model = ""
    /// The provider's key. Better left to `keyFile` or `keyVariables`.
    public var key: Secret?
    /// A file that holds the key; white space around it does not count.
    public var keyFile: String?
    /// Environment variables that may hold the key; the first that is set is used.
    public var keyVariables = ["WEIR_UPSTREAM_KEY", "OPENAI_API_KEY"]
    /// The model's context, shared by prompt and answer.
    public var contextTokens = 8192
    /// Of the context, what is kept free for the answer.
    public var answerTokens = 1024
    /// Calls that run at the same time; more wait.
    public var maximumConcurrent = 1024
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
    /// Instructions put before every conversation.
    public var systemPrompt = ""

    /// Whether the built-in demo model answers.
    public var isDemo: Bool { url == nil }

    /// The defaults.
    public init() {}
  }

  /// How the built-in demo model behaves. It answers when no provider is configured, and stands in for one in tests.
  public struct Demo: Sendable, Equatable {
    /// What goes wrong with its answers.
    public enum Fault: String, Sendable, CaseIterable {
      /// Nothing.
      case none
      /// It refuses before the first token, as an overloaded provider does.
      case refuse
      /// It never sends a first token.
      case silent
      /// It goes silent in the middle of the answer.
      case stall
      /// It breaks off in the middle of the answer.
      case cut
    }

    /// From the question to the first token.
    public var firstTokenDelay: Duration = .milliseconds(200)
    /// Tokens a second; 0: all at once.
    public var tokensPerSecond = 50.0
    /// An answer's length; 0: as long as it takes to say what the model is and what was asked.
    public var answerTokens = 0
    /// What goes wrong.
    public var fault = Fault.none
    /// How many answers of a hundred it happens to.
    public var faultPercent = 100

    /// The defaults.
    public init() {}
  }

  /// What happens to an answer that no device listens to. As text: `keep`, `keep 60s` or `cancel`.
  public enum ListenerPolicy: Sendable, Equatable {
    /// It runs to its end: whoever comes back finds it.
    case keep
    /// It runs on for so long, then it is stopped and its text kept.
    case keepFor(Duration)
    /// It is stopped at once and its text kept.
    case cancel
  }

  /// How answers reach devices.
  public struct Streaming: Sendable, Equatable {
    /// The longest pause between two writes to a device under load; when idle a token leaves at once.
    public var flushInterval: Duration = .milliseconds(1)
    /// What happens to an answer that no device listens to.
    public var listenerPolicy = ListenerPolicy.keep
    /// How long an ended answer's log stays in memory for devices that come back.
    public var logRetention: Duration = .seconds(30)
    /// How often a running answer's new text is stored: what a crash can cut off, and one commit more.
    public var checkpointInterval: Duration = .milliseconds(500)
    /// What a device that asked for no credit may be sent before it grants some; 0: as much as its socket takes.
    public var defaultCreditBytes = 0

    /// The defaults.
    public init() {}
  }

  /// What one user may hold, and how long idle users stay in memory.
  public struct Sessions: Sendable, Equatable {
    /// A session without devices and running answers leaves memory after this long. Its data stays in the store.
    public var idleEviction: Duration = .seconds(60)
    /// Devices of one user at the same time.
    public var maximumDevicesPerUser = 16
    /// Turns that may wait in one conversation behind the running one.
    public var maximumWaitingTurns = 32
    /// Requests of one user that may wait for the store at the same time.
    public var maximumPendingRequests = 256
    /// The text of one message.
    public var maximumMessageTextBytes = 256 << 10

    /// The defaults.
    public init() {}
  }
}
