import WeirWire

// Rule 4, rule 5 and rule 6: one log, a cursor per device, credit and writability, one write per device and sweep.
extension ShardCore {
  /// New text of an answer.
  func grew(_ turn: Turn, by text: Span<UInt8>) {
    if turn.firstTextAt == nil {
      let now = effects.now
      turn.firstTextAt = now
      let waited = now.since(turn.queuedAt).nanoseconds
      metrics.timeToFirstToken.record(nanoseconds: waited)
      metrics.models.figures(model: turn.record.model, promptVersion: turn.record.promptVersion).firstToken.record(
        nanoseconds: waited)
    }
    turn.log.append(text)
    for subscription in turn.subscriptions { markDirty(subscription.device) }
  }

  func markDirty(_ device: Device) {
    if device.isDirty || !device.isConnected { return }
    device.isDirty = true
    dirty.append(device)
  }

  /// The driver of the core calls this after every batch of events: whoever has something to get is served now, or at the
  /// next sweep if the last one was long.
  package func settle() {
    if dirty.isEmpty { return }
    let start = effects.now
    if let later = pacer.next(at: start) { return effects.wake(at: later) }
    // Two lists take turns, so that none is made anew.
    var served: [Device] = []
    swap(&served, &spareList)
    swap(&served, &dirty)
    for device in served {
      device.isDirty = false
      if device.isConnected { serve(device) }
    }
    served.removeAll(keepingCapacity: true)
    swap(&served, &spareList)
    pacer.swept(from: start, to: effects.now)
  }

  /// The device's socket takes bytes again.
  package func deviceWritable(_ device: Device) {
    device.blocked = nil
    if device.isConnected { markDirty(device) }
  }

  /// Sends a device all it may get now, in one write.
  private func serve(_ device: Device) {
    var index = 0
    while index < device.subscriptions.count {
      let subscription = device.subscriptions[index]
      if sendText(subscription), let ending = subscription.turn.ending {
        // Before anything is sent: that may find the connection dead, and then the device has no subscriptions any more.
        guard index < device.subscriptions.count, device.subscriptions[index] === subscription else { break }
        device.subscriptions.remove(at: index)
        drop(subscription)
        device.link.send(ServerFrame(frame: ending))
      } else {
        index += 1
      }
    }
    guard device.isConnected else { return }
    device.link.flush()
    if device.blocked == nil, !device.link.isWritable, device.hasBacklog {
      device.blocked = (effects.now, device.link.outstandingBytes)
      metrics.cursorPauses.add(1)
    }
  }

  /// Sends text from the cursor on, as far as socket and credit allow. True when the device has all there is.
  private func sendText(_ subscription: Subscription) -> Bool {
    let device = subscription.device
    let turn = subscription.turn
    // If the beginning could not be saved, the answer ends without its text: it may be made anew after a restart.
    guard turn.isStartDurable || subscription.cursor == turn.log.count else { return turn.ending != nil }
    while subscription.cursor < turn.log.count {
      guard device.link.isWritable else { return false }
      var room = settings.maximumDeltaBytes
      if let credit = device.credit { room = min(room, Int(clamping: credit)) }
      let start = subscription.cursor
      let part = turn.log.part(at: start)
      let limit = room < part.end - start ? start + room : part.end
      let end = UTF8Cut.end(in: turn.log.bytes, from: start, limit: limit)
      if end <= start {
        if device.starvedSince == nil { device.starvedSince = effects.now }
        return false
      }
      turn.log.bytes.withUnsafeBytes { bytes in
        device.link.sendDelta(
          turnID: turn.id, offset: UInt64(start), part: part.mark,
          text: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
      }
      subscription.cursor = end
      if device.credit != nil {
        device.credit? -= UInt64(end - start)
        device.starvedSince = nil
      }
      metrics.deltasSent.add(1)
      metrics.deltaBytes.add(end - start)
    }
    return true
  }

  func grant(_ bytes: UInt64, _ device: Device) {
    guard let credit = device.credit else { return }
    let (sum, overflow) = credit.addingReportingOverflow(bytes)
    device.credit = overflow ? .max : sum
    markDirty(device)
  }

  /// Makes the device get the turn's text from `offset` on, and its end; nothing changes if it gets them already.
  func listen(_ device: Device, to turn: Turn, from offset: Int) {
    if device.subscriptions.contains(where: { $0.turn === turn }) { return }
    let subscription = Subscription(device: device, turn: turn, cursor: offset)
    device.subscriptions.append(subscription)
    turn.subscriptions.append(subscription)
    turn.unheardSince = nil
    markDirty(device)
  }

  /// The turn loses a listener; what that means is the listener policy's to say, at the next tick.
  func drop(_ subscription: Subscription) {
    let turn = subscription.turn
    turn.subscriptions.removeAll { $0 === subscription }
    if turn.subscriptions.isEmpty {
      turn.unheardSince = effects.now
      if case .cancel = settings.listenerPolicy { effects.wake(at: effects.now) }
    }
  }

  func unsubscribe(_ id: TurnID, _ device: Device) {
    guard let index = device.subscriptions.firstIndex(where: { $0.turn.id == id }) else { return }
    drop(device.subscriptions.remove(at: index))
  }
}
