/// The parsed head of an HTTP/1 message: start line and fields. Strict where leniency has let attackers in: no bare CR or
/// LF, no folded lines, no space before the colon, no control characters (RFC 9112 §2.2, §5).
struct MessageHead: Sendable {
  let startLine: Range<Int>
  let bytes: [UInt8]
  let fields: HeaderFields

  /// `bytes` end with CR LF CR LF.
  init(_ bytes: [UInt8], maximumHeaders: Int) throws(Refusal) {
    var position = 0
    // One empty line before the request is to be ignored (RFC 9112 §2.2).
    if bytes.starts(with: [13, 10]) { position = 2 }
    let startLine = try Self.line(bytes, &position)
    var entries: [HeaderFields.Entry] = []
    entries.reserveCapacity(16)
    while true {
      let line = try Self.line(bytes, &position)
      if line.isEmpty { break }
      guard entries.count < maximumHeaders else {
        throw Refusal(.headerFieldsTooLarge, "more than \(maximumHeaders) header fields: send fewer")
      }
      entries.append(try Self.field(bytes, line))
    }
    self.startLine = startLine
    self.bytes = bytes
    fields = HeaderFields(head: bytes, entries: entries)
  }

  func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  private static func line(_ bytes: [UInt8], _ position: inout Int) throws(Refusal) -> Range<Int> {
    let start = position
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      if byte == 10 { throw Refusal(.badRequest, "a line must end with CR LF") }
      if byte == 13 {
        guard position < bytes.count, bytes[position] == 10 else {
          throw Refusal(.badRequest, "a line must end with CR LF")
        }
        position += 1
        return start..<position - 2
      }
      if byte < 32 && byte != 9 || byte == 127 {
        throw Refusal(.badRequest, "a control character in the request head")
      }
    }
    throw Refusal(.badRequest, "the request head is cut off")
  }

  private static func field(_ bytes: [UInt8], _ line: Range<Int>) throws(Refusal) -> HeaderFields.Entry {
    var colon = line.lowerBound
    while colon < line.upperBound, TokenScanner.isTokenByte(bytes[colon]) { colon += 1 }
    guard colon > line.lowerBound, colon < line.upperBound, bytes[colon] == UInt8(ascii: ":") else {
      throw Refusal(.badRequest, "a header field is not of the form name: value")
    }
    var start = colon + 1
    var end = line.upperBound
    while start < end, isSpace(bytes[start]) { start += 1 }
    while end > start, isSpace(bytes[end - 1]) { end -= 1 }
    // The head is at most 65,535 bytes (HeadLimits), so all four fit.
    return HeaderFields.Entry(
      nameStart: UInt16(line.lowerBound), nameCount: UInt16(colon - line.lowerBound), valueStart: UInt16(start),
      valueCount: UInt16(end - start))
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 32 || byte == 9 }
}
