// What must be true of the places that data is copied to and from.

import Glibc

extension DataDirectory {
  /// Refuses a place for a backup that exists, has nothing above it, or lies in the data directory itself.
  static func checkNew(_ target: String, outside directory: String) throws(StoreError) {
    if exists(target) {
      throw StoreError(.unusable, "'\(target)' exists already. Choose a name that does not; nothing is overwritten.")
    }
    let above = parent(of: target)
    guard let place = resolved(above) else {
      throw StoreError(.unusable, "There is no directory '\(above)' for the backup. Make it, or choose another one.")
    }
    if let data = resolved(directory), place == data || place.hasPrefix(data + "/") {
      throw StoreError(
        .unusable, "'\(target)' lies in the data directory. Choose a place outside, better still on another disk.")
    }
  }

  /// Refuses a place for a backup that is not in the directory for backups. Only its last name does not exist yet.
  static func check(_ target: String, isBelow allowed: String) throws(StoreError) {
    guard let root = resolved(allowed) else {
      throw StoreError(
        .unusable, "The directory for backups, '\(allowed)', is not there. Make it, or configure another.")
    }
    let above = resolved(parent(of: target))
    let last = target.split(separator: "/").last
    guard let above, above == root || above.hasPrefix(root == "/" ? root : root + "/"), last != "..", last != "." else {
      throw StoreError(
        .unusable, "'\(target)' is not in the directory for backups, '\(allowed)'. Choose a name in it.")
    }
  }

  /// Refuses a place for restored data in which there is anything.
  static func checkEmpty(_ target: String) throws(StoreError) {
    guard !target.isEmpty else { throw StoreError(.unusable, "The data directory has no name. Choose one.") }
    guard exists(target) else { return }
    let found = try files(in: target)
    if let name = found.first {
      throw StoreError(
        .unusable,
        "'\(target)' is not empty ('\(name)' is in it). Choose another directory, or move that one away; nothing is "
          + "overwritten.")
    }
  }

  /// The path with all links followed; nil: there is nothing there.
  static func resolved(_ path: String) -> String? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    return String(cString: real)
  }

  /// The directory that holds the last component of a path.
  static func parent(of path: String) -> String {
    var path = path[...]
    while path.count > 1, path.hasSuffix("/") { path.removeLast() }
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  /// Bytes of the files in a directory; 0 if there is none.
  static func bytes(in directory: String) -> UInt64 {
    guard let names = try? files(in: directory) else { return 0 }
    return names.reduce(0) { $0 + size(of: "\(directory)/\($1)") }
  }

  /// Removes the files of a directory that an interrupted copy has left, if there is one.
  static func removeFiles(in directory: String) throws(StoreError) {
    guard exists(directory) else { return }
    for name in try files(in: directory) where unlink("\(directory)/\(name)") != 0 {
      throw failure(errno, "\(directory)/\(name)")
    }
  }

  static func checkRoom(in directory: String, bytes: UInt64) throws(StoreError) {
    var status = statvfs()
    guard statvfs(directory, &status) == 0 else { throw failure(errno, directory) }
    let free = UInt64(status.f_bavail) * UInt64(status.f_frsize)
    if free < bytes {
      throw StoreError(
        status: "IO error: No space left on device: \(free) bytes free, \(bytes) needed", directory: directory)
    }
  }

  /// Waits until the disk has a directory's names.
  static func sync(_ directory: String) throws(StoreError) {
    let handle = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard handle >= 0 else { throw failure(errno, directory) }
    defer { close(handle) }
    guard fsync(handle) == 0 else { throw failure(errno, directory) }
  }
}
