// The usage ledger, for operators.

package import WeirCore

extension Store {
  /// Walks over the rows of the usage ledger for some days (since 1970, UTC), of one user or of all, in the order user,
  /// day, model, prompt version. They are those of one moment; memory does not grow with them.
  ///
  /// Blocks on the disk: on the caller's thread, never an event loop. What `body` throws ends the walk and is thrown.
  package func scanUsage(
    days: ClosedRange<UInt32>, user: UserID? = nil, _ body: (UserID, UsageKey, UsageFigures) throws -> Void
  ) throws {
    try database().scanUsage(days: days, user: user, body)
  }

  /// The same, without opening the store: for programs beside the server.
  ///
  /// It writes nothing, takes no lock, and works on a read-only file system. Another process may have the directory open
  /// and write to it meanwhile: the rows are then those of a moment while this began, and may be ahead of what that
  /// process has acknowledged. Takes memory for the write-ahead log's share of the ledger, which
  /// `StoreOptions.maximumLogBytes` bounds.
  package static func scanUsage(
    in directory: String, days: ClosedRange<UInt32>, user: UserID? = nil,
    _ body: (UserID, UsageKey, UsageFigures) throws -> Void
  ) throws {
    let database = try Database.openForReading([.meta, .usage], in: directory)
    try requireKnownSchema(of: database)
    // A directory that no version with a ledger has opened has no rows.
    if database.has(.usage) { try database.scanUsage(days: days, user: user, body) }
  }
}

extension Database {
  fileprivate func scanUsage(
    days: ClosedRange<UInt32>, user: UserID?, _ body: (UserID, UsageKey, UsageFigures) throws -> Void
  ) throws {
    let view = ReadView(self)
    let range = try user.map { user throws(StoreError) in try UserKeys(user).usage(days) } ?? .all
    var failure: (any Error)?
    try view.range(.usage, range) { (iterator) throws(StoreError) in
      iterator.seekToFirst()
      while iterator.isValid {
        let (user, row, figures) = try iterator.entry { (key, value) throws(StoreError) in
          guard let (user, row) = KeyLayout.usage(of: key) else { throw StoreError.damagedRecord("usage key") }
          return (user, row, try UsageFigures.decode(value))
        }
        if row.day < days.lowerBound {
          iterator.seek(to: try UserKeys(user).usage(days).lower)
        } else if row.day > days.upperBound {
          iterator.seek(to: KeyRange(prefix: try UserKeys(user).prefix).upper)
        } else {
          do { try body(user, row, figures) } catch {
            failure = error
            return
          }
          iterator.next()
        }
      }
    }
    if let failure { throw failure }
  }
}
