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
  /// Calls that several turns share: what happens to one goes to all of its members.
  var flights = FlightTable()

  init(sinks: [Sink]) {
    self.sinks = sinks
    batches = sinks.map { _ in UpstreamBatch() }
  }

  /// Adds an event of a call.
  mutating func post(_ kind: UpstreamEvent.Kind, _ callID: CallID, shard: Int) {
    if shard == FlightTable.shard { return post(kind, toAllOf: callID) }
    batches[shard].events.append(UpstreamEvent(callID: callID, kind: kind))
  }

  /// Lets `write` add text and marks of a call to the shard's batch; tells how many bytes were added, and what `write`
  /// returned.
  mutating func write<Result>(
    _ callID: CallID, shard: Int, _ write: (inout AnswerOutput) -> Result
  ) -> (added: Int, result: Result) {
    if shard == FlightTable.shard { return self.write(toAllOf: callID, write) }
    return batches[shard].write(callID, write)
  }

  private mutating func post(_ kind: UpstreamEvent.Kind, toAllOf callID: CallID) {
    guard let flight = flights[callID] else { return }
    flight.note(kind)
    for member in flight.members where member.isFirst || kind != .sent {
      post(Flight.event(kind, for: member), member.callID, shard: member.shard)
    }
    switch kind {
    case .finished, .failed: flights.land(flight)
    default: break
    }
  }

  private mutating func write<Result>(
    toAllOf callID: CallID, _ write: (inout AnswerOutput) -> Result
  ) -> (added: Int, result: Result) {
    guard let flight = flights[callID] else {
      var nobody = AnswerOutput()
      return (0, write(&nobody))
    }
    let events = flight.record.events.count
    let bytes = flight.record.text.count
    // The last event grows if text goes on.
    let isText = flight.record.lastTextLength
    let written = flight.write { $0.write(callID, write) }
    for member in flight.members {
      tell(member, flight, fromEvent: isText == nil ? events : events - 1, skipping: isText ?? 0, fromByte: bytes)
    }
    return written
  }

  /// Sends a call that joins all that the others have been told.
  mutating func catchUp(_ member: Flight.Member, _ flight: Flight) {
    tell(member, flight, fromEvent: 0, skipping: 0, fromByte: 0)
  }

  private mutating func tell(
    _ member: Flight.Member, _ flight: Flight, fromEvent first: Int, skipping known: Int, fromByte start: Int
  ) {
    var place = start
    var known = known
    for event in flight.record.events[first...] {
      guard case .text(let length) = event.kind else {
        post(Flight.event(event.kind, for: member), member.callID, shard: member.shard)
        continue
      }
      let end = place + length - known
      known = 0
      batches[member.shard].append(text: flight.record.text[place..<end], to: member.callID)
      place = end
    }
    relieve(shard: member.shard)
  }

  /// Sends the shard's batch if it has grown large.
  mutating func relieve(shard: Int) {
    // Those who share a call were relieved as they were told.
    if shard == FlightTable.shard { return }
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
  /// The length of the text that the next text goes on with; nil: there is none.
  fileprivate var lastTextLength: Int? {
    guard case .text(let length)? = events.last?.kind else { return nil }
    return length
  }

  fileprivate mutating func write<Result>(
    _ callID: CallID, _ write: (inout AnswerOutput) -> Result
  ) -> (added: Int, result: Result) {
    var output = AnswerOutput()
    // Lent, not copied: the text of a token costs no allocation.
    swap(&output.text, &text)
    let before = output.text.count
    let result = write(&output)
    let added = output.text.count - before
    swap(&output.text, &text)
    var told = before
    for mark in output.marks {
      noteText(mark.offset - told, of: callID)
      told = mark.offset
      events.append(UpstreamEvent(callID: callID, kind: mark.kind))
    }
    noteText(before + added - told, of: callID)
    return (added, result)
  }

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
