import NIOConcurrencyHelpers

/// Bytes of text between the client's loop and a reader.
package struct TurnPipeCounts: Sendable {
  /// In the mailbox.
  var unread = 0
  /// Read, and not yet told to the client.
  var unreported = 0
}

/// The end of a stream that its reader holds. When the last holder lets go, the client learns it.
package final class TurnReader: Sendable {
  /// A stream that is read needs its client, whoever else has let go of it.
  private let owner: (any AnyObject & Sendable)?
  private let mailbox: Mailbox<TurnEvent>
  private let counts: NIOLockedValueBox<TurnPipeCounts>
  private let portion: Int
  private let onRead: @Sendable (Int) -> Void
  private let onDrop: @Sendable (Int) -> Void

  /// `onRead` is called for every `portion` bytes read, so that a token does not cost a hop; `onDrop` once, with the
  /// bytes that it has not been called for. Both on any thread.
  fileprivate init(
    owner: (any AnyObject & Sendable)?, mailbox: Mailbox<TurnEvent>, counts: NIOLockedValueBox<TurnPipeCounts>,
    portion: Int, onRead: @escaping @Sendable (Int) -> Void, onDrop: @escaping @Sendable (Int) -> Void
  ) {
    self.owner = owner
    self.mailbox = mailbox
    self.counts = counts
    self.portion = portion
    self.onRead = onRead
    self.onDrop = onDrop
  }

  deinit {
    onDrop(counts.withLockedValue { $0.unread + $0.unreported })
  }

  package func next() async -> TurnEvent? {
    let event = await mailbox.next()
    if let bytes = event?.answerBytes, bytes > 0 {
      let report = counts.withLockedValue { counts in
        counts.unread -= bytes
        counts.unreported += bytes
        guard counts.unreported >= portion else { return 0 }
        defer { counts.unreported = 0 }
        return counts.unreported
      }
      if report > 0 { onRead(report) }
    }
    return event
  }
}

/// The end of a stream that the client holds.
package struct TurnWriter: Sendable {
  /// Texts that wait are joined only beyond this many events, so that a reader who keeps up sees the server's pieces.
  package static let eventsBeforeJoining = 32

  private let mailbox: Mailbox<TurnEvent>
  private let counts = NIOLockedValueBox(TurnPipeCounts())

  package init() {
    mailbox = Mailbox(mergeBeyond: Self.eventsBeforeJoining) { last, next in
      switch (last, next) {
      case (.text(let head), .text(let tail)): last = .text(head + tail)
      case (.reasoning(let head), .reasoning(let tail)): last = .reasoning(head + tail)
      case (.toolArguments(let head), .toolArguments(let tail)): last = .toolArguments(head + tail)
      default: return false
      }
      return true
    }
  }

  /// Makes the other end, which keeps `owner` alive; see `TurnReader` for the closures.
  package func reader(
    owner: (any AnyObject & Sendable)?, portion: Int, onRead: @escaping @Sendable (Int) -> Void,
    onDrop: @escaping @Sendable (Int) -> Void
  ) -> TurnReader {
    TurnReader(
      owner: owner, mailbox: mailbox, counts: counts, portion: max(portion, 1), onRead: onRead, onDrop: onDrop)
  }

  /// No more will come.
  package func finish() {
    mailbox.finish()
  }

  /// Hands an event to the reader; the last one closes the stream.
  package func put(_ event: TurnEvent) {
    let bytes = event.answerBytes
    // Counted first: the reader may have it before this returns.
    if bytes > 0 { counts.withLockedValue { $0.unread += bytes } }
    mailbox.put(event)
    switch event {
    case .finished, .failed: mailbox.finish()
    case .acked, .queued, .started, .text, .reasoning, .toolCall, .toolArguments, .seam: break
    }
  }
}
