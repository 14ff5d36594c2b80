/// Every setting of the server, with its default. `WeirConfiguration()` is a server on 127.0.0.1:8080 that keeps its
/// data in `./weir-data`, answers with the built-in demo model, and lets in devices on this machine only.
///
/// Units are in types (`Duration`) or names (`...Bytes`, `...Tokens`). `load(_:)` reads the same settings from command
/// line, environment and a YAML file; there a setting's key is its path here: `listen.port`.
public struct WeirConfiguration: Sendable, Equatable {
  /// Where the server listens, and with how many threads.
  public var listen = Listen()
  /// Where and how safely data is kept.
  public var data = DataStore()
  /// Who may connect.
  public var auth = Auth()
  /// The certificate; without one the server speaks plain HTTP and `ws://`.
  public var tls = TLS()
  /// Limits and habits of the WebSocket connections.
  public var websocket = WebSocketLimits()
  /// The one model and its provider, in short; without a URL the demo model answers. `models` is for more.
  public var upstream = Upstream()
  /// The models that users can ask for, each with its endpoints. None: the one of `upstream`.
  public var models: [Model] = []
  /// The model for those who name none; empty: the only one, or the first.
  public var defaultModel = ""
  /// How the built-in demo model behaves.
  public var demo = Demo()
  /// The classes of the queue for the providers.
  public var lanes = Lane.standard
  /// What users may use. None: all may use everything.
  public var plans: [Plan] = []
  /// How much work may wait for the providers.
  public var queue = Queue()
  /// How a call that failed before its first token is tried again.
  public var retry = Retry()
  /// A second call beside one whose first token is unusually late.
  public var hedge = Hedge()
  /// Answers that are kept for equal calls.
  public var cache = Cache()
  /// What one client address may do.
  public var addresses = Addresses()
  /// Who may speak for a client's address.
  public var proxies = Proxies()
  /// Who may look into the server and command it.
  public var admin = Admin()
  /// How answers reach devices.
  public var streaming = Streaming()
  /// What one user may hold, and how long idle users stay in memory.
  public var sessions = Sessions()
  /// What the process may hold.
  public var memory = Memory()
  /// How the server stops.
  public var shutdown = Shutdown()
  /// What the server writes to standard error.
  public var logging = Logging()

  /// The defaults.
  public init() {}
}

extension WeirConfiguration {
  /// Where the server listens, and with how many threads.
  public struct Listen: Sendable, Equatable {
    /// An address of this machine or a name for one. `0.0.0.0` or `::` listens on all.
    public var host = "127.0.0.1"
    /// 0 lets the system choose one.
    public var port = 8080
    /// Connections beyond this many are answered with 503 and closed.
    public var maximumConnections = 65_536
    /// New devices while answers run, so that a crowd that comes back does not hold up those who are there; more are
    /// answered with 503 and a time to come back at. nil: any number.
    public var devicesPerSecond: Int? = 2000
    /// Event loops, each with its shard of the users. 0: one per processor.
    public var threads = 0

    /// The defaults.
    public init() {}
  }

  /// Where and how safely data is kept.
  public struct DataStore: Sendable, Equatable {
    /// What an acknowledgement promises.
    public enum Durability: String, Sendable, CaseIterable {
      /// On disk: survives the loss of power.
      case fsync
      /// With the operating system: survives the death of the process, not the loss of power.
      case os
    }

    /// Made if it is not there. One server at a time.
    public var directory = "./weir-data"
    /// What an acknowledgement promises.
    public var durability = Durability.fsync
    /// The store's cache of blocks it has read.
    public var cacheBytes = 64 << 20
    /// What has been written and is not in a table file yet: it is in memory, and read again after a crash. Less of it is
    /// less memory and more merging.
    public var writeBufferBytes = 64 << 20
    /// How often conversations are looked for that are older than `Plan.keepConversations`.
    public var retentionInterval: Duration = .seconds(3600)

