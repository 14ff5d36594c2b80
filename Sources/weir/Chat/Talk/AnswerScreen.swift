import NIOConcurrencyHelpers
import WeirClient

/// Puts an answer on the screen, and keeps what is waited for in motion meanwhile.
final class AnswerScreen: Sendable {
  private static let tick = Duration.milliseconds(100)

  private let screen: Screen
  private let clock: Stopwatch
  private let view: NIOLockedValueBox<AnswerView>
  private let ticker = NIOLockedValueBox<Task<Void, Never>?>(nil)

  init(screen: Screen, clock: Stopwatch, showsThoughts: Bool) {
    self.screen = screen
    self.clock = clock
    view = NIOLockedValueBox(
      AnswerView(showsThoughts: showsThoughts, width: screen.size.columns, now: clock.elapsed))
    let task = Task { [weak self] in
      while !Task.isCancelled, let self {
        self.view.withLockedValue { self.showStatus($0) }
        // A cancelled sleep ends at once, and so does the loop.
        try? await Task.sleep(for: Self.tick)
      }
    }
    ticker.withLockedValue { $0 = task }
  }

  deinit {
    ticker.withLockedValue { $0?.cancel() }
  }

  /// Shows an event.
  func show(_ event: TurnEvent) {
    view.withLockedValue { view in
      view.resize(to: screen.size.columns)
      if screen.isAtLineStart { view.wasInterrupted() }
      let output = view.add(event, at: clock.elapsed)
      // What was waited for is there: it goes first, so that nothing moves down and up again.
      let status = view.status(at: clock.elapsed)
      if status == nil { screen.show(nil) }
      screen.put(screen.painter.paint(output))
      if status != nil { showStatus(view) }
      switch event {
      case .finished, .failed: ticker.withLockedValue { $0?.cancel() }
      default: break
      }
    }
  }

  /// Takes back what is waited for: nobody reads the answer any more.
  func stop() {
    ticker.withLockedValue { $0?.cancel() }
    view.withLockedValue { view in
      if view.status(at: clock.elapsed) != nil { screen.show(nil) }
      view.abandon()
    }
  }

  /// Shows thoughts or folds them.
  func toggleThoughts() {
    view.withLockedValue { view in
      let output = view.toggleThoughts()
      if view.status(at: clock.elapsed) == nil { screen.show(nil) }
      screen.put(screen.painter.paint(output))
    }
  }

  /// What the model thought last.
  var lastThoughts: String { view.withLockedValue { $0.lastThoughts } }

  private func showStatus(_ view: AnswerView) {
    guard let status = view.status(at: clock.elapsed) else { return }
    screen.show(LiveFrame(status: status, width: screen.size.columns))
  }
}
