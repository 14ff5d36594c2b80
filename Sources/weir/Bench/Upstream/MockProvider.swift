import Glibc
import Synchronization

/// The mock provider: one thread that sends each token when it is due, with the time in it.
final class MockProvider {
  /// Set by a signal.
  static let stopRequested = Atomic<Bool>(false)
  /// So many tokens of one stream go out in one write at most.
  private static let maximumBurst = 64
  /// How often the wish to stop is looked at.
  private static let patience: UInt64 = 200_000_000
  private static let bufferBytes = 64 << 10

  private let poll: EventPoll
  private let listener: CInt
  private let usual: MockAnswer
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferBytes, alignment: 64)
  /// `maximumBurst` token chunks, whose stamps are written anew each time.
  private let burst: UnsafeMutableRawBufferPointer
  /// A closed stream's place is used again.
  private var streams: [MockStream?] = []
  private var free: [Int] = []
  private var queue = DueQueue()

  private var tokens = 0
  private var writes = 0
  private var answers = 0
  private var blocked = 0
  private var running = 0
  private var mostRunning = 0
  private var lateness = LatencyHistogram()
  private var firstToken: UInt64 = 0
  private var lastToken: UInt64 = 0
  private var firstCPU: UInt64 = 0

  init(port: UInt16, _ usual: MockAnswer) throws(BenchFailure) {
    self.usual = usual
    poll = try EventPoll()
    listener = try TCPSocket.listen(port: port)
    let chunk = MockEvents.token
    burst = .allocate(byteCount: chunk.count * Self.maximumBurst, alignment: 64)
    for index in 0..<Self.maximumBurst {
      UnsafeMutableRawBufferPointer(rebasing: burst[(index * chunk.count)...]).copyBytes(from: chunk)
    }
    try poll.watch(listener, token: 0)
  }

  deinit {
    for stream in streams { stream?.end() }
    close(listener)
    buffer.deallocate()
    burst.deallocate()
  }

  /// Serves until a signal says to stop.
  func run() {
    var now = Monotonic.now()
    while !Self.stopRequested.load(ordering: .relaxed) {
      let wake = queue.first ?? .max
      let count = poll.wait(nanoseconds: wake > now ? min(Self.patience, wake - now) : 0)
      for index in 0..<count { handle(poll[index]) }
      // What is due when this begins, and no more: a machine that is too slow for the tokens still takes new requests.
      let due = Monotonic.now()
      while let index = queue.pop(due: due) { sendDue(index, now: Monotonic.now()) }
      now = Monotonic.now()
    }
  }

  func report() -> Report {
    var report = Report("upstream")
    let seconds = max(1e-9, (lastToken &- firstToken).inSeconds)
    report.add("answers", "answers", answers)
    report.add("streams", "at the same time, at most", mostRunning)
    report.add("tokens", "tokens", tokens)
    report.add("tokens_per_s", "tokens", tokens == 0 ? 0 : Double(tokens) / seconds, "/s")
    report.add("tokens_per_write", "tokens per write", Double(tokens) / Double(max(1, writes)), digits: 2)
    report.add("late", "late", lateness)
    report.add("blocked", "times a reader did not take all", blocked)
    let cpu = (Monotonic.ownCPU() &- firstCPU).inSeconds
    report.add("load_us_per_token", "CPU per token", cpu / Double(max(1, tokens)) * 1e6, "µs", digits: 3)
    return report
  }

  // MARK: Connections

  private func handle(_ ready: EventPoll.Ready) {
    if ready.token == 0 { return acceptAll() }
    let index = ready.token - 1
    guard let stream = streams[index] else { return }
    if ready.isWritable, stream.isBlocked {
      stream.flush()
      if !stream.isBlocked { schedule(index, stream) }
    }
    if ready.isReadable { read(index, stream) }
  }

  private func acceptAll() {
    while let socket = TCPSocket.accept(listener) {
      let stream = MockStream(socket)
      let index = free.popLast() ?? streams.count
      if index == streams.count { streams.append(stream) } else { streams[index] = stream }
      do { try poll.watch(socket, token: index + 1) } catch { end(index, stream) }
    }
  }

  private func read(_ index: Int, _ stream: MockStream) {
    while true {
      let count = recv(stream.descriptor, buffer.baseAddress, buffer.count, 0)
      if count > 0 {
        stream.requests.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      } else if count < 0, errno == EINTR {
        continue
      } else if count < 0, errno == EAGAIN {
        break
      } else {
        return end(index, stream)
      }
    }
    answer(index, stream)
  }

  private func end(_ index: Int, _ stream: MockStream) {
    if stream.running != nil { running -= 1 }
    stream.end()
    streams[index] = nil
    // A place that still waits in the queue is free when it is taken out there.
    if !stream.isQueued { free.append(index) }
  }

  /// Begins the next answer, unless one is under way.
  private func answer(_ index: Int, _ stream: MockStream) {
    while stream.running == nil {
      switch stream.requests.next(usual) {
      case .more: return
      case .broken: return end(index, stream)
      case .other:
        stream.send(MockEvents.plain("200 OK", #"{"object":"list","data":[{"id":"mock","object":"model"}]}"#))
      case .completion(let answer, let bodyBytes):
        let start = Monotonic.now() + answer.delay
        stream.running = MockStream.Running(answer: answer, bodyBytes: bodyBytes, start: start)
        running += 1
        mostRunning = max(mostRunning, running)
        stream.send(MockEvents.head + MockEvents.opening)
        if stream.isBlocked { blocked += 1 } else { schedule(index, stream) }
      }
    }
  }

  // MARK: Tokens

  private func schedule(_ index: Int, _ stream: MockStream) {
    guard let due = stream.running?.due, !stream.isQueued else { return }
    stream.isQueued = true
    queue.insert(index, due: due)
  }

  private func sendDue(_ index: Int, now: UInt64) {
    guard let stream = streams[index] else { return free.append(index) }
    stream.isQueued = false
    guard var running = stream.running, !stream.isBlocked else { return }
    let owed = min(running.owed(at: now), Self.maximumBurst)
    if owed > 0 {
      lateness.record(now - running.due)
      sendTokens(owed, from: running.sent, on: stream)
      running.sent += owed
      stream.running = running
    }
    if running.sent == running.answer.tokens { finish(running, index, stream) } else { schedule(index, stream) }
  }

  private func sendTokens(_ count: Int, from number: Int, on stream: MockStream) {
    let chunk = MockEvents.token.count
    let time = Monotonic.now()
    if tokens == 0 { (firstToken, firstCPU) = (time, Monotonic.ownCPU()) }
    for index in 0..<count {
      let start = index * chunk + MockEvents.stampOffset
      let stamp = UnsafeMutableRawBufferPointer(rebasing: burst[start..<start + TokenStamp.bytes])
      TokenStamp.write(time: time, number: number + index, to: stamp)
    }
    stream.send(UnsafeRawBufferPointer(rebasing: burst[..<(count * chunk)]))
    if stream.isBlocked { blocked += 1 }
    (lastToken, tokens, writes) = (time, tokens + count, writes + 1)
  }

  private func finish(_ ended: MockStream.Running, _ index: Int, _ stream: MockStream) {
    stream.send(MockEvents.closing(tokens: ended.answer.tokens, inputBytes: ended.bodyBytes))
    stream.running = nil
    running -= 1
    answers += 1
    answer(index, stream)
  }
}
