import Testing

@testable import weir

@Suite("The line that is typed")
struct LineEditorTests {
  /// Types bytes; `|` is where the cursor is afterwards.
  private func typed(_ text: String, _ editor: inout LineEditor) -> String {
    var decoder = KeyDecoder()
    for byte in text.utf8 {
      if let key = decoder.take(byte) { _ = editor.press(key) }
    }
    if let key = decoder.flush() { _ = editor.press(key) }
    var line = editor.text
    line.insert("|", at: editor.cursor)
    return String(line)
  }

  @Test(
    "keys do what they do in a shell",
    arguments: [
      ("abc\u{1B}[D\u{1B}[Dx", "ax|bc"), ("one two\u{17}x", "one x|"),
      ("one two\u{1}\u{B}\u{19}\u{19}", "one twoone two|"),
      ("one two\u{1B}b\u{1B}b>", ">|one two"), ("one two\u{1}\u{1B}d", "| two"), ("a.b-c\u{1B}\u{7F}", "a.b-|"),
      ("abc\u{15}", "|"), ("abc\u{2}\u{2}\u{B}", "a|"), ("ab\u{14}", "ba|"), ("abc\u{1F}", "|"),
      ("ab\u{7F}\u{7F}\u{1F}", "a|"),
      ("ab\u{1B}[3~\u{1}\u{1B}[3~", "|b"), ("a\u{1B}\rbc\u{1}x\u{1B}[Ay", "ay|\nxbc"),
      ("ab\u{1B}\rc\u{1B}[A\u{1B}[Bx", "ab\ncx|"),
      ("e\u{301}x\u{7F}\u{7F}", "|"), ("👩‍👩‍👧‍👦\u{1B}[Da", "a|👩‍👩‍👧‍👦"), ("a\u{4}\u{1}\u{4}", "|"),
      ("\u{1B}[200~x\u{9B}y\rz\u{1B}[201~", "x\u{FFFD}y\nz|"),
    ])
  func editing(keys: String, line: String) {
    var editor = LineEditor()
    #expect(typed(keys, &editor) == line)
  }

  @Test("Enter gives the line and begins a new one; Ctrl-D ends where nothing stands")
  func submit() {
    var editor = LineEditor()
    _ = typed("hello", &editor)
    #expect(editor.press(.enter) == .submitted("hello"))
    #expect(editor.text.isEmpty && editor.cursor == 0)
    #expect(editor.press(.control("d")) == .ended)
  }

  @Test("the history is walked and comes back to what was being typed")
  func history() {
    var editor = LineEditor(history: InputHistory(["one", "two"]))
    #expect(typed("dra\u{1B}[A", &editor) == "two|")
    #expect(typed("\u{1B}[A\u{1B}[A", &editor) == "one|")
    #expect(typed("\u{1B}[B\u{1B}[B", &editor) == "dra|")
    #expect(editor.press(.down) == .refused)
  }

  @Test("a line is remembered once, not with a blank before it, and no more of them than the bound")
  func remembered() {
    var history = InputHistory()
    #expect(history.add("a") && !history.add("a") && !history.add(" b") && !history.add(""))
    let isLongKept = history.add(String(repeating: "x", count: InputHistory.maximumEntryBytes + 1))
    #expect(!isLongKept)
    for entry in 0..<(2 * InputHistory.maximumEntries) { _ = history.add("\(entry)") }
    #expect(history.entries.count == InputHistory.maximumEntries && history.entries.last == "1999")
    #expect(history.older(than: "") == "1999")
  }

  @Test("Ctrl-R finds older and older lines, Escape gives the line back, any other key takes what was found")
  func search() {
    let entries = ["say one", "other", "say two"]
    var editor = LineEditor(history: InputHistory(entries))
    #expect(typed("draft\u{12}say", &editor) == "say two|")
    #expect(editor.search?.text == "say")
    #expect(typed("\u{12}", &editor) == "say one|")
    #expect(editor.press(.control("r")) == .refused && editor.search?.hasFailed == true)
    #expect(typed("\u{1B}", &editor) == "draft|")
    #expect(typed("\u{12}oth\u{5}!", &editor) == "other!|" && editor.search == nil)
    editor = LineEditor(history: InputHistory(entries))
    _ = typed("\u{12}one", &editor)
    #expect(editor.press(.enter) == .submitted("say one"))
    #expect(typed("\u{12}zzz\u{7F}\u{7F}\u{7F}two\u{1B}[A", &editor) == "other|")
  }

  @Test("Tab completes commands, and lists what there is to choose from")
  func completion() {
    let words = ["/help", "/history", "/new", "/nested"]
    var editor = LineEditor(words: words)
    #expect(typed("/ne", &editor) == "/ne|")
    #expect(editor.press(.tab) == .choices(["/new", "/nested"]))
    #expect(typed("w\t", &editor) == "/new |")
    #expect(editor.press(.tab) == .refused)
    editor.clear()
    #expect(typed("/his\t", &editor) == "/history |")
    editor.clear()
    #expect(typed("x/h\t", &editor) == "x/h|")
    #expect(ChatCommand.names.contains("/thinking") && !ChatCommand.names.contains("//TEXT"))
  }

  @Test(
    "whatever is pressed, the cursor stays in the line and nothing is put on a screen that would be obeyed",
    arguments: UInt64(1)...200)
  func anything(seed: UInt64) {
    var random = SeededRandom(seed: seed)
    var editor = LineEditor(history: InputHistory(["one", "two\nthree", "日本"]), words: ["/help", "/history"])
    let keys: [Key] = [
      .text("a"), .text("é"), .text("\u{301}"), .text("👩‍👩‍👧‍👦"), .text(" "), .text("/"), .text("\u{200D}"),
      .paste("x\ny\u{1B}z"), .newLine,
      .tab, .backspace, .delete, .left, .right, .up, .down, .home, .end, .wordLeft, .wordRight, .deleteWordLeft,
      .escape, .enter,
    ]
    let controls = "abdefgklnprtuwy_".map { Key.control($0) } + "bfd".map { Key.alt($0) }
    for _ in 0..<400 {
      _ = editor.press((keys + controls).randomElement(using: &random) ?? .tab)
      #expect((0...editor.text.count).contains(editor.cursor), "seed \(seed)")
      #expect(!editor.line.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" && $0 != "\t" }, "seed \(seed)")
      let width = Int.random(in: 1...40, using: &random)
      let frame = LiveFrame(editor, prompt: "> ", width: width, height: 5)
      #expect(frame.rows.count <= 5 && frame.rows.indices.contains(frame.cursorRow), "seed \(seed)")
      #expect(frame.rows.allSatisfy { $0.cells <= max(width, 4) }, "seed \(seed), width \(width)")
    }
  }
}
