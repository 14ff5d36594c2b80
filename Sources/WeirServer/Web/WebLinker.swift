internal import WeirCore

/// Gives the files of the web pages their public names, which hold a hash of what is in them: a browser may keep such a
/// file for ever, and a new version of it is another file. Where one file names another (`import`, `src`, `href`) the public
/// name is put in, so a file's hash covers all that it leads to.
struct WebLinker {
  /// A file as browsers get it.
  struct Linked: Sendable, Equatable {
    /// "/assets/app/main-0123456789abcdef.js".
    let path: String
    let hash: String
    let bytes: [UInt8]
    /// The files it names, in order.
    let uses: [String]
  }

  /// What stands before the quote of a reference.
  private static let marks = ["from ", "import ", "import(", "href=", "src="].map { Array($0.utf8) }

  private let files: [String: [UInt8]]
  private var done: [String: Linked] = [:]
  private var open: Set<String> = []

  init(_ files: [WebFile]) {
    self.files = Dictionary(files.map { ($0.name, $0.bytes) }) { first, _ in first }
  }

  /// The file with its references replaced; nil: there is no such file. In a circle of references the one that closes it
  /// stays as it is; there is none, and a test keeps it so.
  mutating func linked(_ name: String) -> Linked? {
    if let linked = done[name] { return linked }
    guard let bytes = files[name], open.insert(name).inserted else { return nil }
    defer { open.remove(name) }
    var result: [UInt8] = []
    var uses: [String] = []
    result.reserveCapacity(bytes.count + 256)
    var copied = 0
    for (target, place) in WebLinker.references(in: bytes, of: name) where WebLinker.isText(name) {
      guard let used = linked(target) else { continue }
      result += bytes[copied..<place.lowerBound]
      result += used.path.utf8
      copied = place.upperBound
      uses.append(target)
    }
    result += bytes[copied...]
    let hash = WebLinker.hash(result)
    let linked = Linked(path: WebLinker.path(name, hash), hash: hash, bytes: result, uses: uses)
    done[name] = linked
    return linked
  }

  /// All that the file leads to, nearest first, itself left out.
  mutating func closure(of name: String) -> [String] {
    var found: [String] = []
    var rest = linked(name)?.uses ?? []
    while !rest.isEmpty {
      let next = rest.removeFirst()
      if found.contains(next) { continue }
      found.append(next)
      rest += linked(next)?.uses ?? []
    }
    return found
  }

  /// What in `bytes` looks like the path of another file, and where that stands.
  private static func references(in bytes: [UInt8], of name: String) -> [(target: String, place: Range<Int>)] {
    var found: [(String, Range<Int>)] = []
    var index = 0
    while index < bytes.count {
      defer { index += 1 }
      let quote = bytes[index]
      guard quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else { continue }
      let isReference = marks.contains { index >= $0.count && bytes[(index - $0.count)..<index].elementsEqual($0) }
      guard isReference, let end = bytes[(index + 1)...].firstIndex(of: quote) else { continue }
      let text = String(decoding: bytes[(index + 1)..<end], as: UTF8.self)
      if let target = resolved(text, from: name) { found.append((target, (index + 1)..<end)) }
      index = end
    }
    return found
  }

  /// The file that a relative path means; nil: it leads elsewhere.
  private static func resolved(_ path: String, from name: String) -> String? {
    if path.isEmpty || path.hasPrefix("/") || path.hasPrefix("#") || path.contains(":") { return nil }
    var parts = name.split(separator: "/").dropLast()
    for part in path.split(separator: "/") {
      switch part {
      case ".": continue
      case "..":
        if parts.popLast() == nil { return nil }
      default: parts.append(part)
      }
    }
    return parts.joined(separator: "/")
  }

  private static func isText(_ name: String) -> Bool { name.hasSuffix(".js") || name.hasSuffix(".html") }

  /// 64 bits: names must differ from one version to the next, and nobody but us chooses what is in a file.
  static func hash(_ bytes: [UInt8]) -> String {
    let text = String(StableHash.hash(bytes), radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }

  private static func path(_ name: String, _ hash: String) -> String {
    guard let dot = name.lastIndex(of: ".") else { return "/assets/\(name)-\(hash)" }
    return "/assets/\(name[..<dot])-\(hash)\(name[dot...])"
  }
}
