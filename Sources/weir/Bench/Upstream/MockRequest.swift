/// Finds whole HTTP/1.1 requests in the bytes of a connection. It only has to understand well-behaved clients, but
/// holds no more than its limits for any.
struct MockRequest {
  enum Progress {
    case more
    /// A chat completion, with the answer that it wants and the size of its body in bytes.
    case completion(MockAnswer, bodyBytes: Int)
    /// Anything else.
    case other
    /// Not HTTP, or too large.
    case broken
  }

  private static let maximumBytes = 8 << 20
  private static let end = Array("\r\n\r\n".utf8)
  private var bytes: [UInt8] = []
  /// Where the search for the head's end goes on.
  private var searched = 0

  mutating func append(_ piece: UnsafeRawBufferPointer) { bytes.append(contentsOf: piece) }

  /// Takes the next request, if it is whole.
  mutating func next(_ usual: MockAnswer) -> Progress {
    guard bytes.count <= Self.maximumBytes else { return .broken }
    guard let headEnd = findHeadEnd() else { return .more }
    let head = String(decoding: bytes[..<headEnd], as: UTF8.self)
    var length = 0
    for line in head.split(separator: "\r\n").dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, parts[0].lowercased() == "content-length" else { continue }
      guard let value = Int(parts[1].filter { $0 != " " }), 0...Self.maximumBytes ~= value else { return .broken }
      length = value
    }
    let bodyStart = headEnd + Self.end.count
    guard bytes.count >= bodyStart + length else { return .more }
    defer {
      bytes.removeFirst(bodyStart + length)
      searched = 0
    }
    guard head.hasPrefix("POST ") else { return .other }
    return .completion(usual.directed(by: bytes[bodyStart..<bodyStart + length]), bodyBytes: length)
  }

  private mutating func findHeadEnd() -> Int? {
    while searched + Self.end.count <= bytes.count {
      if bytes[searched] == 0x0D, bytes[searched..<searched + Self.end.count].elementsEqual(Self.end) {
        return searched
      }
      searched += 1
    }
    return nil
  }
}
