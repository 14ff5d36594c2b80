import NIOConcurrencyHelpers
internal import WeirCore

/// What other threads ask of the upstream thread. It gathers here, and the thread is woken once for all of it (rule 2).
/// What may wait is bounded where it goes, by the queues' limits: here it stays for one wake-up.
final class CommandMailbox: Sendable {
  enum Command: Sendable {
    case submit([UpstreamRequest])
    case cancel(CallID)
    case setPaused(Bool)
    case update(UpstreamConfiguration)
    /// Asks for the gateway's figures, with so many of the slowest calls.
    case inspect(slowest: Int, @Sendable (GatewaySnapshot, MonotonicTime) -> Void)
    case shutDown
  }

  private struct State {
    var commands: [Command] = []
    var isClosed = false
  }

  private let state = NIOLockedValueBox(State())
  private let wake: @Sendable () -> Void

  /// `wake` is called on the posting thread when the first command gathers.
  init(wake: @escaping @Sendable () -> Void) {
    self.wake = wake
  }

  /// Adds a command; false: the mailbox is closed, and it was not taken.
  func post(_ command: Command) -> Bool {
    let (isTaken, isFirst) = state.withLockedValue { state in
      if state.isClosed { return (false, false) }
      if case .shutDown = command { state.isClosed = true }
      state.commands.append(command)
      return (true, state.commands.count == 1)
    }
    if isFirst { wake() }
    return isTaken
  }

  /// Takes all that has gathered, in order. On the upstream thread.
  func take() -> [Command] {
    state.withLockedValue { state in
      if state.commands.isEmpty { return [] }
      var commands: [Command] = []
      swap(&commands, &state.commands)
      return commands
    }
  }
}
