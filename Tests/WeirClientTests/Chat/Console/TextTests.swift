import Testing

@testable import weir

@Suite("Lines and terminals")
struct TextTests {
  @Test(
    "what a terminal would obey is shown instead",
    arguments: [
      ("plain\n\ttext", "plain\n\ttext"), ("Zoë 😀", "Zoë 😀"), ("\u{1B}]0;title\u{7}", "\u{241B}]0;title\u{2407}"),
      ("a\r\nb", "a\nb"), ("\u{9B}2J", "\u{FFFD}2J"), ("\u{202E}abc", "\u{FFFD}abc"), ("\u{7F}", "\u{FFFD}"),
    ])
  func harmless(text: String, shown: String) {
    #expect(TerminalText.harmless(text) == shown)
  }

  @Test("lines are cut the same however the bytes come", arguments: 1...9)
  func splitting(chunk: Int) {
    let bytes = Array("one\r\n\ntwo\nlast".utf8)
    var splitter = LineSplitter(limit: 100)
    var lines: [LineReader.Line] = []
    var sent = 0
    while true {
      if let line = splitter.next() {
        lines.append(line)
        continue
      }
      let count = splitter.fill { buffer in
        let piece = bytes[sent..<min(sent + chunk, bytes.count)]
        buffer.copyBytes(from: piece)
        return piece.count
      }
      sent += count
      if count == 0 { break }
    }
    lines.append(splitter.finish())
    #expect(lines == [.text("one"), .text(""), .text("two"), .text("last")])
    #expect(splitter.finish() == .end)
  }

  @Test("a line over the limit is skipped whole, and the next one is read")
  func tooLong() {
    var splitter = LineSplitter(limit: 4)
    var pieces = ["123", "4567", "89\nok\n"].map { Array($0.utf8) }
    var lines: [LineReader.Line] = []
    while true {
      if let line = splitter.next() {
        lines.append(line)
      } else if pieces.isEmpty {
        break
      } else {
        let piece = pieces.removeFirst()
        _ = splitter.fill { buffer in
          buffer.copyBytes(from: piece)
          return piece.count
        }
      }
    }
    #expect(lines == [.tooLong, .text("ok")])
    #expect(splitter.finish() == .end)
  }

  @Test(
    "numbers are rounded and padded",
    arguments: [
      (0.0, 3, "0.000"), (1.5, 0, "2"), (12.3456, 2, "12.35"), (0.0004, 3, "0.000"), (-1.25, 1, "-1.3"),
      (99.999, 1, "100.0"),
    ])
  func decimals(value: Double, digits: Int, text: String) {
    #expect(JSONLine.decimal(value, digits: digits) == text)
  }
}
