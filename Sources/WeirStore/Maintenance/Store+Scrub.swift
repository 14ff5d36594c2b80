// Making sure that what was erased is gone from the disk, not only from view.

internal import Logging
package import WeirCore

/// How far a scrub has come.
package enum ScrubStep: Sendable, Equatable {
  /// A reader that began before the erasure still sees what was erased; its end is waited for.
  case waitingForReaders
  /// Files are being rewritten: of `families` kinds of data, `done` are.
  case rewriting(done: Int, families: Int)
  /// The new files are in place; the old ones are waited for, `files` of them.
  case waitingForFiles(Int)
}

extension Store {
  /// Rewrites every file that can hold something of a user whom the journal has erased (`StoreWrite.eraseUser`), and
  /// returns when the old files are gone from the directory: table files, write-ahead logs, and the lists of files, which
  /// name keys. Kept answers are nobody's by name, so all of them go.
  ///
  /// Other users are served meanwhile. Backups made before still hold what was erased, and the file system may keep the
  /// blocks of deleted files until it uses them again: both are the operator's to deal with.
  ///
  /// Blocks for as long as the rewriting takes: for a thread of its own. `progress` is called on it, at each step and each
  /// second of waiting. May be called again for the same user, for instance after a failure.
  ///
  /// - Parameter patienceMs: how long readers and old files are waited for before it fails with `.busy`.
  package func scrub(
    _ user: UserID, patienceMs: UInt64 = 60_000, progress: (ScrubStep) -> Void = { _ in }
  ) throws(StoreError) {
    let (database, cache) = try handles()
    let range = KeyRange(prefix: try UserKeys(user).prefix)
    try Self.requireErased(range, in: database)
    // What a reader sees from a moment before the erasure, rewriting would keep.
    let erased = database.latestSequence
    try wait(patienceMs, { _ in progress(.waitingForReaders) }) {
      database.hasSnapshots && database.oldestSnapshot < erased ? 1 : 0
    }
    // A change that leaves nothing, so that the next flush begins a new log even if there is nothing else to flush.
    try database.touch()
    let logs = try DataDirectory.files(in: directory).filter { $0.hasSuffix(".log") }
    try database.flush()
    var old = Set(logs + database.tables(over: range))
    // The first round may only move a file to the level where the next one rewrites it.
    for _ in 1...3 {
      for (done, family) in ColumnFamily.allCases.enumerated() {
        progress(.rewriting(done: done, families: ColumnFamily.allCases.count))
        database.compact(family, range)
      }
      if old.isDisjoint(with: database.tables(over: range)) { break }
    }
    if let cache { try cache.clear() }
    // A list of files begins with the files there were before its first change; one more change, and it names none of
    // those that are gone.
    old.formUnion(try DataDirectory.files(in: directory).filter { $0.hasPrefix("MANIFEST-") })
    try database.touch()
    try database.flush()
    try database.deleteUnusedFiles()
    try wait(patienceMs, { progress(.waitingForFiles($0)) }) { () throws(StoreError) in
      old.intersection(try DataDirectory.files(in: directory)).count
    }
    // Without the name, which would be in the log for longer than in the data.
    logger.notice("a user was erased")
  }

  private static func requireErased(_ range: KeyRange, in database: Database) throws(StoreError) {
    let view = ReadView(database)
    for family in ColumnFamily.allCases where family != .meta {
      let isEmpty = try view.range(family, range) { (iterator) throws(StoreError) in
        iterator.seekToFirst()
        return !iterator.isValid
      }
      guard isEmpty else {
        throw StoreError(
          .invalid, "Something of the user is still there (\(family.rawValue)); erase the user first, then scrub.")
      }
    }
  }

  /// Waits until `left` says 0.
  private func wait(
    _ patienceMs: UInt64, _ progress: (Int) -> Void, _ left: () throws(StoreError) -> Int
  ) throws(StoreError) {
    let start = WallClock.uptimeMs()
    var told = start
    while true {
      let count = try left()
      if count == 0 { return }
      let now = WallClock.uptimeMs()
      guard now - start < patienceMs else {
        throw StoreError(
          .busy,
          "A long read, such as an export or a verification, still holds what was erased. Erase again when it has ended."
        )
      }
      if now - told >= 1000 || told == start {
        progress(count)
        told = max(now, start + 1)
      }
      WallClock.pause(ms: 5)
    }
  }
}
