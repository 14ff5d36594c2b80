/// A priority class of the queue: what share of the providers' places its calls get.
package struct LaneSettings: Sendable, Equatable {
  package var name: String
  /// Its part of the work, in tokens, against the other lanes that have calls waiting; 1 or more.
  package var weight = 1
  /// The most of a pool's places its calls may hold, above 0 up to 1. One place is always allowed.
  package var maximumShare = 1.0
  /// It gets a place only when no call of another lane waits that could use it.
  package var isIdleOnly = false
  /// A call that has not started after so long is refused; nil: it waits as long as it takes.
  package var maximumWait: Interval?
  /// The most of the waiting room its calls may fill, above 0 up to 1, so that a flood in one lane leaves room in
  /// others.
  package var maximumWaitingShare = 1.0

  package init(name: String, weight: Int = 1, maximumWait: Interval? = .seconds(600)) {
    self.name = name
    self.weight = weight
    self.maximumWait = maximumWait
  }

  /// Paying people, everybody else, and work that nobody waits for.
  package static var standard: [LaneSettings] {
    var batch = LaneSettings(name: "batch", maximumWait: .seconds(24 * 3600))
    batch.isIdleOnly = true
    batch.maximumShare = 0.5
    batch.maximumWaitingShare = 0.5
    return [LaneSettings(name: "interactive-premium", weight: 8), LaneSettings(name: "interactive"), batch]
  }
}
