import Foundation

/// A directory that goes when the last reference to it does. Under `TMPDIR`.
final class TemporaryDirectory: Sendable {
  let path: String

  init() throws {
    let url = FileManager.default.temporaryDirectory.appending(path: "weir-system-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  deinit {
    // A test may have taken the rights away to see what happens.
    chmod(path, 0o700)
    try? FileManager.default.removeItem(atPath: path)
  }

  /// A path inside.
  func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Makes a file inside, and returns its path.
  func write(_ text: String, to name: String) throws -> String {
    try Data(text.utf8).write(to: URL(fileURLWithPath: file(name)))
    return file(name)
  }
}
