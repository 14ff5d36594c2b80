import Testing

@testable import weir

@Suite("Cells of a terminal")
struct CellWidthTests {
  @Test(
    "text takes the cells that terminals give it",
    arguments: [
      ("", 0), ("abc", 3), ("Zoë", 3), ("Zoe\u{308}", 3), ("日本語", 6), ("ｶﾅ", 2), ("Ａ", 2), ("한국", 4),
      ("\u{1112}\u{1161}\u{11AB}", 2), ("😀", 2), ("👩‍👩‍👧‍👦", 2), ("👍🏽", 2), ("🇩🇪", 2), ("🇩🇪🇫🇷", 4), ("❤", 1), ("❤️", 2),
      ("1️⃣", 2), ("☑", 1), ("│─•", 3), ("é́́́", 1), ("ก็", 1), ("שָׁ", 1), ("\u{200B}", 0), ("a\u{AD}b", 3),
      ("\u{7}\u{9B}", 0), ("𝒳", 1), ("🫩", 2), ("\u{2FFFD}", 2),
    ])
  func widths(text: String, cells: Int) {
    #expect(CellWidth.of(text) == cells)
  }

  @Test("the table of wide scalars is in order and apart, so that it can be searched")
  func table() {
    for (before, after) in zip(CellWidth.wide, CellWidth.wide.dropFirst()) {
      #expect(before.upperBound + 1 < after.lowerBound)
    }
  }
}
