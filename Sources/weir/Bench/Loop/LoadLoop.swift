import Glibc

/// What is done with the links of a loop. Called on the loop's thread, with times in nanoseconds.
protocol LoadDriver: AnyObject {
  /// When `tick` wants to be called; `.max`: not at all.
  var nextTick: UInt64 { get }
  func tick(now: UInt64)
  /// The upgrade is done (or the bare connection made).
  func opened(_ link: Link, now: UInt64)
  /// Bytes after the upgrade. They are gone when this returns.
  func received(_ bytes: UnsafeRawBufferPointer, on link: Link, now: UInt64)
  /// The link has ended, with `link.problem` saying why.
  func closed(_ link: Link)
}

extension LoadDriver {
  var nextTick: UInt64 { .max }
  func tick(now: UInt64) {}
}

/// Many connections on one thread, each read until the kernel has no more, with one buffer for all.
final class LoadLoop {
  private static let bufferBytes = 256 << 10
  private let poll: EventPoll
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferBytes, alignment: 64)
  private(set) var links: [Link] = []

  init() throws(BenchFailure) {
    poll = try EventPoll()
  }

  deinit {
    for link in links where link.phase != .closed { close(link.descriptor) }
    buffer.deallocate()
  }

  /// Begins a connection.
  @discardableResult
  func connect(to target: Target, _ opening: Opening, receiveBufferBytes: Int? = nil) throws(BenchFailure) -> Link {
    let socket = try TCPSocket.connect(to: target, number: links.count, receiveBufferBytes: receiveBufferBytes)
    let link = Link(index: links.count, descriptor: socket, opening: opening)
    links.append(link)
    try poll.watch(socket, token: link.index)
    return link
  }

  /// Makes `count` connections, `atOnce` of them at a time, and returns when all are open. Fails if one does, or if
  /// none opens for 30 seconds.
  func open(
    _ count: Int, to target: Target, atOnce: Int = 128, _ driver: some LoadDriver,
    opening: (Int) -> Opening
  ) throws(BenchFailure) {
    try TCPSocket.allowDescriptors(links.count + count)
    let total = links.count + count
    let first = links.count
    var lastProgress = Monotonic.now()
    var ready = first
    while ready < total {
      while links.count < total, links.count - ready < atOnce { try connect(to: target, opening(links.count)) }
      let before = ready
      let seen = ready
      run(driver, until: Monotonic.now() + 1_000_000_000) {
        links[seen].phase == .open || links[seen].phase == .closed
      }
      while ready < links.count, links[ready].phase == .open { ready += 1 }
      if ready < links.count, links[ready].phase == .closed {
        throw BenchFailure("Connection \(ready + 1) of \(total) failed: \(links[ready].problem ?? "closed").")
      }
      let now = Monotonic.now()
      if ready > before { lastProgress = now }
      if now - lastProgress > 30_000_000_000 {
        throw BenchFailure("\(ready) of \(total) connections opened, then none for 30 s. Look at the server's log.")
      }
    }
  }

  /// Serves all links until `end` (nanoseconds) or until `stop` says so.
  func run(_ driver: some LoadDriver, until end: UInt64, stop: () -> Bool = { false }) {
    var now = Monotonic.now()
    while now < end, !stop() {
      if now >= driver.nextTick { driver.tick(now: now) }
      let wake = min(end, driver.nextTick)
      let count = poll.wait(nanoseconds: wake > now ? wake - now : 0)
      for index in 0..<count { handle(poll[index], driver) }
      now = Monotonic.now()
    }
  }

  /// Reads at most so many bytes of a paused link; false once it has ended.
  func read(_ link: Link, atMost count: Int, _ driver: some LoadDriver) -> Bool {
    let read = recv(link.descriptor, buffer.baseAddress, min(count, buffer.count), 0)
    if read > 0 { deliver(read, to: link, driver) }
    if read == 0 || (read < 0 && errno != EAGAIN) { end(link, "the server closed the connection", driver) }
    return link.phase != .closed
  }

  /// Closes a link at once.
  func drop(_ link: Link) {
    guard link.phase != .closed else { return }
    link.phase = .closed
    close(link.descriptor)
  }

  private func handle(_ ready: EventPoll.Ready, _ driver: some LoadDriver) {
    let link = links[ready.token]
    if link.phase == .closed { return }
    if link.phase == .connecting {
      guard ready.isWritable || ready.isEnding else { return }
      let code = TCPSocket.connectResult(link.descriptor)
      guard code == 0 else { return end(link, String(cString: strerror(code)), driver) }
      begin(link, driver)
    }
    if ready.isWritable { link.flush() }
    if ready.isReadable, !link.isPaused { readAll(link, isEnding: ready.isEnding, driver) }
  }

  /// A bare connection is open as it is; else the upgrade is asked for.
  private func begin(_ link: Link, _ driver: some LoadDriver) {
    if link.opening.request.isEmpty {
      link.phase = .open
      driver.opened(link, now: Monotonic.now())
    } else {
      link.phase = .opening
      link.send(link.opening.request)
    }
  }

  private func readAll(_ link: Link, isEnding: Bool, _ driver: some LoadDriver) {
    while link.phase != .closed {
      let count = recv(link.descriptor, buffer.baseAddress, buffer.count, 0)
      if count > 0 {
        deliver(count, to: link, driver)
        // Less than asked for: all there was. New bytes are a new edge, but an end that was told of already is not.
        if count < buffer.count, !isEnding { return }
      } else if count == 0 {
        return end(link, "the server closed the connection", driver)
      } else if errno == EAGAIN {
        return
      } else if errno != EINTR {
        return end(link, String(cString: strerror(errno)), driver)
      }
    }
  }

  private func deliver(_ count: Int, to link: Link, _ driver: some LoadDriver) {
    var bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
    let now = Monotonic.now()
    if link.phase == .opening {
      switch link.opening.feed(bytes) {
      case .more: return
      case .refused(let sentence): return end(link, sentence, driver)
      case .done(let consumed):
        bytes = UnsafeRawBufferPointer(rebasing: bytes[consumed...])
        link.phase = .open
        driver.opened(link, now: now)
      }
    }
    if !bytes.isEmpty { driver.received(bytes, on: link, now: now) }
    if let problem = link.problem { end(link, problem, driver) }
  }

  private func end(_ link: Link, _ problem: String, _ driver: some LoadDriver) {
    if link.phase == .closed { return }
    drop(link)
    link.problem = link.problem ?? problem
    driver.closed(link)
  }
}
