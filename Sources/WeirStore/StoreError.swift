// What can go wrong with the data directory, in a kind for programs and a sentence for the operator.

/// A failure of the store. `description` says what happened, where, and what to do about it.
package struct StoreError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What went wrong, stable across versions: metrics and exit codes are made of it.
  package enum Kind: String, Sendable, CaseIterable {
    /// Another process has the directory open.
    case locked
    /// What is on disk is not what was written.
    case corrupt
    /// There is no room: disk, quota or a limit on file sizes.
    case full
    /// The file system takes no writes.
    case readOnly
    /// The permissions of the directory do not allow it.
    case denied
    /// The directory is no directory, cannot be made, or belongs to another program.
    case unusable
    /// A newer version has written the data.
    case newerSchema
    /// The device or the file system failed.
    case io
    /// An fsync failed: what was written since the last good one may or may not be on disk, and asking again proves
    /// nothing, because the kernel may have dropped the pages. The process must end and read the disk anew.
    case syncFailed
    /// A request that cannot be stored: an id or a key outside its limits.
    case invalid
    /// The store has been closed.
    case closed
    /// A long read is in the way.
    case busy
    /// The system refused a thread.
    case noThread
  }

  /// What went wrong.
  package let kind: Kind
  /// What went wrong and what to do, for people.
  package let message: String
  /// What the layer below said; empty if it said nothing.
  package let detail: String

  package init(_ kind: Kind, _ message: String, detail: String = "") {
    self.kind = kind
    self.message = message
    self.detail = detail
  }

  package var description: String { detail.isEmpty ? message : "\(message) [\(detail)]" }

  /// The exit code of a process that ends because of this, after `sysexits.h`:
  ///
  /// | code | name | kinds |
  /// | --- | --- | --- |
  /// | 65 | `EX_DATAERR` | `corrupt` |
  /// | 70 | `EX_SOFTWARE` | `invalid`, `closed` |
  /// | 71 | `EX_OSERR` | `noThread` |
  /// | 73 | `EX_CANTCREAT` | `readOnly`, `unusable` |
  /// | 74 | `EX_IOERR` | `full`, `io`, `syncFailed` |
  /// | 75 | `EX_TEMPFAIL` | `locked`, `busy` |
  /// | 77 | `EX_NOPERM` | `denied` |
  /// | 78 | `EX_CONFIG` | `newerSchema` |
  package var exitCode: Int32 {
    switch kind {
    case .corrupt: 65
    case .invalid, .closed: 70
    case .noThread: 71
    case .readOnly, .unusable: 73
    case .full, .io, .syncFailed: 74
    case .locked, .busy: 75
    case .denied: 77
    case .newerSchema: 78
    }
  }
}

extension StoreError {
  static let closedStore = StoreError(.closed, "The store is closed; start the server again to use it.")

  /// A stored record that does not decode.
  static func damagedRecord(_ what: String) -> StoreError {
    StoreError(.corrupt, "A stored \(what) cannot be decoded; restore the data directory from a backup.")
  }
}
