import Synchronization

/// The memory that all request bodies under way may take together: many senders, each within its own limit, could else
/// fill the process's with bodies that never end. Thread-safe.
package final class BodyRoom: Sendable {
  /// What one request's body has of the room. Gives it back when the request is let go of.
  final class Share {
    private let room: BodyRoom
    private var bytes = 0

    fileprivate init(_ room: BodyRoom) { self.room = room }

    deinit { room.used.subtract(bytes, ordering: .relaxed) }

    /// Takes so many bytes more. false: there is no room for them, and nothing has changed.
    func grow(by more: Int) -> Bool {
      let sum = room.used.wrappingAdd(more, ordering: .relaxed).newValue
      // A body that is alone passes, whatever the room.
      if sum > room.limitBytes, sum > bytes + more {
        room.used.subtract(more, ordering: .relaxed)
        return false
      }
      bytes += more
      return true
    }
  }

  private let limitBytes: Int
  private let used = Atomic<Int>(0)

  /// Room for `limitBytes` of bodies.
  package init(limitBytes: Int = 64 << 20) { self.limitBytes = limitBytes }

  /// What bodies take at the moment, in bytes.
  package var usedBytes: Int { used.load(ordering: .relaxed) }

  /// A share of nothing yet.
  func share() -> Share { Share(self) }
}
