// Cuts text that may end in the middle of a character.

/// Cuts text to whole characters.
enum WholeCharacters {
  /// The longest beginning of `bytes` that is valid UTF-8.
  static func prefix(of bytes: [UInt8]) -> [UInt8] {
    do throws(UTF8.ValidationError) {
      _ = try UTF8Span(validating: bytes.span)
      return bytes
    } catch {
      return Array(bytes[..<error.byteOffsets.lowerBound])
    }
  }
}
