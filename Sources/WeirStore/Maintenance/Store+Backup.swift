// A copy of the data while it is in use.

internal import Logging
import NIOConcurrencyHelpers

extension Store {
  /// Makes a consistent copy of the data in `target`, while the store is in use, and verifies it: it is opened for
  /// reading, and every invariant is checked (`verify`). The journal is held up for no longer than a flush takes. Kept
  /// answers are not in it; they are made anew.
  ///
  /// The copy appears under its name when it is whole. On the same file system table files are linked rather than copied,
  /// which takes milliseconds and no room at first; a disk that fails takes both, so copy such a backup elsewhere.
  ///
  /// Blocks: for a thread of its own. `progress` is called on it once a second.
  ///
  /// - Parameters:
  ///   - target: must not exist; the directory above it must. Not inside the data directory.
  ///   - allowed: a directory that the target must be in, at any depth, with all links followed; nil: any.
  package func backUp(
    to target: String, below allowed: String? = nil, progress: (BackupStep) -> Void = { _ in }
  ) throws(StoreError) -> BackupResult {
    try DataDirectory.checkNew(target, outside: directory)
    if let allowed { try DataDirectory.check(target, isBelow: allowed) }
    let expected = try database().liveBytes
    let outcome = NIOLockedValueBox<StoreError?>(nil)
    let finished = ConditionLock(value: false)
    // RocksDB says nothing while it copies, so another thread looks at what is there.
    let thread = try WorkerThread(name: "weir-backup") { [self] in
      do throws(StoreError) { try checkpoint(to: target) } catch { outcome.withLockedValue { $0 = error } }
      finished.lock()
      finished.unlock(withValue: true)
    }
    while !finished.lock(whenValue: true, timeoutSeconds: 1) {
      let bytes = DataDirectory.bytes(in: target + ".tmp") + DataDirectory.bytes(in: target)
      progress(.copying(CopyProgress(bytes: bytes, ofBytes: max(bytes, expected))))
    }
    finished.unlock()
    thread.join()
    if let error = outcome.withLockedValue({ $0 }) { throw error }
    let report = try Self.verify(in: target) { progress(.verifying($0)) }
    let result = BackupResult(directory: target, bytes: DataDirectory.bytes(in: target), report: report)
    logger.notice(
      "a backup was made",
      metadata: ["directory": "\(target)", "bytes": "\(result.bytes)", "findings": "\(report.findingCount)"])
    return result
  }
}
