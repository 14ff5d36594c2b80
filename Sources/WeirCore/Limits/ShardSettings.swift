/// All that the core can be told, with its units. The server's configuration fills it in.
package struct ShardSettings: Sendable {
  /// Devices a user may have connected at once.
  package var maximumDevicesPerUser = 16
  /// Conversations that one device follows: a new one takes the place of the first. What is followed stays in memory.
  package var maximumFollowedPerDevice = 256
  /// Turns that may wait in one conversation behind the running one.
  package var maximumWaitingTurns = 32
  /// Requests of one user that may wait for the store at once.
  package var maximumPendingRequests = 256
  /// The text of one message, in bytes of UTF-8.
  package var maximumMessageBytes = 256 * 1024
  /// A conversation's title, in bytes of UTF-8.
  package var maximumTitleBytes = 512
  /// One Delta's text, in bytes: what a device that catches up is sent at a time.
  package var maximumDeltaBytes = 16 * 1024
  /// The longest pause between two writes to a device under load.
  package var maximumFlushPause = Interval.milliseconds(1)
  /// How often a running answer's new text goes to the store. A crash loses at most this much plus one commit.
  package var checkpointInterval = Interval.milliseconds(500)
  /// How long an ended answer's log stays for devices that come back.
  package var logRetention = Interval.seconds(30)
  /// How long a device may fail to take anything while text waits for it, before it is closed.
  package var stallLimit = Interval.seconds(30)
  /// How long a session without devices and turns stays in memory.
  package var sessionIdle = Interval.seconds(60)
  /// What happens to an answer nobody listens to.
  package var listenerPolicy = ListenerPolicy.keep
  /// Devices that asked for no credit have as much as their socket takes.
  package var defaultCredit: UInt64 = 0
  /// How long the process may be short of memory before running answers are ended.
  package var memoryPatience = Interval.seconds(3)
  /// What Welcome says of the server.
  package var serverName = "weir"
  /// What Welcome says of frame size and pings.
  package var maximumFrameBytes = 1024 * 1024
  package var idlePing = Interval.seconds(25)

  package init() {}
}

/// What happens to an answer that no device is subscribed to.
package enum ListenerPolicy: Sendable, Equatable {
  /// It runs to its end: whoever comes back finds it.
  case keep
  /// It runs on for so long, then it is stopped and its text kept.
  case keepFor(Interval)
  /// It is stopped at once and its text kept.
  case cancel
}
