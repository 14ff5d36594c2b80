// Answers kept for equal calls: a small RocksDB database of its own, beside the one that must last.

import CRocksDB
internal import NIOCore
internal import WeirCore

/// Answers kept for equal calls, up to a size on disk; past it the oldest go.
///
/// A database of its own, for three reasons. RocksDB drops the oldest files by size (FIFO compaction) only in a database
/// that keeps all its files open, which the one with the messages must not. Nothing that goes wrong here, a full disk or
/// a damaged file, reaches what must last. And a backup leaves it out.
///
/// Nothing is logged or synced: an answer is in memory until a table file has it, and a crash loses the youngest.
///
/// RocksDB's handles may be used from any thread at any time, and these never change: hence `@unchecked Sendable`,
/// which only stands for "an `OpaquePointer` may cross threads here".
final class AnswerCache: @unchecked Sendable {
  private let directory: String
  private let handle: OpaquePointer
  private let reading: OpaquePointer?
  private let writing: OpaquePointer?
  private let limit: Int

  /// Opens the answers in `directory`, which is made if it is missing. What cannot be opened is thrown away: the answers
  /// are made anew.
  ///
  /// - Parameter limit: bytes on disk.
  init(directory: String, limit: Int) throws(StoreError) {
    let options = Self.options(limit: limit)
    defer { rocksdb_options_destroy(options) }
    func open() throws(StoreError) -> OpaquePointer? {
      try withStatus(of: directory) { rocksdb_open(options, directory, $0) }
    }
    let opened: OpaquePointer?
    do throws(StoreError) {
      opened = try open()
    } catch  where error.kind == .corrupt || error.kind == .unusable {
      Self.remove(directory)
      opened = try open()
    }
    guard let opened else { throw StoreError(.io, "RocksDB opened '\(directory)' without saying how; start again.") }
    self.directory = directory
    self.limit = limit
    handle = opened
    reading = rocksdb_readoptions_create()
    writing = rocksdb_writeoptions_create()
    rocksdb_writeoptions_disable_WAL(writing, 1)
    // Refused when the disk lags behind, rather than holding up the journal.
    rocksdb_writeoptions_set_no_slowdown(writing, 1)
  }

  deinit {
    rocksdb_writeoptions_destroy(writing)
    rocksdb_readoptions_destroy(reading)
    // Writes what is only in memory to a table file: an orderly end loses nothing.
    rocksdb_close(handle)
  }

  /// Throws away the answers in a directory, if there are any.
  static func remove(_ directory: String) {
    let options = rocksdb_options_create()
    defer { rocksdb_options_destroy(options) }
    // What cannot be removed stays, and opening says what is wrong with it.
    try? withStatus(of: directory) { rocksdb_destroy_db(options, directory, $0) }
  }

  /// Keeps an answer, in place of one that has the same key. On the journal's thread.
  func put(_ key: [UInt8], _ value: UnsafeRawBufferPointer) throws(StoreError) {
    let start = value.baseAddress?.assumingMemoryBound(to: CChar.self)
    try withStatus(of: directory) { status in
      key.withCharacters { rocksdb_put(handle, writing, $0, $1, start, value.count, status) }
    }
  }

  /// The answer under a key, unless it has expired. What cannot be read is as good as not there.
  func answer(_ key: [UInt8], nowMs: UInt64) -> CachedAnswer? {
    let pinned = try? withStatus(of: directory) { status in
      key.withCharacters { rocksdb_get_pinned(handle, reading, $0, $1, status) }
    }
    guard let pinned else { return nil }
    defer { rocksdb_pinnableslice_destroy(pinned) }
    var count = 0
    let start = rocksdb_pinnableslice_value(pinned, &count)
    let value = UnsafeRawBufferPointer(start: start, count: count)
    guard let answer = try? CachedAnswer.decode(value), answer.isSound, answer.expiresAtMs > nowMs else { return nil }
    return answer
  }

  /// Writes what is only in memory to a table file.
  func flush() throws(StoreError) {
    let options = rocksdb_flushoptions_create()
    defer { rocksdb_flushoptions_destroy(options) }
    rocksdb_flushoptions_set_wait(options, 1)
    try withStatus(of: directory) { rocksdb_flush(handle, options, $0) }
  }

