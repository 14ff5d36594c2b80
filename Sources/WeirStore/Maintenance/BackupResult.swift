// What a backup, or a restoration, came to.

/// A copy of the data that is being made, or has been.
package struct CopyProgress: Sendable, Equatable {
  /// Bytes that are in place.
  package var bytes: UInt64
  /// Bytes there will be, about.
  package var ofBytes: UInt64

  package init(bytes: UInt64, ofBytes: UInt64) {
    self.bytes = bytes
    self.ofBytes = ofBytes
  }
}

/// How far a backup or a restoration has come.
package enum BackupStep: Sendable, Equatable {
  case copying(CopyProgress)
  case verifying(VerifyProgress)
}

/// A backup, or restored data, that has been verified.
package struct BackupResult: Sendable, Equatable {
  /// Where it is.
  package var directory: String
  package var bytes: UInt64
  package var report: VerifyReport
}
