// The store: one open data directory.

package import Logging
import NIOConcurrencyHelpers

/// One open data directory. All its methods may be called from any thread; those that read or write the disk block, so
/// they belong on the journal's thread, the reader's threads, or the main one at start and end, never on an event loop.
package final class Store: Sendable {
  /// Where the data is.
  package let directory: String
  package let options: StoreOptions
  let logger: Logger
  private let opened: NIOLockedValueBox<Handles?>

  /// The open databases. The cache is nil if none is kept, or if it cannot be.
  typealias Handles = (database: Database, cache: AnswerCache?)

  private init(_ handles: Handles, options: StoreOptions, logger: Logger) {
    self.directory = handles.database.directory
    self.options = options
    self.logger = logger
    self.opened = NIOLockedValueBox(handles)
  }

  /// Opens the data in `directory`, and makes both where they are missing.
  ///
  /// Fails with a `StoreError` whose `description` and `exitCode` are fit to end the process with.
  package static func open(
    directory: String, options: StoreOptions = StoreOptions(), logger: Logger = Logger(label: "weir.store")
  ) throws(StoreError) -> Store {
    let isNew = try DataDirectory.prepare(directory)
    if !isNew { try refuseUnknownFamilies(in: directory) }
    let database = try Database(directory: directory, options: options)
    try settleSchema(of: database, isNew: isNew, logger)
    return Store((database, openCache(in: directory, options, logger)), options: options, logger: logger)
  }

  /// Opens the cache, after the lock on the directory is held. A server can do without it.
  private static func openCache(in directory: String, _ options: StoreOptions, _ logger: Logger) -> AnswerCache? {
    let place = "\(directory)/answer-cache"
    guard options.cacheLimitBytes > 0 else {
      if DataDirectory.exists(place) { AnswerCache.remove(place) }
      return nil
    }
    do throws(StoreError) {
      return try AnswerCache(directory: place, limit: options.cacheLimitBytes)
    } catch {
      logger.warning("No answers are kept for equal calls until the next start: \(error)")
      return nil
    }
  }

  /// Closes the data directory. End the journal and the reader first: the directory stays locked until the last of them
  /// has let go of it. Whatever is asked of the store afterwards fails with `.closed`.
  package func close() {
    opened.withLockedValue { handles in
      defer { handles = nil }
      return handles
    }.map(Self.release)
  }

  /// Takes the last references out of the lock, so that closing, which may wait for a merge, holds up nobody. The
  /// cache goes first: the other one's lock on the directory is for both.
  private static func release(_ handles: Handles) {
    var handles = handles
    handles.cache = nil
    withExtendedLifetime(handles) {}
  }

  /// The open databases, held open for as long as the caller keeps them.
  func handles() throws(StoreError) -> Handles {
    guard let handles = opened.withLockedValue({ $0 }) else { throw StoreError.closedStore }
    return handles
  }

  func database() throws(StoreError) -> Database { try handles().database }

  /// Writes all that is only in memory to table files: the next start then has nothing to replay.
  package func flush() throws(StoreError) { try database().flush() }

  /// Makes a consistent copy of the data in `target`, which must not exist yet, while the store is in use. Cheap on the
  /// same file system, where table files are linked.
  package func checkpoint(to target: String) throws(StoreError) {
    let database = try database()
    if DataDirectory.exists(target) {
      throw StoreError(.unusable, "'\(target)' exists already. Choose a name that does not.")
    }
    try database.checkpoint(to: target)
  }
}
