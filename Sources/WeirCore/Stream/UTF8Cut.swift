/// Where UTF-8 text may be cut.
package enum UTF8Cut {
  /// The largest end in `start...limit` that does not stand inside a character. `bytes` holds valid UTF-8, and `start`
  /// is the beginning of a character.
  package static func end(in bytes: [UInt8], from start: Int, limit: Int) -> Int {
    var end = min(limit, bytes.count)
    if end >= bytes.count { return bytes.count }
    while end > start, bytes[end] & 0xC0 == 0x80 { end -= 1 }
    return end
  }

  /// `offset`, moved back to the beginning of the character it stands in.
  package static func floor(in bytes: [UInt8], offset: Int) -> Int {
    end(in: bytes, from: 0, limit: max(0, offset))
  }
}
