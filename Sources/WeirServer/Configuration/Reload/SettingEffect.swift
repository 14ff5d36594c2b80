/// When a changed setting counts.
package enum SettingEffect: Sendable, Equatable {
  /// From the reload on.
  case atOnce
  /// When the server is started again; until then it keeps the old value.
  case afterRestart
}

extension Field where Root == WeirConfiguration {
  /// When a change of it counts. What threads, sockets, the store's files and open connections were made from cannot be
  /// changed under them.
  var effect: SettingEffect {
    if Field.afterRestart.contains(path[0]) || Field.afterRestart.contains(key) { return .afterRestart }
    return .atOnce
  }

  private static var afterRestart: Set<String> {
    [
      "listen", "data", "websocket", "streaming", "sessions", "memory", "shutdown", "logging.format", "cache.sizeBytes",
      "proxies.protocol", "admin",
    ]
  }
}
