import Testing

@testable import weir

/// Styled text with its looks written out, so that a test can be read: `<b>`, `<i>`, `<u>`, `<s>`, `<c>`, `<d>`.
private func marked(_ pieces: [StyledText]) -> String {
  let names: [(TextStyle, String)] = [
    (.bold, "b"), (.italic, "i"), (.underline, "u"), (.strike, "s"), (.code, "c"), (.dim, "d"),
  ]
  var joined: [StyledText] = []
  for piece in pieces { joined.add(piece.text, piece.style) }
  return joined.map { piece in
    let tags = names.filter { piece.style.contains($0.0) }.map(\.1).joined()
    return tags.isEmpty ? piece.text : "<\(tags)>\(piece.text)</>"
  }.joined()
}

private func shown(_ text: String, width: Int = 40) -> [StyledText] {
  var stream = MarkdownStream(width: width)
  return stream.add(text) + stream.finish()
}

@Suite("Markdown on a terminal")
struct MarkdownStreamTests {
  @Test(
    "what is in a line looks as it is meant",
    arguments: [
      ("plain", "plain"), ("*a* _b_ **c** __d__ ***e***", "<i>a</> <i>b</> <b>c</> <b>d</> <bi>e</>"),
      ("**a *b* c**", "<b>a </><bi>b</><b> c</>"), ("**bold *em***", "<b>bold </><bi>em</>"),
      ("2 * 3 * 4, a_b_c, 5*6", "2 * 3 * 4, a_b_c, 5*6"), ("**/*.swift and *.md", "**/*.swift and *.md"),
      ("*open", "*open"), ("**a *b**", "<b>a *b</>"), ("*a **b*", "<i>a **b</>"), ("~~x~~ ~y~", "<s>x</> ~y~"),
      ("`a*b*` ``x`y``", "<c>a*b*</> <c>x`y</>"), ("`open *a*", "`open <i>a</>"),
      ("*a `b*` c*", "<i>a </><ic>b*</><i> c</>"),
      (#"\*a\* \[x\] \(y\)"#, #"*a* \[x\] \(y\)"#), ("中文**重点。**中文", "中文<b>重点。</>中文"),
      ("[text](https://x.org)", "<u>text</><d> (https://x.org)</>"), ("[1] and a[0](", "[1] and a[0]("),
      (#"[**t**](https://x.org/a_(b) "title")!"#, "<bu>t</><d> (https://x.org/a_(b))</>!"),
      ("![cat](https://x.org/c.png)", "<d>[image: </><u>cat</><d>] (https://x.org/c.png)</>"),
      ("<https://x.org> https://x.org/_a_b.", "<u>https://x.org</> <u>https://x.org/_a_b</>."),
      ("the http of it", "the http of it"), ("<b>x</b>", "<b>x</b>"), ("$a_1 * b_2$", "$a_1 * b_2$"),
    ])
  func inline(text: String, expected: String) {
    #expect(marked(shown(text, width: 200)) == expected + "\n")
  }

  @Test(
    "lines look like what they are",
    arguments: [
      ("# One #\ntext", "<bu>One</>\ntext\n"), ("### C# and F#", "<b>C# and F#</>\n"), ("#tag", "#tag\n"),
      ("- a\n* b\n+ c\n  - d", "• a\n• b\n• c\n  • d\n"), ("1. a\n10) b\n2.5 c", "1. a\n10) b\n2.5 c\n"),
      ("- [ ] a\n- [x] b\n- [y", "☐ a\n☑ b\n• [y\n"),
      ("> a\n> > b\n>\n> c", "<d>│ </>a\n<d>│ │ </>b\n<d>│ </>\n<d>│ </>c\n"),
      ("a\n\n\n\nb\n\n", "a\n\nb\n"), ("**x**\n\n- **y**", "<b>x</>\n\n• <b>y</>\n"),
      ("---\n- - -\n***", "<d>──────────</>\n<d>──────────</>\n<d>──────────</>\n"), ("--flag\n-1", "--flag\n-1\n"),
      ("|a|b", "|a|b\n"), ("| a |\ntext", "| a |\ntext\n"), ("|\n|\n|", "|\n|\n|\n"),
    ])
  func blocks(text: String, expected: String) {
    #expect(marked(shown(text, width: 10)) == expected)
  }

  @Test("code stands as it came between two dim lines, unbroken")
  func code() {
    let long = String(repeating: "x", count: 30)
    #expect(
      marked(shown("```swift\nlet *a* = \"**\"\n\n\t\(long)\n````\n", width: 12))
        == "<d>── swift ───</>\nlet *a* = \"**\"\n\n\t\(long)\n<d>────────────</>\n")
    #expect(marked(shown("~~~\n```\n", width: 4)) == "<d>────</>\n```\n<d>────</>\n")
    #expect(marked(shown("1. x\n   ```\n   y\n     z\n   ```", width: 4)) == "1. x\n<d>────</>\ny\n  z\n<d>────</>\n")
    #expect(marked(shown("> ```\n> y\n> ```\nz", width: 4)) == "<d>────</>\n<d>│ </>y\n<d>────</>\nz\n")
    #expect(marked(shown("```code``` in a line")) == "<c>code</> in a line\n")
  }

  @Test("rows break between words, under the text of their item, and by cells")
  func wrapping() {
    #expect(shown("one two three", width: 8).plainText == "one two\nthree\n")
    #expect(shown("- one two three", width: 8).plainText == "• one\n  two\n  three\n")
    #expect(shown("> one two", width: 7).plainText == "│ one\n│ two\n")
    #expect(shown("日本語。日本", width: 6).plainText == "日本\n語。日\n本\n")
    #expect(shown("a 👩‍👩‍👧‍👦👩‍👩‍👧‍👦 b", width: 5).plainText == "a 👩‍👩‍👧‍👦\n👩‍👩‍👧‍👦 b\n")
    // An address stays whole, for the terminal to break.
    #expect(shown("x https://x.org/abcdef y", width: 8).plainText == "x\nhttps://x.org/abcdef y\n")
    #expect(shown("123456789 12", width: 1).plainText == "123456789\n12\n")
  }

  @Test("a table has columns as wide as its cells, in cells of the terminal")
  func table() {
    let text = "| a | 数 | c |\n|---|--:|:-:|\n| long | 1 | **x** |\n| y\\|z | 22 |\nend"
    #expect(
      shown(text).plainText == """
        a    │ 数 │ c
        ─────┼────┼──
        long │  1 │ x
        y|z  │ 22 │\(" ")
        end

        """)
  }

