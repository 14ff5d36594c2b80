import Testing

@testable import weir

@Suite("Reading a provider's events")
struct EventReaderTests {
  /// A whole response of the mock provider, and its tokens.
  private func response(tokens: Int) -> (bytes: [UInt8], tokens: [[UInt8]]) {
    var (bytes, texts) = (MockEvents.head + MockEvents.opening, [[UInt8]]())
    for number in 0..<tokens {
      var text = [UInt8](repeating: 0, count: TokenStamp.bytes)
      text.withUnsafeMutableBytes { TokenStamp.write(time: UInt64(number) * 999, number: number, to: $0) }
      var chunk = MockEvents.token
      chunk.replaceSubrange(MockEvents.stampOffset..<MockEvents.stampOffset + TokenStamp.bytes, with: text)
      bytes += chunk
      texts.append(text)
    }
    return (bytes + MockEvents.closing(tokens: tokens, inputBytes: 8), texts)
  }

  @Test("tokens are found wherever reads cut the stream", arguments: [1, 3, 24, 25, 270, 5000])
  func cut(piece: Int) {
    let (bytes, tokens) = response(tokens: 20)
    var reader = EventReader()
    var found: [[UInt8]] = []
    for start in Swift.stride(from: 0, to: bytes.count, by: piece) {
      let problem = bytes[start..<min(bytes.count, start + piece)].withUnsafeBytes { slice in
        reader.feed(slice) { found.append(Array($0)) }
      }
      #expect(problem == nil)
    }
    #expect(found == tokens)
  }

  @Test("what is no answer is said, with its beginning", arguments: [1, 5, 1000])
  func refused(piece: Int) {
    let bytes = Array("HTTP/1.1 429 Too Many Requests\r\n\r\n".utf8)
    var reader = EventReader()
    var problems: [String] = []
    for start in Swift.stride(from: 0, to: bytes.count, by: piece) {
      let slice = bytes[start..<min(bytes.count, start + piece)]
      if let problem = slice.withUnsafeBytes({ reader.feed($0) { _ in } }) { problems.append(problem) }
    }
    #expect(problems.count == 1)
    #expect(problems.first?.hasPrefix("the reply was") == true)
  }

  @Test("a place names how it is spoken to, and others are refused")
  func targets() throws {
    #expect(try Target("ws://127.0.0.1:9/").scheme == .webSocket)
    #expect(try Target("tcp://127.0.0.1:9").isBare)
    let place = try Target("http://127.0.0.1:9/v1/chat/completions")
    #expect(place.scheme == .http)
    #expect(place.path == "/v1/chat/completions")
    // Nothing is asked for before the question.
    #expect(Opening(place).request.isEmpty)
  }
}
