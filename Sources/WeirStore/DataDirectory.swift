// What must be true of a directory before RocksDB is let near it.

import Glibc

/// Looks after the data directory as the file system sees it.
enum DataDirectory {
  static func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0
  }

  /// Makes the directory, and those above it, for this user only. True if there is no database in it yet.
  ///
  /// RocksDB takes a directory without the file CURRENT for empty and deletes what it does not know. So a directory that
  /// has lost that file, but still has the others, is refused here.
  static func prepare(_ directory: String) throws(StoreError) -> Bool {
    guard !directory.isEmpty else {
      throw StoreError(.unusable, "The data directory has no name. Choose one.")
    }
    try make(directory)
    guard let stream = opendir(directory) else { throw failure(errno, directory) }
    defer { closedir(stream) }
    var hasCurrent = false
    var remnant: String?
    var logBytes: UInt64 = 0
    while let entry = readdir(stream) {
      let name = name(of: entry)
      if name == "CURRENT" { hasCurrent = true }
      if name.hasPrefix("MANIFEST-") || name.hasSuffix(".sst") { remnant = name }
      if name.hasSuffix(".log") { logBytes += size(of: "\(directory)/\(name)") }
    }
    if !hasCurrent, let remnant {
      throw StoreError(
        .corrupt,
        "The data in '\(directory)' is damaged: '\(remnant)' is there but CURRENT is missing. Restore it from a backup; "
          + "nothing in it has been changed.")
    }
    try checkRoom(in: directory, logBytes: logBytes)
    return !hasCurrent
  }

  /// The files that make up the database in a directory, and how long their list is. What is only added to the end of a
  /// write-ahead log does not show.
  static func filesOfDatabase(in directory: String) throws(StoreError) -> [String] {
    guard let stream = opendir(directory) else {
      if errno != ENOENT { throw failure(errno, directory) }
      throw StoreError(.unusable, "There is no directory '\(directory)'. Name the one that the server uses.")
    }
    defer { closedir(stream) }
    var files: [String] = []
    while let entry = readdir(stream) {
      let name = name(of: entry)
      if name == "CURRENT" || name.hasSuffix(".sst") || name.hasSuffix(".log") { files.append(name) }
      if name.hasPrefix("MANIFEST-") { files.append("\(name) \(size(of: "\(directory)/\(name)"))") }
    }
    guard files.contains("CURRENT") else {
      throw StoreError(
        .unusable, "There is no data of Weir in '\(directory)'. Name the directory that the server uses.")
    }
    return files.sorted()
  }

  /// The names of all that is in a directory, but for itself and the one above.
  static func files(in directory: String) throws(StoreError) -> [String] {
    guard let stream = opendir(directory) else { throw failure(errno, directory) }
    defer { closedir(stream) }
    var files: [String] = []
    while let entry = readdir(stream) {
      let name = name(of: entry)
      if name != ".", name != ".." { files.append(name) }
    }
    return files
  }

  private static func name(of entry: UnsafeMutablePointer<dirent>) -> String {
    withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }

  /// Opening writes what is in the logs to table files, and notes that. RocksDB as Debian builds it, with assertions,
  /// aborts the process if it cannot write even the note, so room for both is asked for beforehand.
  private static func checkRoom(in directory: String, logBytes: UInt64) throws(StoreError) {
    var status = statvfs()
    guard statvfs(directory, &status) == 0 else { throw failure(errno, directory) }
    if status.f_flag & UInt(ST_RDONLY) != 0 { throw failure(EROFS, directory) }
    let free = UInt64(status.f_bavail) * UInt64(status.f_frsize)
    let needed = logBytes + 1 << 20
    if free < needed {
      throw StoreError(
        status: "IO error: No space left on device: \(free) bytes free, \(needed) needed to open",
        directory: directory)
    }
  }

  static func size(of path: String) -> UInt64 {
    var status = stat()
    return stat(path, &status) == 0 ? UInt64(max(0, status.st_size)) : 0
  }

  static func make(_ directory: String) throws(StoreError) {
    var status = stat()
    if stat(directory, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFDIR else { throw failure(ENOTDIR, directory) }
      return
    }
    guard errno == ENOENT else { throw failure(errno, directory) }
    if let slash = directory.dropLast().lastIndex(of: "/"), slash > directory.startIndex {
      try make(String(directory[..<slash]))
    }
    if mkdir(directory, 0o700) == 0 { return }
    switch errno {
    case EEXIST: return
    case ENOENT:
      // Those above it are there: the file system takes no directories, as /proc does not.
      throw StoreError(.unusable, "The data directory '\(directory)' cannot be made. Choose another place for it.")
    case let code: throw failure(code, directory)
    }
  }

  static func failure(_ code: Int32, _ directory: String) -> StoreError {
    StoreError(status: "IO error: \(String(cString: strerror(code)))", directory: directory)
  }
}
