/// How the server stands at a moment, for its operator: what `GET /admin/state` answers and `weir admin` shows. It holds
/// no text of anybody's.
///
/// New members are optional or have a default, so that server and command may be of different versions.
package struct AdminState: Codable, Sendable, Equatable {
  /// A lane of the queue.
  package struct Lane: Codable, Sendable, Equatable {
    package var name: String
    package var waiting: Int
    package var running: Int
    /// How long its first has waited; 0: nothing waits.
    package var oldestWaitMs: Int

    package init(name: String, waiting: Int = 0, running: Int = 0, oldestWaitMs: Int = 0) {
      self.name = name
      self.waiting = waiting
      self.running = running
      self.oldestWaitMs = oldestWaitMs
    }
  }

  /// A provider's endpoint, in one of the pools that it serves.
  package struct Endpoint: Codable, Sendable, Equatable {
    package var pool: String
    package var name: String
    /// "closed" (all is well), "open" (it fails and is left alone), "half-open" (it is being probed) or "held" (it asked
    /// for a pause).
    package var state: String
    /// Calls it gets at once; it adapts.
    package var limit: Int
    package var inFlight: Int
    /// To the first token, lately; nil: not known yet.
    package var latencyMs: Int?
    /// It gets no call for so long; 0: it does.
    package var heldForMs: Int
    /// What the provider says is left; nil: it says nothing.
    package var remainingRequests: Int?
    package var remainingTokens: Int?

    package init(
      pool: String, name: String, state: String, limit: Int, inFlight: Int, latencyMs: Int? = nil, heldForMs: Int = 0,
      remainingRequests: Int? = nil, remainingTokens: Int? = nil
    ) {
      self.pool = pool
      self.name = name
      self.state = state
      self.limit = limit
      self.inFlight = inFlight
      self.latencyMs = latencyMs
      self.heldForMs = heldForMs
      self.remainingRequests = remainingRequests
      self.remainingTokens = remainingTokens
    }
  }

  /// A shard of the users.
  package struct Shard: Codable, Sendable, Equatable {
    package var index: Int
    package var sessions: Int
    package var devices: Int
    /// Turns that wait or run.
    package var turns: Int

    package init(index: Int, sessions: Int = 0, devices: Int = 0, turns: Int = 0) {
      self.index = index
      self.sessions = sessions
      self.devices = devices
      self.turns = turns
    }
  }

  /// A turn that has taken long.
  package struct SlowTurn: Codable, Sendable, Equatable {
    package var user: String
    package var turnID: UInt64
    package var model: String
    package var lane: String
    /// "waiting" or "running".
    package var state: String
    /// Since it was asked.
    package var ageMs: Int
    /// Bytes of its answer so far.
    package var answerBytes: Int

    package init(
      user: String, turnID: UInt64, model: String, lane: String, state: String, ageMs: Int, answerBytes: Int = 0
    ) {
      self.user = user
      self.turnID = turnID
      self.model = model
      self.lane = lane
      self.state = state
      self.ageMs = ageMs
      self.answerBytes = answerBytes
    }
  }

  /// A plan and what its users, those with a device connected, have used of it.
  package struct Plan: Codable, Sendable, Equatable {
    package var name: String
    /// The limits of one user; nil: there is none.
    package var turnsPerMinute: Int?
    package var turnsAtOnce: Int?
    package var tokensPerDay: UInt64?
    package var tokensPerMonth: UInt64?
    package var users = 0
    /// Settled, or held for turns that run: of all users, and of the one with most.
    package var tokensToday: UInt64 = 0
    package var tokensThisMonth: UInt64 = 0
    package var mostTokensToday: UInt64 = 0
    package var mostTokensThisMonth: UInt64 = 0
    /// Users who have nothing left of the day or the month.
    package var usersUsedUp = 0

    package init(name: String) {
      self.name = name
    }
  }

  /// Of the server's software.
  package var version: String
  package var uptimeMs: Int
  /// It is about to stop.
  package var isDraining = false
  /// Best first.
  package var lanes: [Lane] = []
  package var endpoints: [Endpoint] = []
  /// Of the retries that recent traffic allows, what is left: 0 to 1.
  package var retryBudgetLeft: Double = 1
  package var shards: [Shard] = []
  /// Slowest first; a handful.
  package var slowestTurns: [SlowTurn] = []
  /// nil: the server is older than this member.
  package var plans: [Plan]?

  package init(version: String, uptimeMs: Int) {
    self.version = version
    self.uptimeMs = uptimeMs
  }
}
