/// What was typed before, newest last, and the place in it while a person walks through it. Bounded.
struct InputHistory: Equatable, Sendable {
  static let maximumEntries = 1_000
  /// A longer text is sent and not remembered.
  static let maximumEntryBytes = 16 * 1024

  private(set) var entries: [String]
  /// The entry that is shown; `entries.count` is the line that was being typed.
  private var position: Int
  private var draft = ""

  init(_ entries: [String] = []) {
    self.entries = Array(entries.suffix(Self.maximumEntries))
    position = self.entries.count
  }

  /// Remembers a line, and returns whether it is to be kept: not when it is empty, long, the same as the last, or begins
  /// with a blank, which is how a person says so.
  mutating func add(_ line: String) -> Bool {
    defer { position = entries.count }
    guard !line.isEmpty, line.first != " ", line.utf8.count <= Self.maximumEntryBytes, entries.last != line else {
      return false
    }
    entries.append(line)
    if entries.count > Self.maximumEntries { entries.removeFirst(entries.count - Self.maximumEntries) }
    return true
  }

  /// The entry before the shown one; `line` is what stands there now.
  mutating func older(than line: String) -> String? {
    guard position > 0 else { return nil }
    if position == entries.count { draft = line }
    position -= 1
    return entries[position]
  }

  /// The entry behind the shown one, at last what was being typed.
  mutating func newer() -> String? {
    guard position < entries.count else { return nil }
    position += 1
    return position == entries.count ? draft : entries[position]
  }

  /// The index of the newest entry before `end` with `text` in it.
  func index(of text: String, before end: Int) -> Int? {
    if text.isEmpty { return nil }
    return entries[..<min(max(end, 0), entries.count)].lastIndex { $0.contains(text) }
  }

  /// Goes on from `index`, as if one had walked there.
  mutating func move(to index: Int, from line: String) {
    if position == entries.count { draft = line }
    position = min(max(index, 0), entries.count)
  }
}
