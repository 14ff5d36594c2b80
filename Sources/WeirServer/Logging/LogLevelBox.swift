package import Logging
import Synchronization

/// The least important level that is written, for all loggers of the process at once, so that a reload reaches those that
/// exist. Thread-safe; a read is one load.
package final class LogLevelBox: Sendable {
  private static let levels = Logger.Level.allCases
  private let index: Atomic<Int>

  /// What `WeirConfiguration.Logging.bootstrap()` sets, and all its handlers ask.
  package static let process = LogLevelBox(.info)

  package init(_ level: Logger.Level) {
    index = Atomic(LogLevelBox.index(of: level))
  }

  package var level: Logger.Level {
    get { LogLevelBox.levels[index.load(ordering: .relaxed)] }
    set { index.store(LogLevelBox.index(of: newValue), ordering: .relaxed) }
  }

  /// All cases are in the list of all cases.
  private static func index(of level: Logger.Level) -> Int { levels.firstIndex(of: level) ?? 0 }
}
