package import WeirCore

/// What each client address has done lately, in bounded memory. A plain value: who uses it from several threads puts a
/// lock around it. All operations take constant time.
///
/// An IPv6 address counts with its /64: that is what one customer is given, and more addresses than any table holds.
/// Addresses with connections are kept, and there are no more of those than sockets; of the others the one that has been
/// quiet for the longest makes room.
package struct AddressTable: Sendable {
  /// What one address may do.
  package struct Limits: Sendable, Equatable {
    /// New connections; nil: any number.
    package var connectionsPerSecond: Int?
    /// Connections at the same time; nil: any number.
    package var maximumConnections: Int?
    /// Refused tokens; nil: any number.
    package var failedLoginsPerMinute: Int?
    /// Addresses without these limits.
    package var exempt: [AddressRange] = []
    /// Addresses without connections that are remembered.
    package var maximumTracked = 65_536

    package init() {}
  }

  /// Which limit an address has reached.
  package typealias Limit = AddressLimitName

  /// Whether an address may go on.
  package enum Decision: Sendable, Equatable {
    case allowed
    /// Not before `retryAfter` has passed; with `.connections`, when one of its own has ended.
    case refused(Limit, retryAfter: Interval)
  }

  private struct Entry {
    var address: IPAddress
    var connections = 0
    var connectionGate = RateGate()
    var loginGate = RateGate()
    /// The neighbours among those without connections; -1: none.
    var older = -1
    var newer = -1
  }

  private var limits: Limits
  private var connectionRate: RateGate.Rate?
  private var loginRate: RateGate.Rate?
  private var places: [IPAddress: Int] = [:]
  private var entries: [Entry] = []
  private var free: [Int] = []
  private var oldest = -1
  private var newest = -1
  private var quietCount = 0

  package init(_ limits: Limits) {
    self.limits = limits
    setRates()
  }

  /// How many addresses are remembered.
  package var count: Int { places.count }

  /// Uses other limits from now on; what has been counted stays.
  package mutating func adopt(_ limits: Limits) {
    self.limits = limits
    setRates()
    trim()
  }

  private mutating func setRates() {
    connectionRate = limits.connectionsPerSecond.map { RateGate.Rate(max(1, $0), in: .seconds(1)) }
    loginRate = limits.failedLoginsPerMinute.map { RateGate.Rate(max(1, $0), in: .seconds(60)) }
  }

  /// Whether the address may have one more connection. If so it has: `closed` must follow.
  package mutating func admit(_ address: IPAddress, now: MonotonicTime) -> Decision {
    if limits.exempt.contains(address) { return .allowed }
    let place = place(of: address)
    defer { settle(place) }
    if let most = limits.maximumConnections, entries[place].connections >= most {
      return .refused(.connections, retryAfter: .seconds(1))
    }
    if let connectionRate {
      let wait = entries[place].connectionGate.wait(connectionRate, now: now)
      if wait.nanoseconds > 0 { return .refused(.connectionRate, retryAfter: wait) }
      entries[place].connectionGate.count(connectionRate, now: now)
    }
    entries[place].connections += 1
    return .allowed
  }

  /// A connection that was admitted has ended.
  package mutating func closed(_ address: IPAddress) {
    // Exempt addresses have no entry, unless the limits changed while it was open.
    guard let place = places[AddressTable.key(address)], entries[place].connections > 0 else { return }
    unlink(place)
    entries[place].connections -= 1
    settle(place)
  }

  /// Whether the address may show a token. Asked before the token is looked at.
  package func mayLogIn(_ address: IPAddress, now: MonotonicTime) -> Decision {
    guard let loginRate, let place = places[AddressTable.key(address)], !limits.exempt.contains(address) else {
      return .allowed
    }
    let wait = entries[place].loginGate.wait(loginRate, now: now)
    return wait.nanoseconds == 0 ? .allowed : .refused(.failedLogins, retryAfter: wait)
  }

  /// A token that the address showed was refused.
  package mutating func loginFailed(_ address: IPAddress, now: MonotonicTime) {
    guard let loginRate, !limits.exempt.contains(address) else { return }
    let place = place(of: address)
    entries[place].loginGate.count(loginRate, now: now)
    settle(place)
  }

  /// What an address counts as.
  private static func key(_ address: IPAddress) -> IPAddress { address.isIPv4 ? address : address.masked(to: 64) }

  /// The address's entry, taken out of the list of the quiet ones; `settle` puts it back.
  private mutating func place(of address: IPAddress) -> Int {
    let key = AddressTable.key(address)
    if let place = places[key] {
      unlink(place)
      return place
    }
    let place: Int
    if let reused = free.popLast() {
      entries[reused] = Entry(address: key)
      place = reused
    } else {
      place = entries.count
      entries.append(Entry(address: key))
    }
    places[key] = place
    return place
  }

  /// Puts an entry without connections at the young end of the quiet ones.
  private mutating func settle(_ place: Int) {
    if entries[place].connections > 0 { return }
    entries[place].older = newest
    entries[place].newer = -1
    if newest >= 0 { entries[newest].newer = place } else { oldest = place }
    newest = place
    quietCount += 1
    trim()
  }

  /// Takes an entry out of the quiet ones, if it is among them.
  private mutating func unlink(_ place: Int) {
    if entries[place].connections > 0 { return }
    let (older, newer) = (entries[place].older, entries[place].newer)
    if older >= 0 { entries[older].newer = newer } else { oldest = newer }
    if newer >= 0 { entries[newer].older = older } else { newest = older }
    quietCount -= 1
  }

  private mutating func trim() {
    while quietCount > max(1, limits.maximumTracked), oldest >= 0 {
      let place = oldest
      unlink(place)
      places[entries[place].address] = nil
      free.append(place)
    }
  }

  /// What must always hold, for tests: the list of the quiet ones is whole, and every address has one entry.
  func isConsistent() -> Bool {
    var seen = 0
    var place = oldest
    var previous = -1
    while place >= 0, seen <= entries.count {
      if entries[place].older != previous || entries[place].connections != 0 { return false }
      if places[entries[place].address] != place { return false }
      seen += 1
      previous = place
      place = entries[place].newer
    }
    let busy = places.values.count { entries[$0].connections > 0 }
    return seen == quietCount && previous == newest && places.count == seen + busy
      && entries.count == places.count + free.count
  }
}
