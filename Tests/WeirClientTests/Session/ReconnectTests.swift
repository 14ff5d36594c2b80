import Testing
import WeirWire

@testable import WeirClient

@Suite("When to connect again")
struct ReconnectTests {
  @Test("the first failure is the answer to connect(): nothing is retried")
  func firstFails() {
    var device = Device()
    device.session.start()
    _ = device.session.takeEffects()
    let lost = device.lose()
    #expect(lost.connectDelay == nil)
    guard case .stopped = device.session.phase else {
      Issue.record("not stopped")
      return
    }
  }

  @Test("the waits grow within full jitter's bounds while attempts fail", arguments: 1...20)
  func bounds(seed: UInt64) throws {
    var device = Device { $0.backoff = Backoff(base: .milliseconds(100), limit: .seconds(2)) }
    device.random = SeededRandom(seed: seed)
    device.connect()
    for attempt in 0..<8 {
      let delay = try #require(device.lose().connectDelay)
      let ceiling = min(Duration.milliseconds(100 * (1 << attempt)), .seconds(2))
      #expect(delay >= .zero && delay <= ceiling, "seed \(seed) attempt \(attempt)")
      device.session.attempting()
    }
  }

  @Test("a server that accepts and drops at once is not asked faster and faster")
  func flapping() throws {
    var device = Device { $0.backoff = Backoff(base: .milliseconds(100), limit: .seconds(60)) }
    var longest: Duration = .zero
    device.connect()
    for _ in 0..<12 {
      longest = max(longest, try #require(device.lose().connectDelay))
      device.connect()
    }
    #expect(longest > .seconds(2))
  }

  @Test("a connection that held long enough begins the waits anew")
  func stable() throws {
    var device = Device { $0.backoff = Backoff(base: .milliseconds(100), limit: .seconds(60)) }
    device.connect()
    for _ in 0..<10 {
      _ = device.lose()
      device.connect()
    }
    device.now += Session.stableAfter
    #expect(try #require(device.lose().connectDelay) <= .milliseconds(100))
  }

  @Test("the server's hint is kept to the millisecond")
  func goodbye() throws {
    var device = Device()
    device.connect()
    device.hear(.goodbye(Goodbye(code: .shuttingDown, message: "restart", reconnectAfterMs: 1_234)))
    #expect(device.lose(.closed(code: 1012)).connectDelay == .milliseconds(1_234))
    // It holds for one time only.
    device.connect()
    #expect(try #require(device.lose().connectDelay) <= .milliseconds(250))
  }

  @Test("Retry-After is a lower bound")
  func retryAfter() throws {
    var device = Device()
    device.connect()
    #expect(try #require(device.lose(.refused(status: 503), retryAfter: .seconds(7)).connectDelay) >= .seconds(7))
  }

  @Test(
    "a refusal that is about who we are ends it",
    arguments: [ConnectionLoss.Kind.refused(status: 401), .refused(status: 403), .closed(code: 4401)])
  func final(kind: ConnectionLoss.Kind) {
    var device = Device()
    device.connect()
    let id = device.say("one")
    let lost = device.lose(kind)
    #expect(lost.connectDelay == nil)
    #expect(lost.events(of: id).count == 1)
  }

  @Test(
    "any other end does not",
    arguments: [
      ConnectionLoss.Kind.refused(status: 503), .refused(status: 429), .closed(code: 1012), .closed(code: 1006),
      .closed(code: 1001), .network,
    ])
  func notFinal(kind: ConnectionLoss.Kind) {
    var device = Device()
    device.connect()
    #expect(device.lose(kind).connectDelay != nil)
  }

  @Test("after the last attempt everything that waits fails with the reason")
  func givesUp() {
    var device = Device { $0.backoff.maximumAttempts = 2 }
    device.connect()
    let id = device.say("one")
    let request = device.session.request(.listConversations(ListConversations()), now: device.now)
    for _ in 0..<2 {
      #expect(device.lose().connectDelay != nil)
      device.session.attempting()
    }
    let last = device.lose()
    #expect(last.connectDelay == nil)
    #expect(last.events(of: id).count == 1)
    #expect(last.contains { if case .reply(request, .failure) = $0 { true } else { false } })
    #expect(last.news.contains { if case .stopped = $0 { true } else { false } })
  }

  @Test("a closed client answers everything at once with closed")
  func closed() {
    var device = Device()
    device.connect()
    device.session.stop(WeirClientError(code: .closed, message: "closed"))
    _ = device.session.takeEffects()
    let id = device.say("one")
    #expect(device.session.takeEffects().events(of: id).count == 1)
    let request = device.session.request(.listConversations(ListConversations()), now: device.now)
    #expect(device.session.takeEffects().contains { if case .reply(request, .failure) = $0 { true } else { false } })
    #expect(device.lose().isEmpty)
  }
}
