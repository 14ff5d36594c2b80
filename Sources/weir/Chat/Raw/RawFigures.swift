import WeirClient

/// What raw mode measured on one run. Times are since any fixed moment.
struct RawFigures {
  /// A series of durations, without its members.
  struct Series: Equatable {
    private(set) var count = 0
    private(set) var least: Duration = .zero
    private(set) var most: Duration = .zero
    private var sum: Duration = .zero

    var mean: Duration { count == 0 ? .zero : sum / count }

    mutating func add(_ duration: Duration) {
      least = count == 0 ? duration : min(least, duration)
      most = max(most, duration)
      sum += duration
      count += 1
    }
  }

  /// Things that came, and between which moments.
  struct Flow: Equatable {
    private(set) var count = 0
    private(set) var bytes = 0
    private(set) var first: Duration?
    private(set) var last: Duration?

    mutating func add(bytes: Int, at now: Duration) {
      count += 1
      self.bytes += bytes
      first = first ?? now
      last = now
    }

    /// How many came per second after the first one; nil where there was no second.
    var perSecond: Double? {
      guard let first, let last, last > first else { return nil }
      return Double(count - 1) / (last - first).inSeconds
    }
  }

  /// Pings that may be without an answer before the oldest is forgotten.
  static let maximumOutstandingPings = 256

  private(set) var sent = Flow()
  private(set) var received = Flow()
  /// Deltas of weir.v1, their bytes being the text in them.
  private(set) var deltas = Flow()
  private(set) var roundTrips = Series()
  /// From the last message sent before it to the first that came.
  private(set) var firstAnswer: Duration?
  /// The same to the first Delta.
  private(set) var firstToken: Duration?
  private var pings: [(payload: [UInt8], at: Duration)] = []

  mutating func sent(bytes: Int, at now: Duration) {
    sent.add(bytes: bytes, at: now)
  }

  /// A message came. `deltaText` is the length of the answer text in it, if it is a Delta of ours.
  mutating func received(bytes: Int, deltaText: Int? = nil, at now: Duration) {
    received.add(bytes: bytes, at: now)
    if firstAnswer == nil, let last = sent.last { firstAnswer = now - last }
    guard let deltaText else { return }
    deltas.add(bytes: deltaText, at: now)
    if firstToken == nil, let last = sent.last { firstToken = now - last }
  }

  mutating func pinged(_ payload: [UInt8], at now: Duration) {
    pings.append((payload, now))
    if pings.count > Self.maximumOutstandingPings { pings.removeFirst() }
  }

  /// A pong came. Returns how long the ping with the same payload took there and back; nil: there was none. A pong
  /// also answers the pings before it (RFC 6455 section 5.5.3).
  mutating func ponged(_ payload: [UInt8], at now: Duration) -> Duration? {
    guard let index = pings.lastIndex(where: { $0.payload == payload }) else { return nil }
    let roundTrip = now - pings[index].at
    pings.removeFirst(index + 1)
    roundTrips.add(roundTrip)
    return roundTrip
  }

  /// One line for a person.
  var summary: String {
    func ms(_ duration: Duration) -> String { JSONLine.decimal(duration.inMilliseconds, digits: 3) + " ms" }
    func rate(_ flow: Flow) -> String {
      flow.perSecond.map { " (\(JSONLine.decimal($0, digits: 1))/s)" } ?? ""
    }
    var parts = [
      "sent \(sent.count) messages, \(sent.bytes) bytes",
      "received \(received.count)\(rate(received)), \(received.bytes) bytes",
    ]
    if let firstAnswer { parts.append("first answer after \(ms(firstAnswer))") }
    if let firstToken { parts.append("first token after \(ms(firstToken))") }
    if deltas.count > 0 { parts.append("\(deltas.count) deltas\(rate(deltas)), \(deltas.bytes) bytes of text") }
    if roundTrips.count > 0 {
      parts.append(
        "\(roundTrips.count) pings: least \(ms(roundTrips.least)), mean \(ms(roundTrips.mean)), "
          + "most \(ms(roundTrips.most))")
    }
    return parts.joined(separator: "; ")
  }

  /// The same for a program.
  var json: JSONLine {
    var line = JSONLine()
    line.add("type", "stats")
    line.add("sent", sent.count)
    line.add("sent_bytes", sent.bytes)
    line.add("received", received.count)
    line.add("received_bytes", received.bytes)
    if let rate = received.perSecond { line.add("messages_per_second", rate) }
    if let firstAnswer { line.add("first_answer_ms", firstAnswer.inMilliseconds) }
    if let firstToken { line.add("first_token_ms", firstToken.inMilliseconds) }
    if deltas.count > 0 {
      line.add("deltas", deltas.count)
      line.add("delta_bytes", deltas.bytes)
      if let rate = deltas.perSecond { line.add("deltas_per_second", rate) }
    }
    if roundTrips.count > 0 {
      line.add("pings", roundTrips.count)
      line.add("ping_least_ms", roundTrips.least.inMilliseconds)
      line.add("ping_mean_ms", roundTrips.mean.inMilliseconds)
      line.add("ping_most_ms", roundTrips.most.inMilliseconds)
    }
    return line
  }
}
