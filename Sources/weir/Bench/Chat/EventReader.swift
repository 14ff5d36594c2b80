import Glibc

/// Finds stamped tokens in a stream of server-sent events as it comes off the socket, chunk sizes and all. A stamp's first
/// byte stands nowhere else in what OpenAI's API sends, so nothing has to be parsed: the load generator must stay far
/// cheaper than what it measures, and a token that is changed on its way is still found out, by whoever reads the stamp.
struct EventReader {
  private static let ok = Array("HTTP/1.1 200".utf8)
  /// The reply's first bytes, until they are judged.
  private var head: [UInt8]? = []
  /// A stamp that the end of a read has cut.
  private var tail: [UInt8] = []

  /// Calls `body` with each token. Returns what is wrong with the reply, nil if nothing is.
  mutating func feed(_ bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) -> String? {
    if var start = head {
      start.append(contentsOf: bytes.prefix(max(0, Self.ok.count - start.count)))
      head = start.count < Self.ok.count ? start : nil
      if head == nil, start != Self.ok {
        return "the reply was \"\(String(decoding: bytes.prefix(300), as: UTF8.self))\""
      }
    }
    var rest = bytes
    if !tail.isEmpty {
      let missing = min(TokenStamp.bytes - tail.count, rest.count)
      tail.append(contentsOf: rest[..<missing])
      rest = UnsafeRawBufferPointer(rebasing: rest[missing...])
      if tail.count < TokenStamp.bytes { return nil }
      tail.withUnsafeBytes(body)
      tail.removeAll(keepingCapacity: true)
    }
    while let start = Self.find(TokenStamp.first, in: rest) {
      let end = start + TokenStamp.bytes
      if end > rest.count {
        tail.append(contentsOf: rest[start...])
        return nil
      }
      body(UnsafeRawBufferPointer(rebasing: rest[start..<end]))
      rest = UnsafeRawBufferPointer(rebasing: rest[end...])
    }
    return nil
  }

  private static func find(_ byte: UInt8, in bytes: UnsafeRawBufferPointer) -> Int? {
    guard let base = bytes.baseAddress, let found = memchr(base, CInt(byte), bytes.count) else { return nil }
    return UnsafeRawPointer(found) - base
  }
}
