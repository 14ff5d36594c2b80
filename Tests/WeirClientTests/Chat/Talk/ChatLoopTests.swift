import Testing

@testable import weir

@Suite("The course of a conversation")
struct ChatLoopTests {
  @Test("at a terminal a line is answered, lines typed meanwhile wait, and the prompt comes when all is done")
  func terminal() {
    var loop = ChatLoop(isTerminal: true)
    #expect(loop.begin() == [.prompt, .read])
    #expect(loop.handle(.line("one")) == [.run(.message("one")), .read])
    #expect(loop.handle(.line("two")) == [.read])
    #expect(loop.handle(.done(.success)) == [.echo("two"), .run(.message("two"))])
    #expect(loop.handle(.done(.answerFailed)) == [.prompt])
    #expect(loop.handle(.endOfInput) == [.leave(.success)])
  }

  @Test("in a pipe the next line is read when the answer is there, and the status is the first failure's")
  func pipe() {
    var loop = ChatLoop(isTerminal: false)
    #expect(loop.begin() == [.read])
    #expect(loop.handle(.line("one")) == [.run(.message("one"))])
    #expect(loop.handle(.done(.timeout)) == [.read])
    #expect(loop.handle(.line("two")) == [.run(.message("two"))])
    #expect(loop.handle(.done(.success)) == [.read])
    #expect(loop.handle(.endOfInput) == [.leave(.timeout)])
  }

  @Test("a pipe that ends while an answer is written waits for it")
  func pipeEnd() {
    var loop = ChatLoop(isTerminal: false)
    _ = loop.handle(.line("one"))
    #expect(loop.handle(.endOfInput).isEmpty)
    #expect(loop.handle(.done(.success)) == [.leave(.success)])
  }

  @Test("Ctrl-C stops the answer and a second one leaves")
  func interruptTwice() {
    var loop = ChatLoop(isTerminal: true)
    _ = loop.handle(.line("one"))
    #expect(loop.handle(.interrupt).first == .stop)
    #expect(loop.handle(.interrupt) == [.leave(.interrupted)])
  }

  @Test("Ctrl-C stops each answer anew, and at the prompt the second in a row leaves")
  func interruptAgain() {
    var loop = ChatLoop(isTerminal: true)
    for _ in 0..<2 {
      _ = loop.handle(.line("one"))
      #expect(loop.handle(.interrupt).first == .stop)
      #expect(loop.handle(.done(.answerFailed)) == [.prompt])
    }
    let warning = loop.handle(.interrupt)
    #expect(warning.last == .prompt && warning.count == 2)
    #expect(loop.handle(.line("")) == [.prompt, .read])
    #expect(loop.handle(.interrupt) == warning)
    #expect(loop.handle(.interrupt) == [.leave(.interrupted)])
  }

  @Test("in a pipe Ctrl-C leaves at once unless there is an answer to stop")
  func interruptInPipe() {
    var loop = ChatLoop(isTerminal: false)
    _ = loop.begin()
    #expect(loop.handle(.interrupt) == [.leave(.interrupted)])
  }

  @Test("/thinking acts at once, whatever is done")
  func thinking() {
    var loop = ChatLoop(isTerminal: true)
    #expect(loop.handle(.line("/thinking")) == [.toggleThoughts, .prompt, .read])
    _ = loop.handle(.line("one"))
    #expect(loop.handle(.line("/thinking")) == [.toggleThoughts, .read])
    _ = loop.handle(.done(.success))
    _ = loop.handle(.line("/list"))
    #expect(loop.handle(.line("/thinking")) == [.toggleThoughts, .read])
  }

  @Test("Ctrl-C forgets what was typed ahead")
  func interruptForgets() {
    var loop = ChatLoop(isTerminal: true)
    _ = loop.handle(.line("one"))
    _ = loop.handle(.line("two"))
    _ = loop.handle(.interrupt)
    #expect(loop.handle(.done(.answerFailed)) == [.prompt])
  }

  @Test("/stop acts at once, /quit too, other commands wait for the answer")
  func commands() {
    var loop = ChatLoop(isTerminal: true)
    _ = loop.handle(.line("one"))
    #expect(loop.handle(.line("/list")) == [.read])
    #expect(loop.handle(.line("/stop")) == [.stop, .read])
    #expect(loop.handle(.done(.answerFailed)) == [.echo("/list"), .run(.list)])
    #expect(loop.handle(.line("/quit")) == [.leave(.success)])
    #expect(loop.handle(.line("late")).isEmpty)
  }

  @Test("typing ahead is bounded, and says so")
  func bounded() {
    var loop = ChatLoop(isTerminal: true)
    _ = loop.handle(.line("one"))
    for _ in 0..<ChatLoop.maximumTypedAhead { #expect(loop.handle(.line("more")) == [.read]) }
    guard case .note = loop.handle(.line("too much")).first else {
      Issue.record("not said")
      return
    }
  }

  @Test("another device's answer is shown at an idle prompt only")
  func elsewhere() {
    var loop = ChatLoop(isTerminal: true)
    #expect(loop.handle(.answerElsewhere(turnID: 4, note: "n")) == [.note("n"), .follow(turnID: 4)])
    #expect(loop.handle(.answerElsewhere(turnID: 5, note: "n")).isEmpty)
    #expect(loop.handle(.done(.success)) == [.prompt])
  }

  @Test("a wrong line in a pipe makes the run fail, and the rest is still done")
  func wrongInPipe() {
    var loop = ChatLoop(isTerminal: false)
    #expect(loop.handle(.line("/nonsense")).last == .read)
    _ = loop.handle(.line("one"))
    _ = loop.handle(.done(.success))
    #expect(loop.handle(.endOfInput) == [.leave(.answerFailed)])
  }

  @Test("when the client gives up, so does the loop")
  func stopped() {
    var loop = ChatLoop(isTerminal: true)
    _ = loop.handle(.line("one"))
    #expect(loop.handle(.clientStopped(.notAllowed)) == [.leave(.notAllowed)])
  }
}
