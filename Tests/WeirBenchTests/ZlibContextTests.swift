import Testing

@testable import weir

@Suite("zlib alone")
struct ZlibContextTests {
  private let messages = (0..<8).map { SampleText.json(bytes: 1024, number: $0) }

  @Test("without a kept context each message takes what it takes alone")
  func alone() throws {
    let context = try ZlibContext(level: 1, keepsContext: false)
    for message in messages {
      let expected = try RawDeflate.compress(message, level: 1).count
      #expect(context.echo(try RawDeflate.compress(message), size: message.count) == expected)
    }
  }

  @Test("with one a message that came before takes almost nothing")
  func kept() throws {
    let context = try ZlibContext(level: 1, keepsContext: true)
    let packed = try RawDeflate.compress(messages[0])
    let first = context.echo(packed, size: 1024)
    #expect(context.echo(packed, size: 1024) * 4 < first)
  }
}