    /// The defaults.
    public init() {}
  }

  /// Who may connect. With any secret or key: whoever brings a JSON Web Token signed by it. With none: devices on this
  /// machine, unless `openOnLoopback` is off.
  public struct Auth: Sendable, Equatable {
    /// A shared secret for HS256, 32 bytes or more. Its bytes are those of the text.
    public var jwtSecret: Secret?
    /// Files that each hold such a secret; white space around it does not count. `KID=PATH` ties it to a key id.
    public var jwtSecretFiles: [String] = []
    /// PEM files with a public key or a certificate; the key's kind decides the algorithm: P-256 is ES256, RSA is
    /// RS256, Ed25519 is EdDSA. `KID=PATH` ties it to a key id.
    public var jwtKeyFiles: [String] = []
    /// Files with a JSON Web Key Set each (RFC 7517): keys of the kinds above, and secrets for HS256, with their ids.
    public var jwksFiles: [String] = []
    /// How often the files above and the certificate are looked at; if one has changed, all are read again. Zero: only
    /// with the configuration.
    public var fileCheckInterval: Duration = .seconds(10)
    /// If set, a token's `iss` must be this.
    public var issuer: String?
    /// If set, a token's `aud` must name this.
    public var audience: String?
    /// How far clocks may be apart when `exp` and `nbf` are checked.
    public var leeway: Duration = .seconds(30)
    /// How long a connection lives on after its token has expired.
    public var expiryGrace: Duration = .seconds(10)
    /// Whether devices on this machine may connect without a token while no secret and no key is set.
    public var openOnLoopback = true
    /// The claim with the user's plan.
    public var planClaim = "weir_plan"
    /// The claim with the best lane the user may use, in place of the plan's.
    public var laneClaim = "weir_lane"
    /// The claim with the customer of the application that the user belongs to.
    public var tenantClaim = "weir_tenant"
    /// The plan of those whose token names none; empty: the only one, or the one named default.
    public var defaultPlan = ""

    /// Whether any secret or key is set.
    public var hasKeys: Bool {
      jwtSecret != nil || !jwtSecretFiles.isEmpty || !jwtKeyFiles.isEmpty || !jwksFiles.isEmpty
    }

    /// The defaults.
    public init() {}
  }

  /// The certificate; without one the server speaks plain HTTP and `ws://`.
  public struct TLS: Sendable, Equatable {
    /// A PEM file: the server's certificate, then those that lead to its root.
    public var certificateFile: String?
    /// A PEM file: the certificate's private key.
    public var keyFile: String?

    /// Whether TLS is on.
    public var isOn: Bool { certificateFile != nil || keyFile != nil }

    /// The defaults.
    public init() {}
  }

  /// What the process may hold.
  public struct Memory: Sendable, Equatable {
    /// Bytes in logs, tails and queues; beyond it new work is refused with a retryable error. 0: a quarter of what the
    /// machine, or the control group of this process, has.
    public var limitBytes = 0

    /// The limit in bytes that counts on this machine.
    var limit: Int { limitBytes > 0 ? limitBytes : MachineMemory.share }

    /// The defaults.
    public init() {}
  }

  /// How the server stops.
  public struct Shutdown: Sendable, Equatable {
    /// How long devices and running answers have before the server leaves without them.
    public var grace: Duration = .seconds(10)

    /// The defaults.
    public init() {}
  }

  /// What the server writes to standard error.
  public struct Logging: Sendable, Equatable {
    /// The least important lines that are written.
    public enum Level: String, Sendable, CaseIterable {
      case trace, debug, info, notice, warning, error, critical
    }
    /// The shape of a line.
    public enum Format: String, Sendable, CaseIterable {
      /// For people.
      case text
      /// One JSON object a line.
      case json
    }

    /// The least important lines that are written.
    public var level = Level.info
    /// The shape of a line.
    public var format = Format.text

    /// The defaults.
    public init() {}
  }
}