  @Test("a table that is too wide breaks in its cells, one much too wide becomes lists")
  func wideTable() {
    let text = "| key | what it says |\n|---|---|\n| k | one two three four |\n"
    #expect(
      shown(text, width: 18).plainText == """
        key │ what it says
        ────┼─────────────
        k   │ one two
            │ three four

        """)
    let many = "| a | b | c |\n|---|---|---|\n| 111111111 | 222222222 | 333333333 |\n"
    #expect(shown(many, width: 12).plainText == "a: 111111111\nb: 222222222\nc: 333333333\n────────\n")
  }

  @Test("a table of any length is held to a bound and goes on with its columns")
  func longTable() {
    var stream = MarkdownStream(width: 40)
    var text = stream.add("| a | b |\n|---|---|\n").plainText
    #expect(text.isEmpty && stream.heldRows == 0)
    for row in 1..<TableDraft.maximumRows { text += stream.add("| \(row) | x |\n").plainText }
    #expect(text.isEmpty && stream.heldRows == TableDraft.maximumRows - 1)
    text += stream.add("| last | x |\n").plainText
    #expect(text.hasSuffix("last │ x\n"))
    #expect(stream.add("| longer | y |\n").plainText == "long │ y\ner   │ \n")
  }

  @Test("nothing that a terminal would obey comes out of a model's text")
  func controls() {
    let hostile =
      "\u{1B}[2J**\u{1B}]0;t\u{7}** `\u{9B}1m` [a](https://x.org/\u{1B}) | \r\n```\u{1B}[1m\n\u{8}\u{0}\n```\n"
      + "[x](javascript:alert) [\u{202E}y](https://x.org)"
    let pieces = shown(hostile, width: 80)
    for scalar in pieces.plainText.unicodeScalars {
      #expect(scalar.value == 0x0A || (scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)))
    }
    #expect(
      pieces.allSatisfy { $0.link == nil || $0.link == "https://x.org" || $0.link?.contains("%E2%90%9B") == true })
  }
}
