public import Logging

extension WeirConfiguration.Logging {
  /// Makes loggers write to standard error as configured. A process does this once, before it makes its first logger;
  /// an app that embeds the server keeps its own logging instead.
  public func bootstrap() {
    let isJSON = format == .json
    adoptLevel()
    LoggingSystem.bootstrap { label in LineLogHandler(label: label, level: .process, isJSON: isJSON) }
  }

  /// Changes the level of the loggers that `bootstrap()` set up, those that exist too.
  package func adoptLevel() {
    LogLevelBox.process.level = loggerLevel
  }

  /// The level as swift-log names it.
  public var loggerLevel: Logger.Level {
    switch level {
    case .trace: .trace
    case .debug: .debug
    case .info: .info
    case .notice: .notice
    case .warning: .warning
    case .error: .error
    case .critical: .critical
    }
  }
}
