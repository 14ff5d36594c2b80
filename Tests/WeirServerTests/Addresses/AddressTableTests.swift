import Testing
import WeirCore

@testable import WeirServer

@Suite("What one address may do")
struct AddressTableTests {
  private func limits(_ change: (inout AddressTable.Limits) -> Void) -> AddressTable.Limits {
    var limits = AddressTable.Limits()
    change(&limits)
    return limits
  }

  private func address(_ text: String) throws -> IPAddress { try #require(IPAddress(text)) }

  private func at(_ milliseconds: UInt64) -> MonotonicTime { .zero + .milliseconds(milliseconds) }

  @Test("connections come at their rate: a second's worth at once, then one by one")
  func rate() throws {
    var table = AddressTable(limits { $0.connectionsPerSecond = 4 })
    let (ann, bob) = (try address("192.0.2.1"), try address("192.0.2.2"))
    for _ in 0..<4 { #expect(table.admit(ann, now: at(1000)) == .allowed) }
    #expect(table.admit(ann, now: at(1000)) == .refused(.connectionRate, retryAfter: .milliseconds(250)))
    #expect(table.admit(ann, now: at(1249)) == .refused(.connectionRate, retryAfter: .milliseconds(1)))
    #expect(table.admit(bob, now: at(1000)) == .allowed, "another address is not concerned")
    #expect(table.admit(ann, now: at(1250)) == .allowed)
    #expect(table.admit(ann, now: at(1251)) == .refused(.connectionRate, retryAfter: .milliseconds(249)))
    for _ in 0..<4 { #expect(table.admit(ann, now: at(3000)) == .allowed) }
    #expect(table.admit(ann, now: at(3000)) != .allowed)
  }

  @Test("connections at the same time are counted until they close, and a refused one does not count")
  func concurrency() throws {
    var table = AddressTable(limits { $0.maximumConnections = 2 })
    let ann = try address("192.0.2.1")
    #expect(table.admit(ann, now: at(0)) == .allowed)
    #expect(table.admit(ann, now: at(0)) == .allowed)
    for _ in 0..<3 { #expect(table.admit(ann, now: at(0)) == .refused(.connections, retryAfter: .seconds(1))) }
    table.closed(ann)
    #expect(table.admit(ann, now: at(0)) == .allowed)
    #expect(table.admit(ann, now: at(0)) != .allowed)
    for _ in 0..<5 { table.closed(ann) }
    #expect(table.admit(ann, now: at(0)) == .allowed)
    #expect(table.isConsistent())
  }

  @Test("after its failed logins an address is refused unread, until one comes back")
  func logins() throws {
    var table = AddressTable(limits { $0.failedLoginsPerMinute = 3 })
    let ann = try address("192.0.2.1")
    for _ in 0..<3 {
      #expect(table.mayLogIn(ann, now: at(0)) == .allowed)
      table.loginFailed(ann, now: at(0))
    }
    #expect(table.mayLogIn(ann, now: at(0)) == .refused(.failedLogins, retryAfter: .seconds(20)))
    #expect(table.mayLogIn(ann, now: at(19_999)) == .refused(.failedLogins, retryAfter: .milliseconds(1)))
    #expect(table.mayLogIn(ann, now: at(20_000)) == .allowed)
    table.loginFailed(ann, now: at(20_000))
    #expect(table.mayLogIn(ann, now: at(20_001)) != .allowed)
    #expect(table.mayLogIn(try address("192.0.2.2"), now: at(0)) == .allowed)
    #expect(table.admit(ann, now: at(20_001)) == .allowed, "it may still connect")
  }

  @Test("an IPv6 customer is one, however many addresses it uses; an IPv4 address is one whichever way it comes")
  func families() throws {
    var table = AddressTable(limits { $0.maximumConnections = 1 })
    #expect(table.admit(try address("2001:db8:1:2::1"), now: at(0)) == .allowed)
    #expect(table.admit(try address("2001:db8:1:2:ffff::9"), now: at(0)) != .allowed)
    #expect(table.admit(try address("2001:db8:1:3::1"), now: at(0)) == .allowed)
    #expect(table.admit(try address("192.0.2.1"), now: at(0)) == .allowed)
    #expect(table.admit(try address("::ffff:192.0.2.1"), now: at(0)) != .allowed)
    table.closed(try address("2001:db8:1:2::77"))
    #expect(table.admit(try address("2001:db8:1:2::1"), now: at(0)) == .allowed)
  }

  @Test("exempt addresses have no limit and take no memory; no limits limit nobody")
  func exempt() throws {
    let home = try address("127.0.0.1")
    var table = AddressTable(
      limits { limits in
        limits.connectionsPerSecond = 1
        limits.failedLoginsPerMinute = 1
        limits.exempt = [.loopback4]
      })
    for _ in 0..<10 {
      #expect(table.admit(home, now: at(0)) == .allowed)
      table.loginFailed(home, now: at(0))
      #expect(table.mayLogIn(home, now: at(0)) == .allowed)
    }
    #expect(table.count == 0)
    var free = AddressTable(AddressTable.Limits())
    let ann = try address("192.0.2.1")
    for _ in 0..<1000 { #expect(free.admit(ann, now: at(0)) == .allowed) }
    for _ in 0..<100 { free.loginFailed(ann, now: at(0)) }
    #expect(free.mayLogIn(ann, now: at(0)) == .allowed)
  }

  @Test("a million hostile addresses leave the table at its bound, and those with connections in it")
  func bounded() throws {
    var table = AddressTable(
      limits { limits in
        limits.maximumTracked = 100
        limits.maximumConnections = 1
        limits.failedLoginsPerMinute = 1
      })
    let ann = try address("192.0.2.1")
    #expect(table.admit(ann, now: at(0)) == .allowed)
    let kept = IPAddress(high: 7 << 32, low: 0)
    for number in 0..<100_000 as Range<UInt64> {
      table.loginFailed(IPAddress(high: 0x2001 << 48 | number, low: number), now: at(0))
      // Whoever is used stays.
      table.loginFailed(kept, now: at(0))
    }
    #expect(table.count == 101)
    #expect(table.isConsistent())
    #expect(table.admit(ann, now: at(0)) == .refused(.connections, retryAfter: .seconds(1)))
    #expect(table.mayLogIn(kept, now: at(0)) != .allowed)
    #expect(table.mayLogIn(IPAddress(high: 0x2001 << 48, low: 0), now: at(0)) == .allowed, "the oldest made room")
  }

  @Test("changed limits count at once, and what was counted stays")
  func adopted() throws {
    var table = AddressTable(limits { $0.maximumConnections = 2 })
    let ann = try address("192.0.2.1")
    _ = table.admit(ann, now: at(0))
    _ = table.admit(ann, now: at(0))
    table.adopt(limits { $0.maximumConnections = 3 })
    #expect(table.admit(ann, now: at(0)) == .allowed)
    #expect(table.admit(ann, now: at(0)) != .allowed)
    table.adopt(limits { $0.exempt = [.loopback4] })
    for _ in 0..<10 { #expect(table.admit(ann, now: at(0)) == .allowed) }
  }

  @Test("any order of events leaves the table whole and within its bounds", arguments: 1...20 as ClosedRange<UInt64>)
  func anyOrder(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    var table = AddressTable(
      limits { limits in
        limits.connectionsPerSecond = 5
        limits.maximumConnections = 3
        limits.failedLoginsPerMinute = 4
        limits.maximumTracked = 10
      })
    var open: [IPAddress: Int] = [:]
    var now = MonotonicTime.zero
    for _ in 0..<2000 {
      now = now + .milliseconds(UInt64.random(in: 0...300, using: &random))
      let address = IPAddress(v4: UInt32.random(in: 0..<30, using: &random))
      switch Int.random(in: 0..<4, using: &random) {
      case 0:
        if table.admit(address, now: now) == .allowed { open[address, default: 0] += 1 }
      case 1:
        if let count = open[address], count > 0 {
          table.closed(address)
          open[address] = count - 1
        }
      case 2: table.loginFailed(address, now: now)
      default: _ = table.mayLogIn(address, now: now)
      }
      #expect((open[address] ?? 0) <= 3, "seed \(seed)")
    }
    #expect(table.isConsistent(), "seed \(seed)")
    let busy = open.values.count { $0 > 0 }
    #expect(table.count <= 10 + busy && table.count >= busy, "seed \(seed)")
  }

  @Test("the guard tells a refused client what to do and when, and counts the refusals")
  func guarded() throws {
    var addresses = WeirConfiguration.Addresses()
    addresses.failedLogins = 1
    addresses.connectionsPerSecond = 1
    let addressGuard = AddressGuard(addresses)
    let ann = try address("192.0.2.1")
    #expect(addressGuard.admit(ann, now: at(0)).refusal == nil)
    addressGuard.loginFailed(ann, now: at(0))
    let refusal = addressGuard.mayLogIn(ann, now: at(500)).refusal
    #expect(refusal?.retryAfterSeconds == 60)
    #expect(refusal?.sentence == "Too many refused tokens from your address. Get a good one, and try again in 60 s.")
    #expect(addressGuard.admit(ann, now: at(1)).refusal?.retryAfterSeconds == 1)
    #expect(addressGuard.refusals == [.failedLogins: 1, .connectionRate: 1])
    #expect(addressGuard.admit(nil, now: at(0)) == .allowed && addressGuard.mayLogIn(nil, now: at(0)) == .allowed)
    #expect(addressGuard.count == 1)
    addresses.failedLogins = nil
    addressGuard.adopt(addresses)
    #expect(addressGuard.mayLogIn(ann, now: at(500)) == .allowed)
  }

  @Test("a clock at its end, and times before the first event, do no harm")
  func extremes() throws {
    var table = AddressTable(
      limits { limits in
        limits.connectionsPerSecond = 1_000_000
        limits.failedLoginsPerMinute = 1
      })
    let ann = try address("192.0.2.1")
    let end = MonotonicTime(nanoseconds: .max)
    #expect(table.admit(ann, now: end) == .allowed)
    table.loginFailed(ann, now: end)
    _ = table.mayLogIn(ann, now: end)
    _ = table.mayLogIn(ann, now: .zero)
    #expect(table.isConsistent())
  }
}
