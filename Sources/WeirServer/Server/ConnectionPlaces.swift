import NIOConcurrencyHelpers
import NIOCore

/// The places for connections that the process has descriptors for. When all are taken, nothing more is accepted until one
/// is free: who comes waits in the kernel's queue, and nothing is asked of the system that it must refuse. Thread-safe.
final class ConnectionPlaces: Sendable {
  private struct State {
    var free: Int
    /// Accepted on the listener's loop, not yet set up on their own.
    var arrived: [ObjectIdentifier: Place] = [:]
    /// Goes on accepting; set while accepting pauses.
    var resume: (@Sendable () -> Void)?
  }

  private let state: NIOLockedValueBox<State>

  /// So many places.
  init(_ count: Int) {
    state = NIOLockedValueBox(State(free: max(1, count)))
  }

  /// A connection has been accepted: it has a place from now on, whatever becomes of it.
  func arrived(_ channel: any Channel) {
    let id = ObjectIdentifier(channel)
    state.withLockedValue { state in
      state.free -= 1
      state.arrived[id] = Place(self)
    }
    // Also for those whose set-up never comes, because the peer was gone before.
    channel.closeFuture.whenComplete { [weak self] _ in _ = self?.take(id) }
  }

  /// The place of a connection that has just been accepted, for whoever holds the connection. Once.
  func place(of channel: any Channel) -> Place? { take(ObjectIdentifier(channel)) }

  private func take(_ id: ObjectIdentifier) -> Place? {
    state.withLockedValue { $0.arrived.removeValue(forKey: id) }
  }

  /// Whether there is a place for one more; if not, `resume` is called, on any thread, when there is.
  func isOpen(orElse resume: @escaping @Sendable () -> Void) -> Bool {
    state.withLockedValue { state in
      if state.free > 0 { return true }
      state.resume = resume
      return false
    }
  }

  /// So many more may come now.
  var free: Int { state.withLockedValue { max(0, $0.free) } }

  fileprivate func left() {
    let resume = state.withLockedValue { state -> (@Sendable () -> Void)? in
      state.free += 1
      guard state.free > 0 else { return nil }
      defer { state.resume = nil }
      return state.resume
    }
    resume?()
  }

  /// One connection's place. Free again when nobody holds it any more.
  final class Place: Sendable {
    private let places: ConnectionPlaces

    fileprivate init(_ places: ConnectionPlaces) { self.places = places }

    deinit { places.left() }
  }
}
