internal import WeirCore

/// What gathers for each shard during one wake-up, and leaves at its end: one call of a sink per shard (rule 2).
struct Outbox {
  typealias Sink = @Sendable (UpstreamBatch) -> Void

  /// A batch leaves early when its text has grown to this: a fast provider must not build up an answer here.
  private static let maximumTextBytes = 256 << 10
  /// A shard that was this busy is likely to be so again: its next batch starts with room.
  private static let busyEvents = 16

  private let sinks: [Sink]
  private var batches: [UpstreamBatch]

  init(sinks: [Sink]) {
    self.sinks = sinks
    batches = sinks.map { _ in UpstreamBatch() }
  }

  /// Adds an event of a call.
  mutating func post(_ kind: UpstreamEvent.Kind, _ callID: CallID, shard: Int) {
    batches[shard].events.append(UpstreamEvent(callID: callID, kind: kind))
  }

  /// Lets `write` add text and marks of a call to the shard's batch; tells how many bytes were added, and what `write`
  /// returned.
  mutating func write<Result>(
    _ callID: CallID, shard: Int, _ write: (inout AnswerOutput) -> Result
  ) -> (added: Int, result: Result) {
    var output = AnswerOutput()
    // Lent, not copied: the text of a token costs no allocation.
    swap(&output.text, &batches[shard].text)
    let before = output.text.count
    let result = write(&output)
    let added = output.text.count - before
    swap(&output.text, &batches[shard].text)
    var told = before
    for mark in output.marks {
      batches[shard].noteText(mark.offset - told, of: callID)
      told = mark.offset
      post(mark.kind, callID, shard: shard)
    }
    batches[shard].noteText(before + added - told, of: callID)
    return (added, result)
  }

  /// Sends the shard's batch if it has grown large.
  mutating func relieve(shard: Int) {
    if batches[shard].text.count > Self.maximumTextBytes { send(shard) }
  }

  /// Sends all that has gathered.
  mutating func flush() {
    for shard in batches.indices where !batches[shard].isEmpty { send(shard) }
  }

  private mutating func send(_ shard: Int) {
    var batch = UpstreamBatch()
    let events = batches[shard].events.count
    if events >= Self.busyEvents {
      batch.events.reserveCapacity(events)
      batch.text.reserveCapacity(batches[shard].text.count)
    }
    swap(&batch, &batches[shard])
    sinks[shard](batch)
  }
}

extension UpstreamBatch {
  /// The next `length` bytes of the text are the call's.
  fileprivate mutating func noteText(_ length: Int, of callID: CallID) {
    if length == 0 { return }
    if let last = events.indices.last, events[last].callID == callID, case .text(let earlier) = events[last].kind {
      events[last].kind = .text(length: earlier + length)
    } else {
      events.append(UpstreamEvent(callID: callID, kind: .text(length: length)))
    }
  }
}
