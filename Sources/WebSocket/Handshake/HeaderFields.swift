/// HTTP header fields in the order in which they came. Names compare without case (RFC 9110 §5.1). Keeps the bytes of the
/// head and makes strings only of what is asked for.
public struct HeaderFields: Sendable, Sequence {
  /// Where one field lies in the head; a head is at most 64 KiB.
  struct Entry: Sendable {
    let nameStart: UInt16
    let nameCount: UInt16
    let valueStart: UInt16
    let valueCount: UInt16
  }

  private let head: [UInt8]
  private let entries: [Entry]

  init(head: [UInt8], entries: [Entry]) {
    self.head = head
    self.entries = entries
  }

  /// How many fields there are.
  public var count: Int { entries.count }

  /// The value of the first field named `name`.
  public subscript(name: String) -> String? {
    entries.first { isNamed($0, name) }.map(value)
  }

  /// The values of all fields named `name`, in order.
  public func values(of name: String) -> [String] {
    entries.filter { isNamed($0, name) }.map(value)
  }

  /// Names and values, in order.
  public func makeIterator() -> AnyIterator<(name: String, value: String)> {
    var rest = entries.makeIterator()
    return AnyIterator {
      rest.next().map { entry in
        (name: string(entry.nameStart, entry.nameCount), value: value(entry))
      }
    }
  }

  /// Whether any field named `name` has `token` in its comma-separated list, without case.
  func containsToken(_ token: String, in name: String) -> Bool {
    values(of: name).contains { list in
      list.utf8.split(separator: UInt8(ascii: ",")).contains { element in
        var scanner = TokenScanner(String(Substring(element)))
        scanner.skipSpaces()
        guard let found = scanner.token() else { return false }
        scanner.skipSpaces()
        return scanner.isAtEnd && found.lowercased() == token
      }
    }
  }

  private func value(_ entry: Entry) -> String { string(entry.valueStart, entry.valueCount) }

  private func string(_ start: UInt16, _ count: UInt16) -> String {
    String(decoding: head[Int(start)..<Int(start) + Int(count)], as: UTF8.self)
  }

  private func isNamed(_ entry: Entry, _ name: String) -> Bool {
    guard Int(entry.nameCount) == name.utf8.count else { return false }
    var position = Int(entry.nameStart)
    for byte in name.utf8 {
      guard Self.lowercase(head[position]) == Self.lowercase(byte) else { return false }
      position += 1
    }
    return true
  }

  private static func lowercase(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
  }
}
