import Foundation

/// The lines that were typed, in `$XDG_STATE_HOME/weir/chat-history` (XDG Base Directory Specification 0.8), which only its
/// owner can read. One line each, line feeds written as `\n`. Several `weir chat` may write at once: each line is one
/// append. A file that cannot be used costs the history and nothing else.
struct HistoryFile: Sendable {
  /// A file with more is read from so far before its end, and written anew.
  static let maximumBytes = 1024 * 1024

  private let directory: String
  private var path: String { directory + "/chat-history" }

  /// nil: there is no directory for it.
  init?(environment: [String: String] = ProcessInfo.processInfo.environment) {
    let absolute: (String?) -> String? = { $0.flatMap { $0.hasPrefix("/") ? $0 : nil } }
    guard
      let state = absolute(environment["XDG_STATE_HOME"]) ?? absolute(environment["HOME"]).map({ $0 + "/.local/state" })
    else { return nil }
    directory = state + "/weir"
  }

  /// The lines, oldest first.
  func load() -> [String] {
    guard let file = FileHandle(forReadingAtPath: path), let size = try? file.seekToEnd() else { return [] }
    let isLong = size > Self.maximumBytes
    try? file.seek(toOffset: isLong ? size - UInt64(Self.maximumBytes) : 0)
    guard let data = try? file.read(upToCount: Self.maximumBytes) else { return [] }
    var lines = String(decoding: data, as: UTF8.self).split(separator: "\n")
    // The first one was cut.
    if isLong { lines = Array(lines.dropFirst()) }
    let entries = lines.suffix(InputHistory.maximumEntries).map { Self.decoded($0) }
    if isLong || lines.count > 2 * InputHistory.maximumEntries { replace(with: entries) }
    return entries
  }

  /// Adds a line.
  func append(_ line: String) {
    try? FileManager.default.createDirectory(
      atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o600)
    if descriptor < 0 { return }
    defer { close(descriptor) }
    // A file that somebody made readable is not written to as it is.
    if fchmod(descriptor, 0o600) != 0 { return }
    var text = Self.encoded(line) + "\n"
    text.withUTF8 { bytes in _ = write(descriptor, bytes.baseAddress, bytes.count) }
  }

  private func replace(with entries: [String]) {
    let data = Data(entries.map { Self.encoded($0) + "\n" }.joined().utf8)
    let temporary = path + ".\(getpid())"
    guard FileManager.default.createFile(atPath: temporary, contents: data, attributes: [.posixPermissions: 0o600])
    else { return }
    if rename(temporary, path) != 0 { unlink(temporary) }
  }

  static func encoded(_ line: String) -> String {
    String(line.flatMap { $0 == "\\" ? "\\\\" : ($0 == "\n" ? "\\n" : String($0)) })
  }

  static func decoded(_ line: some StringProtocol) -> String {
    var result = ""
    var isEscaped = false
    for character in line {
      if isEscaped {
        result.append(character == "n" ? "\n" : character)
        isEscaped = false
      } else if character == "\\" {
        isEscaped = true
      } else {
        result.append(character)
      }
    }
    return TerminalText.harmless(result)
  }
}
