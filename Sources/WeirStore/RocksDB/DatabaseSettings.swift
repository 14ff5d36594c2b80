// How RocksDB is set up for this load, and why.

import CRocksDB

/// RocksDB's options for the database and each column family. Owned here; RocksDB copies them when it opens.
struct DatabaseSettings: ~Copyable {
  let database: OpaquePointer?
  /// In the order of `ColumnFamily.allCases`.
  let columns: [OpaquePointer?]

  init(_ options: StoreOptions) {
    database = Self.database(options)
    // All column families share one cache: its size is the limit for all that is read.
    let cache = rocksdb_cache_create_lru(options.blockCacheBytes)
    defer { rocksdb_cache_destroy(cache) }
    columns = ColumnFamily.allCases.map { Self.column($0, options, cache: cache) }
  }

  /// For reading beside another process that writes.
  init(forReading options: StoreOptions) {
    self.init(options)
    rocksdb_options_set_create_if_missing(database, 0)
    rocksdb_options_set_create_missing_column_families(database, 0)
    // Files opened now can be read to their end, whatever the other process deletes.
    rocksdb_options_set_max_open_files(database, -1)
  }

  deinit {
    for column in columns { rocksdb_options_destroy(column) }
    rocksdb_options_destroy(database)
  }

  private static func database(_ options: StoreOptions) -> OpaquePointer? {
    let database = rocksdb_options_create()
    rocksdb_options_set_create_if_missing(database, 1)
    rocksdb_options_set_create_missing_column_families(database, 1)
    // A write or sync that fails leaves the database read-only.
    rocksdb_options_set_paranoid_checks(database, 1)
    // RocksDB's own default (point in time) ends the replay at the first record that is not right, and forgets
    // without a word whatever was acknowledged after it. Acknowledged means durable here, so damage anywhere but in an
    // unfinished last record stops the start, and the operator decides. Recycling log files stays off (the default):
    // it would make such damage look like the end of the log.
    rocksdb_options_set_wal_recovery_mode(
      database,
      Int32(
        options.damagedLog == .refuse
          ? rocksdb_tolerate_corrupted_tail_records_recovery : rocksdb_point_in_time_recovery))
    rocksdb_options_set_max_total_wal_size(database, UInt64(options.maximumLogBytes))
    rocksdb_options_set_db_write_buffer_size(database, options.writeBufferBytes)
    rocksdb_options_set_max_open_files(database, Int32(clamping: options.maximumOpenFiles))
    rocksdb_options_set_max_background_jobs(database, Int32(clamping: options.backgroundJobs))
    // The list of table files names the first and last key of each, also of those that are gone, until it is begun anew:
    // a person's ids would stay in it for weeks. So each change of the list begins it anew, about a hundred bytes for a
    // table file of megabytes.
    rocksdb_options_set_max_manifest_file_size(database, 1)
    // Table files are written out as they grow, so that a merge does not end in one long sync beside the journal's.
    rocksdb_options_set_bytes_per_sync(database, 1 << 20)
    rocksdb_options_set_avoid_unnecessary_blocking_io(database, 1)
    rocksdb_options_set_skip_stats_update_on_db_open(database, 1)
    keepLogShort(database)
    rocksdb_options_set_stats_dump_period_sec(database, 0)
    rocksdb_options_set_stats_persist_period_sec(database, 0)
    return database
  }

  /// Has RocksDB's own log say only what it says when it opens.
  ///
  /// The log lies in the data directory, and where RocksDB is built with assertions, as Debian's is, the second write to it
  /// on a full disk ends the process. What goes wrong comes back as an error all the same.
  static func keepLogShort(_ options: OpaquePointer?) {
    rocksdb_options_set_info_log_level(options, 4)
    rocksdb_options_set_max_log_file_size(options, 1 << 20)
    rocksdb_options_set_keep_log_file_num(options, 1)
  }

  private static func column(
    _ family: ColumnFamily, _ options: StoreOptions, cache: OpaquePointer?
  ) -> OpaquePointer? {
    let column = rocksdb_options_create()
    let large = family == .messages
    // All memory tables together have a limit. RocksDB counts what a table has taken, used or not, a megabyte at first:
    // under a small limit the empty tables alone would come near it, and each would be written out with a few entries.
    rocksdb_options_set_arena_block_size(column, 64 << 10)
    rocksdb_options_set_write_buffer_size(column, min(large ? 32 << 20 : 8 << 20, options.writeBufferBytes / 4))
    rocksdb_options_set_max_write_buffer_number(column, 3)
    rocksdb_options_set_compaction_style(column, Int32(rocksdb_level_compaction))
    rocksdb_options_set_level_compaction_dynamic_level_bytes(column, 1)
    rocksdb_options_set_target_file_size_base(column, large ? 32 << 20 : 8 << 20)
    // Young files are packed fast, the oldest level, which holds nine tenths of the bytes, tight.
    let (young, oldest) =
      options.packsTables
      ? (rocksdb_lz4_compression, rocksdb_zstd_compression)
      : (rocksdb_no_compression, rocksdb_no_compression)
    rocksdb_options_set_compression(column, Int32(young))
    rocksdb_options_set_bottommost_compression(column, Int32(oldest))

    let table = rocksdb_block_based_options_create()
    defer { rocksdb_block_based_options_destroy(table) }
    rocksdb_block_based_options_set_block_cache(table, cache)
    rocksdb_block_based_options_set_block_size(table, large ? 16 << 10 : 4 << 10)
    rocksdb_block_based_options_set_format_version(table, 5)
    // Indexes and filters count against the cache, so that memory stays bounded with any amount of data.
    rocksdb_block_based_options_set_cache_index_and_filter_blocks(table, 1)
    rocksdb_block_based_options_set_cache_index_and_filter_blocks_with_high_priority(table, 1)
    rocksdb_block_based_options_set_pin_l0_filter_and_index_blocks_in_cache(table, 1)

    switch family {
    case .sent:
      // Every message asks whether its id is known, and nearly always it is not: a filter on whole keys answers that
      // from memory, for the table files and for what is not in one yet.
      rocksdb_block_based_options_set_filter_policy(table, rocksdb_filterpolicy_create_bloom_full(10))
      rocksdb_options_set_memtable_prefix_bloom_size_ratio(column, 0.1)
      rocksdb_options_set_memtable_whole_key_filtering(column, 1)
    case .users, .conversations, .answers, .usage:
      rocksdb_block_based_options_set_filter_policy(table, rocksdb_filterpolicy_create_bloom_full(10))
    case .conversationList, .turns, .turnText:
      // Entries here live shortly. A file with many deletions in a row is merged away early, so that a range read does
      // not walk over what is gone.
      rocksdb_options_add_compact_on_deletion_collector_factory(column, 1024, 512)
    case .meta, .messages:
      break
    }
    rocksdb_options_set_block_based_table_factory(column, table)
    return column
  }
}
