import NIOCore

extension WebSocketConnection: TimerWheelMember {
  /// Looks at all deadlines of the connection; returns the nearest one left.
  func wheelFired(at now: NIODeadline) -> NIODeadline? {
    guard channel.isActive else { return nil }
    if let closeDeadline {
      guard now >= closeDeadline else { return closeDeadline }
      drop(.abnormal, "the peer did not finish the closing handshake in time")
      return nil
    }
    var next = NIODeadline.distantFuture
    for check in [checkIncomplete, checkWriteStall, checkIdle] as [(NIODeadline) -> NIODeadline?] {
      if let deadline = check(now) { next = min(next, deadline) }
      // A check that closes the connection has set this deadline.
      if let closeDeadline { return closeDeadline }
      guard channel.isActive else { return nil }
    }
    return next == .distantFuture ? nil : next
  }

  /// The connection is open: starts its clocks.
  func startTimers() {
    let now = eventLoop.now
    inbound.lastRead = now
    if let interval = configuration.pingInterval { loop.wheel.schedule(self, by: now + interval) }
  }

  /// Something waits in the channel: from now on the peer must make progress.
  func watchProgress() {
    // The write may have met the end of the connection, which the wheel would keep for the time of a stall.
    guard writeProgress == nil, channel.isActive, let time = configuration.writeStallTime else { return }
    let now = eventLoop.now
    writeProgress = WriteProgress(drainedBytes: handedOverBytes &- bytesInChannel, since: now)
    loop.wheel.schedule(self, by: now + time)
  }

  private func checkIncomplete(_ now: NIODeadline) -> NIODeadline? {
    guard let since = inbound.incompleteSince, inbound.isReading else { return nil }
    let time = configuration.limits.incompleteMessageTime
    guard now >= since + time else { return since + time }
    fail(.policy("a message took longer than \(time.nanoseconds / 1_000_000_000) s to arrive"))
    return nil
  }

  private func checkWriteStall(_ now: NIODeadline) -> NIODeadline? {
    guard let progress = writeProgress, let time = configuration.writeStallTime else { return nil }
    guard route.writesInChannel > 0 else {
      writeProgress = nil
      return nil
    }
    let drained = handedOverBytes &- bytesInChannel
    if drained != progress.drainedBytes {
      writeProgress = WriteProgress(drainedBytes: drained, since: now)
      return now + time
    }
    guard now >= progress.since + time else { return progress.since + time }
    drop(.tryAgainLater, "the peer took nothing for \(time.nanoseconds / 1_000_000_000) s")
    return nil
  }

  private func checkIdle(_ now: NIODeadline) -> NIODeadline? {
    guard let interval = configuration.pingInterval else { return nil }
    let heard = inbound.isReading ? inbound.lastRead : now
    let due = max(heard, inbound.lastPing) + interval
    guard now >= due else { return due }
    guard inbound.unanswered < configuration.unansweredPings else {
      drop(.abnormal, "the peer answered none of \(inbound.unanswered) pings")
      return nil
    }
    inbound.unanswered += 1
    inbound.lastPing = now
    if !assembler.isInsideMessage { assembler.becomeIdle() }
    deflation?.becomeIdle()
    ping()
    flush()
    return now + interval
  }
}
