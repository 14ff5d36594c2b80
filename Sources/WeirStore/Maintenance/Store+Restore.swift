// Data from a backup.

import Glibc

extension Store {
  /// Verifies a backup and copies it to where a server will use it. Nothing must use that directory: it must not exist, or
  /// be empty. The data appears there when it is whole and on the disk; whatever interrupts this leaves the target as it
  /// was.
  ///
  /// A backup in which verification finds something is not restored: `BackupResult.report` says what, and nothing has been
  /// copied. Blocks; `progress` is called once a second.
  package static func restore(
    _ backup: String, to target: String, progress: (BackupStep) -> Void = { _ in }
  ) throws(StoreError) -> BackupResult {
    let target = target.count > 1 && target.hasSuffix("/") ? String(target.dropLast()) : target
    try DataDirectory.checkEmpty(target)
    let report = try verify(in: backup) { progress(.verifying($0)) }
    let files = try DataDirectory.files(in: backup).filter(isData)
    let total = files.reduce(0) { $0 + DataDirectory.size(of: "\(backup)/\($1)") }
    guard report.findingCount == 0 else { return BackupResult(directory: target, bytes: 0, report: report) }
    let staging = target + ".restoring"
    try DataDirectory.make(DataDirectory.parent(of: target))
    try DataDirectory.removeFiles(in: staging)
    try DataDirectory.make(staging)
    try DataDirectory.checkRoom(in: staging, bytes: total)
    var clock = ProgressClock()
    var copied: UInt64 = 0
    for name in files {
      try FileCopy.copy("\(backup)/\(name)", to: "\(staging)/\(name)") { bytes in
        copied += bytes
        if clock.isDue(always: true) { progress(.copying(CopyProgress(bytes: copied, ofBytes: total))) }
      }
    }
    try DataDirectory.sync(staging)
    // Takes the place of an empty directory too, and of nothing else.
    guard rename(staging, target) == 0 else { throw DataDirectory.failure(errno, target) }
    try DataDirectory.sync(DataDirectory.parent(of: target))
    return BackupResult(directory: target, bytes: copied, report: report)
  }

  /// Whether a file of a backup is part of the data. Kept answers are a directory; locks and RocksDB's own log belong to
  /// whoever has it open.
  private static func isData(_ name: String) -> Bool {
    name == "CURRENT" || name == "IDENTITY" || name.hasPrefix("MANIFEST-") || name.hasPrefix("OPTIONS-")
      || name.hasSuffix(".sst") || name.hasSuffix(".log")
  }
}