  /// Throws away all answers, and the files that hold them.
  ///
  /// FIFO compaction drops whole files, oldest first, until the rest is below the limit: with a limit of a byte, all go.
  func clear() throws(StoreError) {
    try flush()
    try setLimit(1)
    // Compacts by the limit that holds now.
    rocksdb_compact_range(handle, nil, 0, nil, 0)
    try setLimit(limit)
    // The list of files names the first and last key of each; another edit makes it anew, without them.
    try put([0], UnsafeRawBufferPointer(start: nil, count: 0))
    try flush()
  }

  private func setLimit(_ bytes: Int) throws(StoreError) {
    let value = "{max_table_files_size=\(bytes);allow_compaction=true;}"
    try withStatus(of: directory) { status in
      "compaction_options_fifo".withCString { key in
        value.withCString { value in rocksdb_set_options(handle, 1, [key], [value], status) }
      }
    }
  }

  /// A figure of RocksDB's own; 0 if it knows no such figure.
  func property(_ name: String) -> UInt64 {
    var value: UInt64 = 0
    return rocksdb_property_int(handle, name, &value) == 0 ? value : 0
  }

  private static func options(limit: Int) -> OpaquePointer? {
    let options = rocksdb_options_create()
    rocksdb_options_set_create_if_missing(options, 1)
    rocksdb_options_set_max_open_files(options, -1)
    // See DatabaseSettings.
    rocksdb_options_set_max_manifest_file_size(options, 1)
    rocksdb_options_set_compression(options, Int32(rocksdb_lz4_compression))
    // A file goes as a whole, so it is a small share of all.
    rocksdb_options_set_write_buffer_size(options, min(max(limit / 16, 64 << 10), 8 << 20))
    rocksdb_options_set_max_write_buffer_number(options, 4)
    DatabaseSettings.keepLogShort(options)
    rocksdb_options_set_stats_dump_period_sec(options, 0)
    rocksdb_options_set_stats_persist_period_sec(options, 0)

    let table = rocksdb_block_based_options_create()
    defer { rocksdb_block_based_options_destroy(table) }
    let cache = rocksdb_cache_create_lru(8 << 20)
    defer { rocksdb_cache_destroy(cache) }
    rocksdb_block_based_options_set_block_cache(table, cache)
    rocksdb_block_based_options_set_block_size(table, 16 << 10)
    rocksdb_block_based_options_set_format_version(table, 5)
    rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 1)
    // Most calls have no answer yet: the filter says so without the disk.
    rocksdb_block_based_options_set_filter_policy(table, rocksdb_filterpolicy_create_bloom_full(10))
    rocksdb_options_set_block_based_table_factory(options, table)
    return dropOldest(past: limit, options)
  }

  /// Takes over `options`.
  private static func dropOldest(past limit: Int, _ options: OpaquePointer?) -> OpaquePointer? {
    rocksdb_options_set_compaction_style(options, Int32(rocksdb_fifo_compaction))
    let fifo = rocksdb_fifo_compaction_options_create()
    defer { rocksdb_fifo_compaction_options_destroy(fifo) }
    rocksdb_fifo_compaction_options_set_max_table_files_size(fifo, UInt64(limit))
    rocksdb_options_set_fifo_compaction_options(options, fifo)

    // What is merged goes as a whole later, so a merge too is a small share of all.
    rocksdb_options_set_max_compaction_bytes(options, UInt64(max(limit / 8, 1)))
    // Each end of the server writes a small file, and a read asks each file. That RocksDB may merge small files here can
    // be said in text only.
    let merging = rocksdb_options_create()
    var complaint: UnsafeMutablePointer<CChar>?
    rocksdb_get_options_from_string(
      options, "compaction_options_fifo={max_table_files_size=\(limit);allow_compaction=true;}", merging, &complaint)
    if let complaint {
      // Another version of RocksDB: it works without.
      rocksdb_free(complaint)
      rocksdb_options_destroy(merging)
      return options
    }
    rocksdb_options_destroy(options)
    return merging
  }
}
