import NIOConcurrencyHelpers
import Testing
import WeirCore
import WeirWire

@testable import WeirUpstream

@Suite("Equal calls") struct FlightTests {
  /// What the shards were told, by call.
  private final class Shards: Sendable {
    private struct Heard {
      var events: [CallID: [UpstreamEvent.Kind]] = [:]
      var text: [CallID: [UInt8]] = [:]
    }
    private let heard = NIOLockedValueBox(Heard())

    func take(_ batch: UpstreamBatch) {
      heard.withLockedValue { heard in
        var place = 0
        for event in batch.events {
          if case .text(let length) = event.kind {
            heard.text[event.callID, default: []] += batch.text[place..<place + length]
            place += length
          } else {
            heard.events[event.callID, default: []].append(event.kind)
          }
        }
        precondition(place == batch.text.count, "all text belongs to somebody")
      }
    }

    func text(_ call: CallID) -> String {
      heard.withLockedValue { String(decoding: $0.text[call] ?? [], as: UTF8.self) }
    }
    func events(_ call: CallID) -> [UpstreamEvent.Kind] { heard.withLockedValue { $0.events[call] ?? [] } }
  }

  private let shards = Shards()

  private func outbox() -> Outbox {
    let shards = shards
    return Outbox(sinks: [{ shards.take($0) }, { shards.take($0) }])
  }

  private func request(_ call: CallID, key: [UInt8] = [1], lane: Int = 1) -> UpstreamRequest {
    var request = UpstreamRequest(callID: call, shard: Int(call % 2), user: "u\(call)", model: "m", messages: [])
    request.cacheKey = key
    request.lane = lane
    return request
  }

  private func begin(_ outbox: inout Outbox, _ request: UpstreamRequest) throws -> Flight {
    guard case .begins(let flight) = outbox.flights.board(request) else { throw Unexpected() }
    return flight
  }

  private func join(_ outbox: inout Outbox, _ request: UpstreamRequest) throws -> Flight {
    guard case .joins(let flight) = outbox.flights.board(request), let member = flight.members.last else {
      throw Unexpected()
    }
    outbox.catchUp(member, flight)
    return flight
  }

  private struct Unexpected: Error {}

  private func say(_ outbox: inout Outbox, _ flight: Flight, _ text: String, mark: UpstreamEvent.Kind? = nil) {
    _ = outbox.write(flight.callID, shard: FlightTable.shard) { output in
      output.text.append(contentsOf: text.utf8)
      if let mark { output.mark(mark) }
    }
  }

  private let started = UpstreamEvent.Kind.started(model: "m", endpoint: "e", isShared: false)
  private let finished = UpstreamEvent.Kind.finished(reason: .complete, usage: nil)

  @Test("a thousand at once are one call, and each is told the whole of it, however late it came") func thousand()
    throws
  {
    var outbox = outbox()
    let flight = try begin(&outbox, request(1000))
    for call in 1001..<1500 { _ = try join(&outbox, request(CallID(call))) }
    outbox.post(started, flight.callID, shard: FlightTable.shard)
    say(&outbox, flight, "Hm, grü")
    outbox.flush()
    say(&outbox, flight, "ß. ", mark: .part(.text))
    for call in 1500..<2000 { _ = try join(&outbox, request(CallID(call))) }
    say(&outbox, flight, "Hello")
    outbox.post(finished, flight.callID, shard: FlightTable.shard)
    _ = try join(&outbox, request(2000))
    outbox.flush()
    for call in 1000...2000 {
      #expect(shards.text(CallID(call)) == "Hm, grüß. Hello", "call \(call)")
      let isShared = call != 1000
      #expect(
        shards.events(CallID(call)) == [
          .started(model: "m", endpoint: "e", isShared: isShared), .part(.text), finished,
        ], "call \(call)")
    }
  }

  @Test("the one it was begun for may leave; the last to leave ends it") func leaving() throws {
    var outbox = outbox()
    let flight = try begin(&outbox, request(10))
    _ = try join(&outbox, request(11))
    _ = try join(&outbox, request(13))
    guard case .othersStay = outbox.flights.leave(13) else { throw Unexpected() }
    guard case .passesOn(let heir, _) = outbox.flights.leave(10), heir.callID == 11 else { throw Unexpected() }
    outbox.post(started, flight.callID, shard: FlightTable.shard)
    say(&outbox, flight, "on and on")
    outbox.flush()
    #expect(shards.text(10).isEmpty)
    #expect(shards.text(11) == "on and on")
    #expect(shards.events(11) == [started], "it pays in the place of the one that left")
    guard case .empties(let empty) = outbox.flights.leave(11) else { throw Unexpected() }
    #expect(empty === flight)
    guard case .notAboard = outbox.flights.leave(11) else { throw Unexpected() }
    // What still comes goes nowhere, and the next equal call begins anew.
    say(&outbox, flight, "late")
    outbox.flush()
    #expect(shards.text(11) == "on and on")
    _ = try begin(&outbox, request(12))
  }

  @Test("a call that fails fails for all, and is tried anew by the next") func failing() throws {
    var outbox = outbox()
    let flight = try begin(&outbox, request(10))
    _ = try join(&outbox, request(11))
    let error = WeirError(code: .upstreamFailed, message: "down", retryable: true)
    outbox.post(.failed(error), flight.callID, shard: FlightTable.shard)
    outbox.flush()
    #expect(shards.events(10) == [.failed(error)])
    #expect(shards.events(11) == [.failed(error)])
    _ = try begin(&outbox, request(12))
  }

  @Test("who may use a better lane does not wait in a worse one; other keys share nothing") func apart() throws {
    var outbox = outbox()
    let flight = try begin(&outbox, request(10, lane: 2))
    guard case .alone = outbox.flights.board(request(11, lane: 0)) else { throw Unexpected() }
    _ = try begin(&outbox, request(12, key: [2]))
    outbox.post(started, flight.callID, shard: FlightTable.shard)
    _ = try join(&outbox, request(13, lane: 0))
  }

  @Test("an answer that has just come whole is given to who asks next, for a moment") func landed() throws {
    var outbox = outbox()
    let flight = try begin(&outbox, request(10))
    outbox.post(started, flight.callID, shard: FlightTable.shard)
    say(&outbox, flight, "kept")
    outbox.post(finished, flight.callID, shard: FlightTable.shard)
    outbox.flights.now = MonotonicTime.zero + .seconds(4)
    _ = try join(&outbox, request(11))
    outbox.flush()
    #expect(shards.text(11) == "kept")
    outbox.flights.now = MonotonicTime.zero + .seconds(5)
    _ = try begin(&outbox, request(12))
  }
}
