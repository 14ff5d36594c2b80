import WeirCore

extension ShardSettings {
  /// The core's settings, from the server's configuration.
  init(_ configuration: WeirConfiguration) {
    self.init()
    maximumDevicesPerUser = configuration.sessions.maximumDevicesPerUser
    maximumWaitingTurns = configuration.sessions.maximumWaitingTurns
    maximumPendingRequests = configuration.sessions.maximumPendingRequests
    maximumMessageBytes = configuration.sessions.maximumMessageTextBytes
    sessionIdle = Interval(configuration.sessions.idleEviction)
    maximumFlushPause = Interval(configuration.streaming.flushInterval)
    checkpointInterval = Interval(configuration.streaming.checkpointInterval)
    logRetention = Interval(configuration.streaming.logRetention)
    defaultCredit = UInt64(max(0, configuration.streaming.defaultCreditBytes))
    listenerPolicy =
      switch configuration.streaming.listenerPolicy {
      case .keep: .keep
      case .keepFor(let patience): .keepFor(Interval(patience))
      case .cancel: .cancel
      }
    stallLimit = Interval(configuration.websocket.stallLimit)
    maximumFrameBytes = configuration.websocket.maximumMessageBytes
    idlePing = Interval(configuration.websocket.pingInterval)
    serverName = "weir/\(WeirServer.version)"
  }
}
