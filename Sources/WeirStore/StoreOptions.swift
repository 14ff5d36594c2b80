// How a store is opened: every limit in one place, with its unit in its name.

/// When a commit counts as durable.
package enum Durability: String, Sendable, CaseIterable {
  /// After the disk has it: survives a power failure.
  case fsync
  /// After the operating system has it: survives the death of the process, not of the machine.
  case os
}

/// What opening does when the write-ahead log is damaged before its end.
package enum DamagedLog: String, Sendable, CaseIterable {
  /// Refuses to open. An unfinished record at the very end, as `kill -9` leaves it, is not damage.
  case refuse
  /// Opens, and gives up everything that was written after the damage, acknowledged or not.
  case dropRest
}

/// How a store is opened.
package struct StoreOptions: Sendable {
  /// When a commit counts as durable.
  package var durability: Durability = .fsync
  /// What to do about a write-ahead log that is damaged before its end.
  package var damagedLog: DamagedLog = .refuse
  /// Memory for blocks read from disk, with their indexes and filters.
  package var blockCacheBytes: Int = 64 << 20
  /// Memory for what has been written and is not yet in a table file, all column families together.
  package var writeBufferBytes: Int = 64 << 20
  /// The write-ahead log's size at which table files are written: what a start after a crash has to read again.
  package var maximumLogBytes: Int = 64 << 20
  /// Table files held open at a time.
  package var maximumOpenFiles: Int = 512
  /// Threads that write and merge table files.
  package var backgroundJobs: Int = 2
  /// The largest page of messages handed out at once, whatever the number asked for. At least one message is.
  package var maximumPageBytes: Int = 1 << 20
  /// The largest page by number, of messages or conversations.
  package var maximumPageEntries: Int = 1000
  /// The most text joined for one answer that was cut off.
  package var maximumCutTextBytes: Int = 16 << 20
  /// Disk for answers kept for equal calls; the oldest go first. 0: none are kept.
  package var cacheLimitBytes: Int = 256 << 20
  /// Whether table files are compressed. Without, what is in them can be searched for as it is.
  var packsTables = true
  /// The time that kept answers expire by, in milliseconds since 1970.
  var nowMs: @Sendable () -> UInt64 = WallClock.nowMs

  package init(durability: Durability = .fsync, damagedLog: DamagedLog = .refuse) {
    self.durability = durability
    self.damagedLog = damagedLog
  }
}
