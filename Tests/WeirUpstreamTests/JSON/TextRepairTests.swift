import Testing

@testable import WeirUpstream

@Suite("Text repair")
struct TextRepairTests {
  @Test("bytes become the same text as the standard library makes of them, wherever they are split")
  func differential() {
    let alphabet: [UInt8] = [
      0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF1, 0xF4,
      0xF5, 0xFF,
    ]
    for seed in UInt64(1)...4000 {
      var random = SeededRandom(seed: seed)
      let bytes = (0..<Int.random(in: 0...12, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? 0 }
      let expected = Array(String(decoding: bytes, as: UTF8.self).utf8)
      for cut in 0...bytes.count {
        var repair = TextRepair()
        var text: [UInt8] = []
        repair.append(bytes.span, 0..<cut, to: &text)
        #expect(String(validating: text, as: UTF8.self) != nil, "half a character was given, seed \(seed)")
        repair.append(bytes.span, cut..<bytes.count, to: &text)
        repair.finish(to: &text)
        #expect(text == expected, "seed \(seed), cut \(cut), bytes \(bytes)")
      }
    }
  }

  @Test(
    "escapes become characters",
    arguments: [
      (#"a\nb\t\r\b\f\/\\\""#, "a\nb\t\r\u{8}\u{C}/\\\""),
      (#"\u00e4\u20AC"#, "ä€"),
      (#"\uD83D\uDE00"#, "😀"),
      (#"x\ud83dy"#, "x\u{FFFD}y"),
      (#"\ude00"#, "\u{FFFD}"),
      (#"\ud83d\ud83d\ude00"#, "\u{FFFD}😀"),
      (#"\ud83d\n"#, "\u{FFFD}\n"),
      (#"\u0000"#, "\0"),
      (#"plain"#, "plain"),
      (#""#, ""),
    ])
  func escapes(_ json: String, _ expected: String) throws {
    #expect(try text(of: [json]) == expected)
  }

  @Test("a surrogate pair and a character may be split between two strings")
  func splitPairs() throws {
    #expect(try text(of: [#"a\uD83D"#, #"\uDE00b"#]) == "a😀b")
    #expect(try text(of: [#"a\uD83D"#, #""#, #"\uDE00b"#]) == "a😀b")
    #expect(try text(of: [#"a\uD83D"#, "b"]) == "a\u{FFFD}b")
    #expect(try text(of: [#"a\uD83D"#]) == "a\u{FFFD}")
  }

  @Test("half a character before an escape is replaced, in its place")
  func halfBeforeEscape() throws {
    let bytes = [UInt8(ascii: "\""), 0xE2, 0x82] + Array("\\n\"".utf8)
    var cursor = JSONCursor()
    var repair = TextRepair()
    var text: [UInt8] = []
    repair.append(try cursor.string(in: bytes.span), in: bytes.span, to: &text)
    #expect(String(decoding: text, as: UTF8.self) == "\u{FFFD}\n")
  }

  private func text(of strings: [String]) throws -> String {
    var repair = TextRepair()
    var text: [UInt8] = []
    for string in strings {
      let bytes = Array("\"\(string)\"".utf8)
      var cursor = JSONCursor()
      repair.append(try cursor.string(in: bytes.span), in: bytes.span, to: &text)
      #expect(String(validating: text, as: UTF8.self) != nil)
    }
    repair.finish(to: &text)
    return String(decoding: text, as: UTF8.self)
  }
}
