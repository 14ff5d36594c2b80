import NIOConcurrencyHelpers
import Testing

@testable import weir

@Suite("The screen")
struct ScreenTests {
  /// What was written, and a size that a test sets.
  private final class Glass: Sendable {
    let text = NIOLockedValueBox("")
    let size = NIOLockedValueBox(TerminalSize(columns: 10, rows: 5))

    func screen(isLive: Bool = true) -> Screen {
      Screen(painter: Painter(colors: false), isLive: isLive) {
        self.size.withLockedValue { $0 }
      } write: { piece in
        self.text.withLockedValue { $0 += piece }
      }
    }

    /// What was written since the last call.
    func take() -> String {
      text.withLockedValue { text in
        defer { text = "" }
        return text
      }
    }
  }

  private let glass = Glass()

  private func frame(_ text: String) -> LiveFrame { LiveFrame(status: [StyledText(text)], width: 10) }

  @Test("a live row is taken back before anything is written, and put there again")
  func live() {
    let screen = glass.screen()
    screen.show(frame("wait"))
    #expect(glass.take() == "wait\r\u{1B}[4C")
    screen.putLine("note")
    #expect(glass.take() == "\r\u{1B}[Jnote\nwait\r\u{1B}[4C")
    screen.put("half")
    #expect(glass.take() == "\r\u{1B}[Jhalf")
    screen.put(" row\n")
    #expect(glass.take() == " row\nwait\r\u{1B}[4C")
    screen.show(nil)
    #expect(glass.take() == "\r\u{1B}[J")
    screen.show(nil)
    #expect(glass.take() == "")
  }

  @Test("a note in the middle of a row begins a row of its own")
  func middle() {
    let screen = glass.screen()
    screen.put("half")
    screen.putLine("note")
    #expect(glass.take() == "halfnote\n".replacing("half", with: "half\n"))
    #expect(screen.isAtLineStart)
  }

  @Test("rows that a narrower window has broken are all taken back")
  func resize() {
    let screen = glass.screen()
    var editor = LineEditor()
    for _ in 0..<12 { _ = editor.press(.text("x")) }
    screen.show(LiveFrame(editor, prompt: "> ", width: 10, height: 4))
    #expect(glass.take() == "> xxxxxxxx\n  xxxx\r\u{1B}[6C")
    glass.size.withLockedValue { $0.columns = 5 }
    screen.resized()
    screen.show(nil)
    // Ten cells have become two rows of five; six have become two, the cursor in the second.
    #expect(glass.take() == "\r\u{1B}[3A\u{1B}[J")
  }

  @Test("where nothing can be taken back nothing is shown that would have to be")
  func plain() {
    let screen = glass.screen(isLive: false)
    screen.show(frame("wait"))
    screen.put("text\n")
    #expect(glass.take() == "text\n")
  }

  @Test("notes break between words, and under where they begin")
  func notes() {
    #expect(Console.wrapped("one two three\n\n  four five", width: 8) == "one two\nthree\n\n  four\n  five")
    #expect(Console.wrapped("/help    x", width: 20) == "/help    x")
  }

  @Test("a status fits into its row, cut by cells")
  func status() {
    #expect(frame("日本語日本語").rows[0].plainText == "日本語日…")
    #expect(frame("123456789").rows[0].plainText == "123456789")
    #expect(LiveFrame(status: [StyledText("long")], width: 1).rows[0].cells <= 1)
  }
}
