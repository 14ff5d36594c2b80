/// What happens to one turn, as it happens: see `TurnEvent` for the order.
///
/// Reading is what lets more text come: a stream that is not read holds back its own answer, and with it the credit
/// that all streams of the client share. Dropping the stream (and its iterator) tells the server to send no more of
/// it; the answer itself goes on and is found in the history. For one reader.
public struct TurnStream: AsyncSequence, Sendable {
  /// What a stream gives.
  public typealias Element = TurnEvent

  /// Names the stream within its client.
  package let id: StreamID
  private let reader: TurnReader

  package init(id: StreamID, reader: TurnReader) {
    self.id = id
    self.reader = reader
  }

  /// Begins to read.
  public func makeAsyncIterator() -> Iterator {
    Iterator(reader: reader)
  }

  /// Reads one event after another.
  public struct Iterator: AsyncIteratorProtocol {
    let reader: TurnReader

    /// The next event; nil after the last one, and when the reading task is cancelled.
    public mutating func next() async -> TurnEvent? {
      await reader.next()
    }

    /// The same, wherever the caller is isolated.
    public mutating func next(isolation actor: isolated (any Actor)?) async -> TurnEvent? {
      await reader.next()
    }
  }

  /// The whole answer's text; reasoning and tool calls are left out. Throws what broke the answer off; `onPartial` gets what had come by then.
  public func text(onPartial: (String) -> Void = { _ in }) async throws(WeirClientError) -> String {
    var whole = ""
    for await event in self {
      switch event {
      case .text(let piece): whole += piece
      case .failed(let failed):
        onPartial(whole)
        throw failed.error
      case .finished: return whole
      case .acked, .queued, .started, .reasoning, .toolCall, .toolArguments, .seam: continue
      }
    }
    onPartial(whole)
    throw WeirClientError(code: .closed, message: "Reading the answer was cancelled.")
  }
}
