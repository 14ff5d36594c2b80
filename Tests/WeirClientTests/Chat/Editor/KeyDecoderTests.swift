import Testing

@testable import weir

@Suite("Keys")
struct KeyDecoderTests {
  private func keys(_ text: String, flush: Bool = false) -> [Key] {
    var decoder = KeyDecoder()
    var keys = text.utf8.compactMap { decoder.take($0) }
    if flush, let key = decoder.flush() { keys.append(key) }
    return keys
  }

  @Test(
    "bytes are the keys that terminals send them for",
    arguments: [
      ("aé日😀", [.text("a"), .text("é"), .text("日"), .text("😀")]),
      ("\r\n\t\u{7F}\u{8}", [.enter, .enter, .tab, .backspace, .backspace]),
      ("\u{1}\u{12}\u{1F}", [.control("a"), .control("r"), .control("_")]),
      ("\u{1B}[A\u{1B}OB\u{1B}[C\u{1B}[D", [.up, .down, .right, .left]),
      ("\u{1B}[1;5C\u{1B}[1;3D\u{1B}[1;2C", [.wordRight, .wordLeft, .right]),
      ("\u{1B}b\u{1B}f", [.alt("b"), .alt("f")]),
      ("\u{1B}[H\u{1B}[4~\u{1B}[7~\u{1B}OF\u{1B}[3~", [.home, .end, .home, .end, .delete]),
      ("\u{1B}\r\u{1B}\u{7F}", [.newLine, .deleteWordLeft]),
      // What is not known is left out whole.
      ("\u{1B}[24;1Hx\u{1B}[?1;2cy\u{1B}[99~z", [.home, .text("x"), .text("y"), .text("z")]),
      ("\u{1B}[\u{1B}[Ax", [.up, .text("x")]), ("\u{0}\u{1C}x", [.text("x")]),
    ] as [(String, [Key])])
  func decoded(text: String, expected: [Key]) {
    #expect(keys(text) == expected)
  }

  @Test("an Escape with nothing behind it is a key once it is quiet, and not before")
  func escape() {
    #expect(keys("\u{1B}").isEmpty)
    #expect(keys("\u{1B}", flush: true) == [.escape])
    #expect(keys("\u{1B}\u{1B}", flush: true) == [.escape, .escape])
    #expect(keys("\u{1B}[", flush: true).isEmpty)
  }

  @Test("a paste is one key, whatever is in it, with line feeds for its line ends")
  func paste() {
    #expect(keys("\u{1B}[200~a\rb\r\nc\n\u{1B}[A\u{3}\td\u{1B}[201~e") == [.paste("a\nb\nc\n[A\td"), .text("e")])
  }

  @Test("a paste is bounded, and its end is still found")
  func longPaste() throws {
    let text = String(repeating: "x", count: KeyDecoder.maximumPasteBytes + 100_000)
    let found = keys("\u{1B}[200~\(text)\u{1B}[201~e")
    #expect(found.last == .text("e") && found.count == 2)
    guard case .paste(let pasted) = try #require(found.first) else {
      Issue.record("no paste")
      return
    }
    #expect(pasted.utf8.count == KeyDecoder.maximumPasteBytes)
  }

  @Test("bytes that are no UTF-8 cost themselves and nothing more")
  func broken() {
    var decoder = KeyDecoder()
    let bytes: [UInt8] = [0xFF, 0x80, 0xC3, UInt8(ascii: "a"), 0xE6, 0x97, 0x1B, UInt8(ascii: "["), UInt8(ascii: "B")]
    #expect(bytes.compactMap { decoder.take($0) } == [.text("a"), .down])
  }

  @Test("no bytes make it stumble, and afterwards it decodes as before", arguments: UInt64(1)...100)
  func anything(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var decoder = KeyDecoder()
    let likely: [UInt8] = [0x1B, 0x5B, 0x4F, 0x7E, 0x32, 0x30, 0x31, 0x3B, 0xE6]
    for _ in 0..<500 {
      _ = decoder.take(
        Bool.random(using: &random)
          ? UInt8.random(in: 0...255, using: &random) : likely.randomElement(using: &random) ?? 0)
    }
    for byte in "\u{1B}[201~".utf8 { _ = decoder.take(byte) }
    _ = decoder.flush()
    #expect("ok".utf8.compactMap { decoder.take($0) } == [.text("o"), .text("k")], "seed \(seed)")
  }
}
