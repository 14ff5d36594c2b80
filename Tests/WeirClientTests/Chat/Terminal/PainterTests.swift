import Testing

@testable import weir

@Suite("Paint")
struct PainterTests {
  @Test("each piece ends as plain text, and looks are codes of SGR")
  func codes() {
    let pieces = [
      StyledText("a"), StyledText("b", [.bold, .underline]), StyledText("c", .code), StyledText("", .dim),
    ]
    #expect(Painter().paint(pieces) == "a\u{1B}[1;4mb\u{1B}[0m\u{1B}[36mc\u{1B}[0m")
    #expect(Painter(colors: false).paint(pieces) == "abc")
  }

  @Test("a link is written only for a terminal that knows links")
  func links() {
    let piece = StyledText("here", link: "https://x.org/")
    #expect(Painter(hyperlinks: true).paint(piece) == "\u{1B}]8;;https://x.org/\u{1B}\\here\u{1B}]8;;\u{1B}\\")
    #expect(Painter(hyperlinks: false).paint(piece) == "here")
  }

  @Test(
    "an address that could end an escape sequence, or run something, is none",
    arguments: [
      ("https://x.org/a_b?c=d#e", "https://x.org/a_b?c=d#e"), ("HTTP://x.org", "HTTP://x.org"),
      ("mailto:a@b.c", "mailto:a@b.c"), ("https://x.org/ü b", "https://x.org/%C3%BC%20b"),
      ("javascript:alert(1)", nil), ("file:///etc/passwd", nil), ("x.org", nil), ("", nil),
      ("https://x.org/\u{1B}\\", nil), ("https://x.org/\u{7}", nil),
      ("https://x.org/\u{9C}", "https://x.org/%C2%9C"),
      ("https://" + String(repeating: "x", count: 2_000), nil),
    ])
  func targets(address: String, safe: String?) {
    #expect(LinkTarget.safe(address) == safe)
  }

  @Test(
    "a character of a million marks is cut to what a terminal can show, however it comes", arguments: [1, 2, 7, 400])
  func joined(pieceLength: Int) {
    for (head, mark) in [("a", "\u{301}"), ("\u{1100}", "\u{1100}"), ("👩", "\u{200D}👩"), ("क", "\u{94D}क")] {
      let scalars = Array((head + String(repeating: mark, count: 200) + "z").unicodeScalars)
      var whole = TextFilter()
      let expected = whole.pass(String(String.UnicodeScalarView(scalars)))
      var filter = TextFilter()
      var text = ""
      for start in stride(from: 0, to: scalars.count, by: pieceLength) {
        text += filter.pass(
          String(String.UnicodeScalarView(scalars[start..<min(start + pieceLength, scalars.count)])))
      }
      #expect(text == expected && text.hasSuffix("z"))
      #expect(text.map { $0.unicodeScalars.count }.max() ?? 0 <= TextFilter.maximumJoined)
    }
  }
}
