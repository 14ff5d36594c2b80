/// What happens on the connection and on the user's other devices, from the moment of asking for it.
///
/// Keeps at most 256 events for a slow reader; then the oldest go and `.missed` says how many. For one reader.
public struct ClientEvents: AsyncSequence, Sendable {
  /// What the sequence gives.
  public typealias Element = ClientEvent

  static let limit = 256

  let mailbox: Mailbox<ClientEvent>

  init() {
    mailbox = Mailbox(limit: Self.limit) { .missed($0) }
  }

  /// Begins to read.
  public func makeAsyncIterator() -> Iterator {
    Iterator(mailbox: mailbox)
  }

  /// Reads one event after another.
  public struct Iterator: AsyncIteratorProtocol {
    let mailbox: Mailbox<ClientEvent>

    /// The next event; nil after the client has stopped, and when the reading task is cancelled.
    public mutating func next() async -> ClientEvent? {
      await mailbox.next()
    }

    /// The same, wherever the caller is isolated.
    public mutating func next(isolation actor: isolated (any Actor)?) async -> ClientEvent? {
      await mailbox.next()
    }
  }
}
