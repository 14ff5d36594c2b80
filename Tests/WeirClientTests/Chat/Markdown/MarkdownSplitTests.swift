import Testing

@testable import weir

@Suite("Markdown in pieces")
struct MarkdownSplitTests {
  /// What hostile and friendly models write, to be strewn.
  private static let words = [
    "*", "**", "***", "_", "__", "~~", "`", "``", "```", "\n", "\n\n", "\n- ", "\n1. ", "\n> ", "\n# ", "\n|", "|",
    "---", "|-|",
    "\n| a | b |\n|---|:-:|\n| 1 | 2 |\n", "\n```swift\n", "\n```\n", "[", "](", ")", "[a](https://x.org)",
    "https://x.org/_a",
    "!", "\\", "\\*", " ", "  ", "    ", "\t", "a", "word", "Zoë", "日本語。", "👩‍👩‍👧‍👦", "🇩🇪", "❤️", "\u{301}", "\u{200D}", "क्",
    "\u{1100}",
    "\u{1B}[31m", "\r", "\r\n", "<", ">", "#", "h", "ht", "http", "[ ] ", "- [x] y", "$x_1$", "\\(", "~~~", "===",
  ]

  private func text(_ random: inout SeededRandom) -> String {
    (0..<Int.random(in: 1...60, using: &random)).map { _ in Self.words.randomElement(using: &random) ?? "" }.joined()
  }

  private func shown(
    _ scalars: [Unicode.Scalar], width: Int, cut: (inout SeededRandom) -> Int, _ random: inout SeededRandom
  )
    -> String
  {
    var stream = MarkdownStream(width: width)
    var output: [StyledText] = []
    var at = 0
    while at < scalars.count {
      let end = min(at + max(cut(&random), 1), scalars.count)
      output += stream.add(String(String.UnicodeScalarView(scalars[at..<end])))
      at = end
    }
    output += stream.finish()
    return Painter(hyperlinks: true).paint(output.reduce(into: []) { $0.add($1.text, $1.style, link: $1.link) })
  }

  @Test("an answer looks the same in whatever pieces it comes, down to scalars", arguments: UInt64(1)...300)
  func anywhere(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    let scalars = Array(text(&random).unicodeScalars)
    let width = Int.random(in: 1...100, using: &random)
    let whole = shown(scalars, width: width, cut: { _ in scalars.count }, &random)
    let single = shown(scalars, width: width, cut: { _ in 1 }, &random)
    let pieces = shown(scalars, width: width, cut: { Int.random(in: 1...9, using: &$0) }, &random)
    #expect(whole == single && whole == pieces, "seed \(seed)")
    #expect(whole.isEmpty || whole.hasSuffix("\n"), "seed \(seed)")
  }

  @Test(
    "no words are lost: all letters of an answer are seen, whatever marks stand between", arguments: UInt64(1)...100)
  func complete(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    // Not in a table's line of dashes, nor after a fence, where words are names.
    let marks = ["*", "**", "_", "`", "~~", "[", "]", "(", ")", "\n", "\n\n", "\n- ", "\n> ", " ", "!", "h", "ht", "#"]
    var source = ""
    for word in 0..<40 {
      source += (marks.randomElement(using: &random) ?? "") + "w\(word)x"
    }
    let scalars = Array(source.unicodeScalars)
    let whole = shown(scalars, width: 30, cut: { Int.random(in: 1...9, using: &$0) }, &random)
    for word in 0..<40 { #expect(whole.contains("w\(word)x"), "seed \(seed), word \(word)") }
  }

  @Test(
    "the work for a piece does not grow with the answer, whatever the answer is made of",
    arguments: [
      "word ", "*a ", "**", "_a*b", "[", "[`", "*[`", "`", "[a](", "| a ", "|\n", "> ", "- ", "h", "\\", "日", "\u{301}",
      "a",
      "http://", "~~x", "\n", "#",
    ])
  func bounded(unit: String) {
    // Time is no measure on a shared machine: what is held back is what later pieces work on again.
    let piece = String(repeating: unit, count: 60)
    let bound = BlockStart.maximumHeld + InlineScan.window + piece.count
    var stream = MarkdownStream(width: 80)
    var taken = 0
    while taken < 2 * bound {
      _ = stream.add(piece)
      taken += piece.unicodeScalars.count
      #expect(stream.heldCharacters <= bound, "after \(taken)")
    }
  }
}
