internal import WeirCore

/// The calls under way that equal calls may share, by key: a thousand equal questions at once are one call to the
/// provider. A flight that has landed stays for a moment, until whoever asks next finds its answer in the store.
struct FlightTable {
  /// What becomes of a call that may share.
  enum Boarding {
    /// It begins a flight: the call to the provider is made for that.
    case begins(Flight)
    /// It shares one.
    case joins(Flight)
    /// The flight there is waits in a worse lane than this call may use: it goes alone.
    case alone
  }

  /// What the leaving of a call means.
  enum Departure {
    case notAboard
    case othersStay
    /// This one pays in its place.
    case passesOn(Flight.Member, Flight)
    /// Nobody is left: the shared call can be cancelled.
    case empties(Flight)
  }

  /// In place of the shard's number, in events of shared calls.
  static let shard = -1
  /// The time of this wake-up.
  var now = MonotonicTime.zero
  /// Longer than a journal needs to make an answer readable.
  private static let stay = Interval.seconds(5)
  private static let maximumLandedBytes = 16 << 20

  private var flights: [[UInt8]: Flight] = [:]
  private var byCall: [CallID: Flight] = [:]
  private var byMember: [CallID: Flight] = [:]
  private var landed: [(time: MonotonicTime, flight: Flight)] = []
  private var landedBytes = 0
  private var lastID: UInt32 = 0

  /// Takes a call aboard. Its key must not be empty.
  mutating func board(_ request: UpstreamRequest) -> Boarding {
    expire()
    if let flight = flights[request.cacheKey] {
      if !flight.hasStarted, request.lane < flight.lane { return .alone }
      flight.add(.init(callID: request.callID, shard: request.shard, isFirst: false))
      if !flight.isWhole { byMember[request.callID] = flight }
      return .joins(flight)
    }
    lastID &+= 1
    let flight = Flight(key: request.cacheKey, callID: CallID(lastID), lane: request.lane)
    flight.add(.init(callID: request.callID, shard: request.shard, isFirst: true))
    flights[request.cacheKey] = flight
    byCall[flight.callID] = flight
    byMember[request.callID] = flight
    return .begins(flight)
  }

  /// The flight of a shared call.
  subscript(call: CallID) -> Flight? { byCall[call] }

  /// Whether the call shares a flight.
  func isAboard(_ callID: CallID) -> Bool { byMember[callID] != nil }

  mutating func leave(_ callID: CallID) -> Departure {
    guard let flight = byMember.removeValue(forKey: callID) else { return .notAboard }
    let payer = flight.payer?.callID
    guard flight.remove(callID) else { return .notAboard }
    if let heir = flight.payer { return heir.callID == payer ? .othersStay : .passesOn(heir, flight) }
    forget(flight)
    return .empties(flight)
  }

  /// The shared call has told its last event.
  mutating func land(_ flight: Flight) {
    for member in flight.members { byMember[member.callID] = nil }
    byCall[flight.callID] = nil
    if flight.isWhole, landedBytes + flight.record.text.count <= Self.maximumLandedBytes {
      landed.append((now, flight))
      landedBytes += flight.record.text.count
    } else {
      forget(flight)
    }
  }

  private mutating func forget(_ flight: Flight) {
    byCall[flight.callID] = nil
    if flights[flight.key] === flight { flights[flight.key] = nil }
  }

  private mutating func expire() {
    var gone = 0
    while gone < landed.count, now.since(landed[gone].time) >= Self.stay {
      landedBytes -= landed[gone].flight.record.text.count
      forget(landed[gone].flight)
      gone += 1
    }
    if gone > 0 { landed.removeFirst(gone) }
  }
}
