/// What goes wrong in a soak.
enum SoakTrouble: String, CaseIterable, Sendable {
  case kill = "kill -9 of the server"
  case terminate = "SIGTERM of the server"
  case pause = "SIGSTOP of the server"
  case network = "all connections lost"
  case providerKilled = "kill -9 of the provider"
  case providerErrors = "provider outage"

  var endsProcess: Bool { self == .kill || self == .terminate }
}

/// What has happened so far.
struct SoakTally: Sendable {
  var turns = 0
  /// Answers that broke off, each with its partial text kept or nothing said.
  var brokenOff = 0
  var reconnects = 0
  var sentAgain = 0
  /// Conversations compared with what was acknowledged, whole.
  var compared = 0
  var troubles: [SoakTrouble: Int] = [:]
  /// What was promised and not kept; the first few.
  private(set) var broken: [String] = []

  mutating func breaks(_ promise: String) {
    if broken.count < 20 { broken.append(promise) }
  }
}

/// How the server is at one moment.
struct SoakSample: Sendable {
  let seconds: Double
  let bytes: Int
  let descriptors: Int
  let turns: Int
  let pid: Int32
}
