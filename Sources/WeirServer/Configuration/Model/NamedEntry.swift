/// Something of which the configuration has several, each with a name of its own.
public protocol NamedEntry: Sendable, Equatable {
  /// Unique among its kind.
  var name: String { get }
  /// One with the defaults.
  init(name: String)
}

extension Array where Element: NamedEntry {
  /// The entry of that name.
  func named(_ name: String) -> Element? { first { $0.name == name } }

  /// Changes the entry of that name; adds it if there is none.
  mutating func modify(_ name: String, _ change: (inout Element) -> Void) {
    let index = firstIndex { $0.name == name } ?? endIndex
    if index == endIndex { append(Element(name: name)) }
    change(&self[index])
  }
}

/// What can be the name of a model, an endpoint, a lane or a plan: it stands in keys, frames, logs and metrics.
enum EntryName {
  static let maximumBytes = 64

  /// What a good name would be, or nil if this is one.
  static func complaint(_ name: String) -> String? {
    let isGood =
      (1...maximumBytes).contains(name.utf8.count) && name.utf8.allSatisfy(isAllowed) && !name.contains("..")
      && name.first != "." && name.last != "."
    return isGood
      ? nil
      : "a name must be 1 to \(maximumBytes) letters, digits or any of - _ . : / @ +, without dots at its ends"
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "-_.:/@+".utf8.contains(byte)
    }
  }
}
