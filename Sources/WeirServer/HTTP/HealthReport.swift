/// How the parts of the server are, for those who watch over it.
package struct HealthReport: Sendable, Equatable {
  /// One part.
  package struct Check: Sendable, Equatable {
    /// A word: "store".
    package var name: String
    /// nil: it is well. Otherwise a sentence for the operator.
    package var fault: String?

    package init(name: String, fault: String? = nil) {
      self.name = name
      self.fault = fault
    }
  }

  package var checks: [Check]

  package init(_ checks: [Check]) {
    self.checks = checks
  }

  /// Whether every part is well.
  package var isHealthy: Bool { checks.allSatisfy { $0.fault == nil } }

  /// `{"status":"ok","checks":{"store":"ok"}}`.
  package var json: String {
    let parts = checks.map { "\(JSONText.quoted($0.name)):\(JSONText.quoted($0.fault ?? "ok"))" }
    return #"{"status":"\#(isHealthy ? "ok" : "failing")","checks":{\#(parts.joined(separator: ","))}}"#
  }
}

/// Whether the server takes new devices.
package enum Readiness: String, Sendable {
  /// It does.
  case ready
  /// Not yet.
  case starting
  /// Not any more: it is about to stop.
  case draining
}
