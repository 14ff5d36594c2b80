import NIOConcurrencyHelpers

/// The one who writes to a terminal that has a live part: rows at the bottom that are taken back before anything else is
/// written, and put there again. What is written stays, so that scrolling back shows a conversation and no leavings.
/// Usable from any thread; each call is one write.
final class Screen: Sendable {
  fileprivate struct State {
    var size: TerminalSize
    /// Whether the cursor stands where a row begins; only there can live rows be.
    var isAtLineStart = true
    var live: LiveFrame?
    /// What stands there now.
    var drawn: LiveFrame?
  }

  let painter: Painter
  private let isLive: Bool
  private let state: NIOLockedValueBox<State>
  private let write: @Sendable (String) -> Void
  private let measure: @Sendable () -> TerminalSize

  /// Without `isLive` nothing can be taken back, and nothing is shown that would have to be; `write` puts all of a text out before it returns; `measure` asks the terminal for its size.
  init(
    painter: Painter, isLive: Bool = true, measure: @escaping @Sendable () -> TerminalSize,
    write: @escaping @Sendable (String) -> Void
  ) {
    self.painter = painter
    self.isLive = isLive
    self.write = write
    self.measure = measure
    state = NIOLockedValueBox(State(size: measure()))
  }

  /// Whether what is written next begins a row.
  var isAtLineStart: Bool { state.withLockedValue { $0.isAtLineStart } }

  var size: TerminalSize { state.withLockedValue { $0.size } }

  /// Writes what stays. The text is painted, and harmless.
  func put(_ text: String) {
    if text.isEmpty { return }
    state.withLockedValue { write($0.erase() + $0.stay(text) + $0.draw(painter)) }
  }

  /// Writes a line of its own, wherever the cursor stands.
  func putLine(_ text: String) {
    state.withLockedValue { state in
      let before = state.erase() + (state.isAtLineStart ? "" : "\n")
      write(before + state.stay(text + "\n") + state.draw(painter))
    }
  }

  /// Shows rows that will be taken back; nil takes back what is shown.
  func show(_ live: LiveFrame?) {
    guard isLive else { return }
    state.withLockedValue { state in
      if state.live == live, state.drawn == live { return }
      state.live = live
      let text = state.erase() + state.draw(painter)
      if !text.isEmpty { write(text) }
    }
  }

  /// Lets the live rows stay as they are, with the cursor behind them.
  func settle() {
    state.withLockedValue { state in
      guard let drawn = state.drawn else { return }
      let below = drawn.rows.count - 1 - drawn.cursorRow
      state.live = nil
      state.drawn = nil
      write((below > 0 ? "\u{1B}[\(below)B" : "") + "\n")
    }
  }

  /// The terminal has another size, or was used by somebody else. What is live has to be shown anew.
  func resized() {
    let size = measure()
    state.withLockedValue { $0.size = size }
  }

  /// Begins an empty screen with what is live.
  func clear() {
    state.withLockedValue { state in
      state.drawn = nil
      state.isAtLineStart = true
      write("\u{1B}[H\u{1B}[2J" + state.draw(painter))
    }
  }

  /// Takes back what is live until it is shown anew: another program gets the terminal.
  func hide() {
    state.withLockedValue { state in
      let text = state.erase()
      if !text.isEmpty { write(text) }
    }
  }

  /// Another program has used the terminal: nothing of what was drawn is there.
  func forget() {
    state.withLockedValue { state in
      state.drawn = nil
      state.isAtLineStart = true
    }
  }
}

extension Screen.State {
  /// Takes back what is drawn.
  fileprivate mutating func erase() -> String {
    guard let drawn else { return "" }
    self.drawn = nil
    let up = drawn.rowsAbove(in: size.columns)
    return "\r" + (up > 0 ? "\u{1B}[\(up)A" : "") + "\u{1B}[J"
  }

  fileprivate mutating func stay(_ text: String) -> String {
    if let last = text.utf8.last { isAtLineStart = last == UInt8(ascii: "\n") }
    return text
  }

  fileprivate mutating func draw(_ painter: Painter) -> String {
    guard let live, isAtLineStart else { return "" }
    drawn = live
    let rows = live.rows.map(painter.paint).joined(separator: "\n")
    let up = live.rows.count - 1 - live.cursorRow
    return rows + (up > 0 ? "\u{1B}[\(up)A" : "") + "\r" + (live.cursorColumn > 0 ? "\u{1B}[\(live.cursorColumn)C" : "")
  }
}
