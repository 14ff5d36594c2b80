import WeirCore
import WeirWire

/// A caller of the HTTP API: asks once, hears one answer, and may hang up.
final class SimulatedCaller: ConnectionPeer {
  private enum State { case asked, streaming, ended, gone }

  private unowned let run: ServerSimulation
  private let user: SimulatedUser
  private var state = State.asked
  private var connection: SimulatedConnection!
  private var turn: TurnID?
  private var length = 0

  init(_ run: ServerSimulation, _ process: ServerProcess, user: SimulatedUser, _ call: DirectCall) {
    self.run = run
    self.user = user
    connection = SimulatedConnection(run, process, user: user, peer: self)
    connection.arrive { core, connection in
      connection.device = core.complete(
        call, user: user.name, access: user.access, link: connection)
    }
  }

  /// Nothing more is to come.
  var isDone: Bool { state == .ended || state == .gone }

  /// If this is the user's: everything about them was erased.
  func forget(_ user: Int) {
    guard self.user.number == user, !isDone else { return }
    state = .gone
    connection.fallSilent()
    run.callers.removeAll { $0 === self }
  }

  func hangUp() {
    if !isDone { connection.cut(isHalfOpen: false) }
  }

  func hear(_ frame: ServerFrame, on connection: SimulatedConnection) {
    switch frame.frame {
    case .turnStarted, .delta, .turnFinished, .turnFailed, .error:
      if state == .ended {
        run.promises.broke("a call of user \(user.number) goes on after its end")
      }
    default: return
    }
    switch frame.frame {
    case .turnStarted(let started):
      if turn != nil { run.promises.broke("a call of user \(user.number) begins twice") }
      turn = started.turnID
      state = .streaming
    case .delta(let delta):
      if delta.turnID != turn || Int(delta.offset) != length {
        run.promises.broke(
          "a call of user \(user.number), at \(length) of \(turn ?? 0), gets \(delta.offset) of \(delta.turnID)"
        )
      }
      length += delta.text.utf8.count
    case .turnFinished(let end): ended(end.turnID, Int(end.length))
    case .turnFailed(let end):
      ended(end.turnID, end.error?.code == .notSaved ? length : Int(end.length))
    case .error:
      state = .ended
      connection.cut(isHalfOpen: false)
    default: break
    }
  }

  private func ended(_ ended: TurnID, _ told: Int) {
    if (turn ?? ended) != ended || told != length {
      run.promises.broke("a call of user \(user.number) ends at \(told), and got \(length)")
    }
    state = .ended
    connection.cut(isHalfOpen: false)
  }

  func closed(_ connection: SimulatedConnection, reconnectAfterMs: UInt32?) {
    if state != .ended { state = .gone }
    run.callers.removeAll { $0 === self }
  }
}
