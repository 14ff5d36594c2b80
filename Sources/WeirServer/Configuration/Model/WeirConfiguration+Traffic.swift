extension WeirConfiguration {
  /// How much work may wait for the providers.
  public struct Queue: Sendable, Equatable {
    /// Turns that wait; more are refused.
    public var maximumWaiting = 20_000
    /// Bytes of the prompts that wait; more are refused.
    public var maximumWaitingBytes = 256 << 20
    /// Turns of one user that wait in a lane; more are refused.
    public var maximumWaitingPerUser = 10_000

    /// The defaults.
    public init() {}
  }

  /// How a call that failed before its first token is tried again.
  public struct Retry: Sendable, Equatable {
    /// With the first.
    public var maximumAttempts = 3
    /// Further attempts, as a percentage of the recent first ones: what keeps an outage from being made worse.
    public var budgetPercent = 10
    /// The longest pause before the second attempt; it doubles with each, and a random part of it is waited.
    public var baseDelay: Duration = .milliseconds(250)
    /// The longest pause of all.
    public var maximumDelay: Duration = .seconds(8)

    /// The defaults.
    public init() {}
  }

  /// A second call beside one whose first token is unusually late.
  public struct Hedge: Sendable, Equatable {
    /// Whether there are any. They come out of the budget for retries.
    public var isEnabled = false

    /// The defaults.
    public init() {}
  }

  /// Answers that are kept for equal calls.
  public struct Cache: Sendable, Equatable {
    /// Whether any are kept.
    public var isEnabled = false
    /// How long an answer is used.
    public var lifetime: Duration = .seconds(3600)
    /// All of them.
    public var sizeBytes = 256 << 20
    /// A longer answer is not kept.
    public var maximumAnswerBytes = 256 << 10
    /// Whether answers to calls that are not at temperature 0, and so would differ each time, are kept too.
    public var anyTemperature = false

    /// The defaults.
    public init() {}
  }

  /// What one client address may do. IPv6 addresses count by their /64, which is what one customer has.
  public struct Addresses: Sendable, Equatable {
    /// New connections; nil: any number.
    public var connectionsPerSecond: Int? = 100
    /// At the same time; nil: any number.
    public var maximumConnections: Int? = 1000
    /// Refused tokens a minute, then all are refused unread for a while; nil: any number.
    public var failedLogins: Int? = 30
    /// Addresses that are not limited: this machine's own, since a proxy may stand there.
    public var exempt = [AddressRange.loopback4, .loopback6]
    /// How many addresses without connections are remembered.
    public var maximumTracked = 65_536

    /// The defaults.
    public init() {}
  }

  /// Who may speak for a client's address.
  public struct Proxies: Sendable, Equatable {
    /// How proxies tell it.
    public enum Carrier: String, Sendable, CaseIterable {
      /// Not at all: the other end of the connection is the client.
      case none
      /// In the header `X-Forwarded-For`.
      case forwardedFor = "forwarded-for"
      /// In front of the connection's bytes (HAProxy's PROXY protocol, version 1 or 2).
      case proxyProtocol = "proxy-protocol"
    }

    /// Addresses of the proxies. What others say of addresses does not count.
    public var trusted: [AddressRange] = []
    /// How they tell it.
    public var carrier = Carrier.none

    /// The defaults.
    public init() {}
  }

  /// Who may look into the server and command it.
  public struct Admin: Sendable, Equatable {
    /// What `/admin` wants as a bearer token, 16 bytes or more. `load(_:)` puts the file's content here. nil: there is
    /// no such access.
    public var secret: Secret?
    /// A file that holds it; white space around it does not count.
    public var secretFile: String?
    /// Backups that are asked for over `/admin` are made in this directory only; nil: anywhere the server may write.
    public var backupDirectory: String?

    /// The defaults.
    public init() {}
  }
}
