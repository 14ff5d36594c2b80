import Glibc

/// Keeps so many messages on the way on each link, checks what comes back, and counts.
final class EchoLoad: LoadDriver {
  private enum Phase {
    case idle
    case probing(EchoProbe)
    case running
  }

  /// One link's place in the traffic.
  private struct Place {
    /// The next message to send.
    var next = 0
    /// How far into a reply the bytes have come.
    var offset = 0
    /// Where the oldest of its send times is.
    var oldest = 0
  }

  private let traffic: EchoTraffic
  private let outstanding: Int
  private var phase = Phase.idle
  private var places: [Place]
  /// `outstanding` send times a link, in nanoseconds.
  private var sendTimes: [UInt64]
  private(set) var problems = Problems()
  /// Since the window began.
  private(set) var messages = 0
  private(set) var replyBytes = 0
  private(set) var latency = LatencyHistogram()

  init(_ traffic: EchoTraffic, connections: Int, outstanding: Int) {
    self.traffic = traffic
    self.outstanding = outstanding
    places = Array(repeating: Place(), count: connections)
    sendTimes = Array(repeating: 0, count: connections * outstanding)
  }

  func opened(_ link: Link, now: UInt64) {}

  func closed(_ link: Link) { problems.add(link.problem ?? "closed") }

  /// Sends each message once on the first link, inflates what comes back and compares it.
  func probe(on loop: LoadLoop, keepsContext: Bool) throws(BenchFailure) {
    let probe = try EchoProbe(traffic, keepsContext: keepsContext)
    phase = .probing(probe)
    probe.sendNext(on: loop.links[0])
    loop.run(self, until: Monotonic.now() + 10_000_000_000) { probe.isDone || problems.count > 0 }
    phase = .idle
    try problems.check("The trial before the measurement")
    guard probe.isDone else { throw BenchFailure("The server did not echo in 10 s. Look at its log.") }
  }

  /// The first messages go out on all links.
  func start(_ links: [Link]) {
    phase = .running
    for link in links { send(outstanding, on: link, now: Monotonic.now()) }
  }

  /// What came before does not count.
  func startWindow() {
    messages = 0
    replyBytes = 0
    latency = LatencyHistogram()
  }

  func received(_ bytes: UnsafeRawBufferPointer, on link: Link, now: UInt64) {
    switch phase {
    case .idle: link.problem = "the server sent something that nobody asked for"
    case .probing(let probe): probe.received(bytes, on: link)
    case .running:
      let done = traffic.isCompressed ? countFrames(bytes, link) : compare(bytes, link)
      if done > 0 {
        came(done, on: link, now: now)
        if link.problem == nil { send(done, on: link, now: now) }
      }
    }
  }

  /// How many replies the bytes complete, by comparing them with what must come.
  private func compare(_ bytes: UnsafeRawBufferPointer, _ link: Link) -> Int {
    let offset = places[link.index].offset
    let isSame = traffic.expected.withUnsafeBytes { expected in
      guard bytes.count <= expected.count - offset, let all = expected.baseAddress, let come = bytes.baseAddress else {
        return false
      }
      return memcmp(all + offset, come, bytes.count) == 0
    }
    guard isSame else {
      link.problem = "the server sent back other bytes than it got"
      return 0
    }
    let (done, rest) = (offset + bytes.count).quotientAndRemainder(dividingBy: traffic.replyBytes)
    places[link.index].offset = rest
    return done
  }

  /// How many replies the bytes complete, by their headers.
  private func countFrames(_ bytes: UnsafeRawBufferPointer, _ link: Link) -> Int {
    var done = 0
    link.messages(in: bytes) { frame in
      done += 1
      replyBytes += frame.payload.count
    }
    return done
  }

  private func came(_ count: Int, on link: Link, now: UInt64) {
    let base = link.index * outstanding
    for _ in 0..<count {
      let oldest = places[link.index].oldest
      latency.record(now &- sendTimes[base + oldest])
      places[link.index].oldest = oldest + 1 == outstanding ? 0 : oldest + 1
    }
    messages += count
    if count > outstanding { link.problem = "the server sent more messages than it got" }
  }

  /// The slots of the messages that came back are those of the ones that go out now: what is on the way is always
  /// `outstanding`.
  private func send(_ count: Int, on link: Link, now: UInt64) {
    let index = link.index
    let base = index * outstanding
    var slot = places[index].oldest - count
    if slot < 0 { slot += outstanding }
    for _ in 0..<count {
      sendTimes[base + slot] = now
      slot = slot + 1 == outstanding ? 0 : slot + 1
    }
    // A burst longer than the round of messages is sent in pieces.
    var left = count
    while left > 0 {
      let first = places[index].next
      let burst = min(left, traffic.count - first)
      let end = traffic.count == 1 ? traffic.starts[1] * left : traffic.starts[first + burst]
      traffic.outgoing.withUnsafeBytes { link.send(UnsafeRawBufferPointer(rebasing: $0[traffic.starts[first]..<end])) }
      left -= traffic.count == 1 ? left : burst
      places[index].next = (first + burst) % traffic.count
    }
  }
}
