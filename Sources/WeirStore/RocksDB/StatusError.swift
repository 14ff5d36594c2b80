// RocksDB's C API tells a failure as text. This file turns it into a `StoreError`.

import CRocksDB

extension StoreError {
  /// Reads what RocksDB says: `Code: Subcode: message`, with file names and the system's own words in the message.
  ///
  /// The directory's name is taken out before the words are looked at, so that a directory called "Corruption" or
  /// "No space left on device" cannot change what an error means.
  init(status: String, directory: String) {
    let text = status.replacing(directory, with: "")
    func has(_ words: String) -> Bool { text.contains(words) }
    let place = "'\(directory)'"
    if has("lock hold by") || has("LOCK: Resource temporarily unavailable") || has("LOCK: Permission denied (locked)") {
      self.init(
        .locked,
        "The data directory \(place) is in use by another process. Stop that process, or choose another directory.",
        detail: status)
    } else if text.hasPrefix("IO error"), has("While fdatasync") || has("While fsync") || has("While msync") {
      // Before the reasons, of which a sync has the same as a write: what matters is that it cannot be made good.
      self.init(
        .syncFailed,
        "The disk under \(place) did not confirm what was written to it. Everything acknowledged was confirmed before. "
          + "Look at the disk and the system log, then start again.", detail: status)
    } else if has("No space left on device") || has("Disk quota exceeded") || has("Space limit reached")
      || has("File too large")
    {
      self.init(
        .full,
        "There is no room left for the data directory \(place). Free or add disk space, then start again.",
        detail: status)
    } else if has("Read-only file system") {
      self.init(
        .readOnly,
        "The data directory \(place) is on a read-only file system. Mount it writable, or choose another directory.",
        detail: status)
    } else if has("Permission denied") || has("Operation not permitted") {
      self.init(
        .denied,
        "The data directory \(place) does not let this user read and write. Change its owner or permissions.",
        detail: status)
    } else if has("Not a directory") {
      self.init(.unusable, "\(place) is not a directory. Choose another one.", detail: status)
    } else if text.hasPrefix("Corruption") || has("No such file or directory") {
      self.init(
        .corrupt,
        "The data in \(place) is damaged. Restore it from a backup.",
        detail: status)
    } else if text.hasPrefix("Invalid argument") || text.hasPrefix("Not implemented") {
      self.init(
        .unusable,
        "The data in \(place) cannot be used by this version. Start the version that wrote it, or choose another "
          + "directory.", detail: status)
    } else if text.hasPrefix("Shutdown in progress") {
      self = .closedStore
    } else {
      self.init(
        .io,
        "Reading or writing the data directory \(place) failed. Look at the disk and the system log, then start again.",
        detail: status)
    }
  }
}

/// Calls a function of RocksDB that reports failure through an `errptr`.
func withStatus<R>(
  of directory: String, _ call: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> R
) throws(StoreError) -> R {
  var text: UnsafeMutablePointer<CChar>?
  let result = call(&text)
  guard let text else { return result }
  defer { rocksdb_free(text) }
  throw StoreError(status: String(cString: text), directory: directory)
}

extension [UInt8] {
  /// The bytes as C's characters, for the duration of the call. RocksDB never writes through them.
  func withCharacters<R>(_ body: (UnsafePointer<CChar>?, Int) -> R) -> R {
    withUnsafeBytes { body($0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count) }
  }
}
