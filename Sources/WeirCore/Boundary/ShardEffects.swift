// What a shard's logic can do to the world, and what a device looks like from inside: the seam between rules and I/O.

package import WeirWire

/// The world as a shard's logic sees it (rule 9). The server implements it on event loop, journal, store and upstream
/// thread; the simulation implements it on a seeded scheduler. Called on the shard only; nothing here blocks.
package protocol ShardEffects: AnyObject {
  /// The time, on a clock that never goes back.
  var now: MonotonicTime { get }
  /// The time people know: milliseconds since 1970. May jump.
  var wallClockMs: UInt64 { get }
  /// 64 random bits.
  func random() -> UInt64

  /// Hands an entry to the journal. The answer comes as `ShardCore.journalReplied`, for token 0 not at all.
  func append(_ entry: JournalEntry, token: UInt64)
  /// Asks the store. The answer comes as `ShardCore.storeReplied`.
  func read(_ question: StoreRead, token: UInt64)
  /// Starts a call to a provider. What happens to it comes as `ShardCore.upstreamDelivered`.
  func submit(_ request: UpstreamRequest)
  /// Ends a call early. Events of it that are under way may still come.
  func cancel(_ call: CallID)
  /// Wants `ShardCore.tick` called at `time` or soon after. Only the earliest wish counts.
  func wake(at time: MonotonicTime)
  /// A digest of the bytes that nobody can find a second text for: SHA-256 or as good.
  func digest(_ bytes: [UInt8]) -> [UInt8]
  /// Tells the process how many bytes this shard holds more (or fewer), and learns whether the process is over its limit.
  func account(bytes: Int) -> MemoryPressure
}

/// How much room the process has.
package enum MemoryPressure: Sendable {
  /// Enough.
  case none
  /// Near the limit: reading from providers pauses, and what can be read from the store again leaves memory.
  case high
  /// Above the limit: no new work.
  case full
}

/// The way out to one device. Called on the shard only.
package protocol DeviceLink: AnyObject {
  /// Whether the device's socket takes more now. When that turns true again, `ShardCore.deviceWritable` is called.
  var isWritable: Bool { get }
  /// Bytes given that the socket has not taken.
  var outstandingBytes: Int { get }
  /// Adds a frame to what the next flush sends.
  func send(_ frame: ServerFrame)
  /// Adds a Delta to what the next flush sends, straight from the log. `part` is what the text is; the call's id and the
  /// tool's name are set where a tool call begins.
  func sendDelta(turnID: TurnID, offset: UInt64, part: PartMark, text: UnsafeRawBufferPointer)
  /// Sends what was added since the last flush, in one write.
  func flush()
  /// Says why and closes the connection.
  func close(_ reason: DeviceCloseReason)
}

/// Why the server ends a device's connection.
package enum DeviceCloseReason: Sendable, Equatable {
  /// The user has too many devices.
  case tooManyDevices(limit: Int)
  /// Nothing was taken for too long although text waited.
  case stalled
  /// The token has run out.
  case tokenExpired
  /// The server stops; come back after so many milliseconds.
  case goingAway(reconnectAfterMs: UInt32)
  /// Everything about the user is being erased; come back after so many milliseconds.
  case beingErased(reconnectAfterMs: UInt32)
}
