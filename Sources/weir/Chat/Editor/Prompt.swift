import Foundation
import NIOConcurrencyHelpers

/// The line at the bottom that a person types in. A thread of its own reads keys all the time, also while an answer is
/// written: what is typed then is shown with the next prompt.
final class Prompt: LineSource {
  private struct State {
    var decoder = KeyDecoder()
    var editor: LineEditor
    var isShown = false
    var lines: [LineReader.Line] = []
    var waiting: [CheckedContinuation<LineReader.Line, Never>] = []
    var isReading = false
    var hasEnded = false
  }

  /// Lines that wait to be asked for.
  static let maximumLines = 64
  /// For so long an Escape waits for what may follow it. Keys send their bytes at once; a slow line may part them.
  private static let escapeMilliseconds: Int32 = 50

  private let screen: Screen
  private let file: HistoryFile?
  private let state: NIOLockedValueBox<State>
  static let mark = "> "

  init(screen: Screen, file: HistoryFile?, words: [String]) {
    self.screen = screen
    self.file = file
    let history = InputHistory(file?.load() ?? [])
    state = NIOLockedValueBox(State(editor: LineEditor(history: history, words: words)))
  }

  func start() {
    guard TerminalMode.edit() else {
      end()
      return
    }
    state.withLockedValue { $0.isReading = true }
    let thread = Thread { [self] in read() }
    thread.name = "weir-keys"
    thread.start()
  }

  func next() async -> LineReader.Line {
    await withCheckedContinuation { continuation in
      let line: LineReader.Line? = state.withLockedValue { state in
        if !state.lines.isEmpty { return state.lines.removeFirst() }
        if state.hasEnded { return .end }
        state.waiting.append(continuation)
        return nil
      }
      if let line { continuation.resume(returning: line) }
    }
  }

  func show() {
    state.withLockedValue { state in
      state.isShown = true
      draw(state)
    }
  }

  func echo(_ line: String) {
    let text = String(TerminalText.harmless(line).flatMap { $0 == "\n" ? "\n  " : String($0) })
    screen.putLine(screen.painter.paint(StyledText(Self.mark, .dim)) + text)
  }

  func discard() -> Bool {
    state.withLockedValue { state in
      guard state.isShown, !state.editor.text.isEmpty || state.editor.search != nil else { return false }
      screen.settle()
      state.editor.clear()
      draw(state)
      return true
    }
  }

  /// Shows the line again, at the terminal's size of now.
  func redraw() {
    state.withLockedValue { draw($0) }
  }

  func suspend() {
    TerminalMode.restore()
  }

  func resume() {
    state.withLockedValue { state in
      guard state.isReading, !state.hasEnded, TerminalMode.edit() else { return }
      draw(state)
    }
  }

  func stop() {
    state.withLockedValue { state in
      if state.isShown { screen.show(nil) }
      state.isShown = false
      state.isReading = false
    }
    TerminalMode.restore()
  }

  private func draw(_ state: State) {
    guard state.isShown else { return }
    let size = screen.size
    screen.show(LiveFrame(state.editor, prompt: Self.mark, width: size.columns, height: max(size.rows - 1, 1)))
  }

  // MARK: Keys

  private func read() {
    var buffer = [UInt8](repeating: 0, count: 64 * 1024)
    while true {
      let isAmbiguous = state.withLockedValue { $0.decoder.isAmbiguous }
      var entry = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      let ready = poll(&entry, 1, isAmbiguous ? Self.escapeMilliseconds : -1)
      if ready == 0 {
        take([], isQuiet: true)
        continue
      }
      if ready < 0, errno == EINTR { continue }
      let count = Foundation.read(STDIN_FILENO, &buffer, buffer.count)
      if count < 0, errno == EINTR || errno == EAGAIN { continue }
      if count <= 0 {
        end()
        return
      }
      take(buffer[..<count], isQuiet: false)
    }
  }

  /// Does what the keys say, and shows once what came of all of them.
  private func take(_ bytes: ArraySlice<UInt8>, isQuiet: Bool) {
    state.withLockedValue { state in
      if isQuiet, let key = state.decoder.flush() { press(key, &state) }
      for byte in bytes {
        if let key = state.decoder.take(byte) { press(key, &state) }
      }
      draw(state)
    }
  }

  private func press(_ key: Key, _ state: inout State) {
    switch state.editor.press(key) {
    case .edited, .refused: break
    case .submitted(let line):
      if state.editor.keep(line) { file?.append(line) }
      if state.isShown {
        state.isShown = false
        screen.show(nil)
        echo(line)
      }
      deliver(.text(line), &state)
    case .ended:
      if state.isShown { screen.settle() }
      state.isShown = false
      deliver(.end, &state)
    case .choices(let words):
      screen.putLine(screen.painter.paint(StyledText(words.joined(separator: "  "), .dim)))
    case .clearScreen: screen.clear()
    }
  }

  private func deliver(_ line: LineReader.Line, _ state: inout State) {
    if line == .end { state.hasEnded = true }
    if !state.waiting.isEmpty {
      state.waiting.removeFirst().resume(returning: line)
    } else if state.lines.count < Self.maximumLines {
      state.lines.append(line)
    }
  }

  private func end() {
    state.withLockedValue { state in
      state.hasEnded = true
      for reader in state.waiting { reader.resume(returning: .end) }
      state.waiting = []
    }
  }
}
