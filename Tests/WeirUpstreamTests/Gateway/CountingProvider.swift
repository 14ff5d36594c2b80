import Glibc
import NIOConcurrencyHelpers
import WeirCore

@testable import WeirUpstream

/// A provider that takes so many calls at once and refuses the rest, keeping count of both.
final class CountingProvider: Sendable {
  struct Figures: Sendable {
    var served = 0
    var refused = 0
    var running = 0
    var mostRunning = 0
    /// Nanoseconds on the machine's clock.
    var refusedAt: [UInt64] = []
    var servedAt: [UInt64] = []
  }

  let provider: MockProvider
  private let state: NIOLockedValueBox<Figures>

  var figures: Figures { state.withLockedValue { $0 } }

  /// Each answer takes so many milliseconds. Refusals have these headers.
  init(capacity: Int, milliseconds: UInt32, refusal: [String] = []) throws {
    let state = NIOLockedValueBox(Figures())
    self.state = state
    provider = try MockProvider { socket, _ in
      let isTaken = state.withLockedValue { figures in
        if figures.running >= capacity {
          figures.refused += 1
          figures.refusedAt.append(MonotonicClock.now.nanoseconds)
          return false
        }
        figures.running += 1
        figures.served += 1
        figures.mostRunning = max(figures.mostRunning, figures.running)
        figures.servedAt.append(MonotonicClock.now.nanoseconds)
        return true
      }
      guard isTaken else {
        socket.respond("429 Too Many Requests", refusal, body: #"{"error":{"message":"too many"}}"#)
        return true
      }
      socket.chunkedHead()
      socket.chunk(Chunks.event(Chunks.delta("a")))
      usleep(milliseconds * 1000)
      // Before the end is seen: who then sends the next call is not to be refused for this one.
      state.withLockedValue { $0.running -= 1 }
      socket.chunk(Chunks.event(Chunks.delta("b")) + Chunks.event(Chunks.stop) + Chunks.event("[DONE]"))
      socket.lastChunk()
      return true
    }
  }
}
