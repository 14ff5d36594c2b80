import NIOConcurrencyHelpers
import NIOCore
import WeirCore
import WeirWire

/// What comes to a shard from other threads (rule 2): it gathers here, and the shard is woken once for all of it.
final class ShardMailbox: Sendable {
  /// All that has gathered since the shard last looked.
  struct Content: Sendable {
    var journal: [JournalReply] = []
    var store: [StoreReadReply] = []
    var upstream: [UpstreamBatch] = []
    var remote: [RemoteEvent] = []
  }

  private struct State {
    var content = Content()
    var isWoken = false
    /// Set once the shard exists; called on the posting thread.
    var wake: (@Sendable () -> Void)?
  }

  private let state = NIOLockedValueBox(State())
  private let metrics: Metrics

  init(metrics: Metrics) {
    self.metrics = metrics
  }

  /// Says how to wake the shard. Before any post.
  func onWake(_ wake: @escaping @Sendable () -> Void) {
    state.withLockedValue { $0.wake = wake }
  }

  /// Adds to the content. From any thread.
  func post(_ change: (inout Content) -> Void) {
    let wake = state.withLockedValue { state -> (@Sendable () -> Void)? in
      change(&state.content)
      if state.isWoken { return nil }
      state.isWoken = true
      return state.wake
    }
    if let wake {
      metrics.mailboxWakes.add(1)
      wake()
    }
  }

  /// Takes all that has gathered. On the shard.
  func take() -> Content {
    state.withLockedValue { state in
      state.isWoken = false
      let content = state.content
      state.content = Content()
      return content
    }
  }
}
