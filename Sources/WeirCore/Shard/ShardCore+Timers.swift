import WeirWire

// What happens because time passes: checkpoints, retention, policies, limits; and the end of the server.
extension ShardCore {
  /// Something that was wished for with `ShardEffects.wake` may be due.
  package func tick() {
    let now = effects.now
    housekeep(at: now)
    if case .cancel = settings.listenerPolicy {
      for turn in calls.turns { applyListenerPolicy(to: turn, at: now) }
    }
    settle()
    // The wish that was fulfilled may have been another than this one, and only the earliest is kept.
    scheduleHousekeeping()
  }

  /// While there are sessions, housekeeping runs at the rhythm of the checkpoints.
  func scheduleHousekeeping() {
    if rounds.isEmpty, unread.isEmpty { return }
    effects.wake(at: rounds.nextVisit(now: effects.now))
  }

  private func housekeep(at now: MonotonicTime) {
    let wallClock = effects.wallClockMs
    for group in rounds.due(now: now) {
      if group == 0 { beginRound(at: now) }
      for session in rounds.members(of: group) { lookAfter(session, at: now, wallClock) }
    }
  }

  private func beginRound(at now: MonotonicTime) {
    relieveMemory(at: now)
    let again = unread
    unread = []
    for user in again { wake(user: user) }
  }

  private func lookAfter(_ session: Session, at now: MonotonicTime, _ wallClock: UInt64) {
    checkpoint(session)
    for device in session.devices { watch(device, at: now, wallClock) }
    if !session.turns.isEmpty { retire(session, at: now) }
    if session.isIdle, now.since(session.lastUsed) >= settings.sessionIdle {
      evict(session)
    } else {
      unload(session, at: now)
    }
  }

  /// Hands the new text of the user's running answers to the store. Nobody waits for it.
  private func checkpoint(_ session: Session) {
    for turn in session.turns.values where turn.isLive && !turn.record.isDirect {
      // Nobody can come back to an answer of the HTTP API.
      guard let fresh = turn.log.takeCheckpoint() else { continue }
      metrics.checkpoints.add(1)
      let write = StoreWrite.turnText(
        session.user, turn.id, offset: UInt64(fresh.offset), text: fresh.text, marks: fresh.marks)
      effects.append(JournalEntry(writes: [write], isOwed: true), token: 0)
    }
  }

  /// While the process is short of memory, messages that the store has too leave it. Nothing is read from providers then,
  /// so running answers would neither grow nor end: if it stays so, one is ended with its text kept, at each housekeeping,
  /// until there is room. It is the longest; if none has text yet, the one whose conversation holds most.
  private func relieveMemory(at now: MonotonicTime) {
    account(0)
    if memoryPressure == .none { return }
    for session in sessions.values {
      for state in session.conversations.values { account(-state.chill()) }
    }
    guard let since = pressedSince, now.since(since) >= settings.memoryPatience else { return }
    let live = calls.turns.filter(\.isLive).map { (turn: $0, text: $0.log.count, around: heldAround($0)) }
    guard let heaviest = live.max(by: { ($0.text, $0.around) < ($1.text, $1.around) }),
      heaviest.text > 0 || heaviest.around > 0, let session = heaviest.turn.owner
    else { return }
    fail(heaviest.turn, Refusal.memoryShort, in: session)
  }

  /// Bytes of messages that stay in memory at least until the turn ends.
  private func heldAround(_ turn: Turn) -> Int {
    turn.owner?.conversations[turn.record.conversationID]?.tailBytes ?? 0
  }

  private func watch(_ device: Device, at now: MonotonicTime, _ wallClock: UInt64) {
    if let expiry = device.expiresAtMs, wallClock >= expiry { return device.link.close(.tokenExpired) }
    guard let blocked = device.blocked else { return }
    let unsent = device.link.outstandingBytes
    if unsent != blocked.unsent {
      device.blocked = (now, unsent)
    } else if now.since(blocked.since) >= settings.stallLimit {
      metrics.devicesStalled.add(1)
      device.link.close(.stalled)
    }
  }

  private func retire(_ session: Session, at now: MonotonicTime) {
    let turns = session.turns
    for turn in turns.values {
      if turn.isLive {
        if isTooLate(turn) {
          fail(turn, Refusal.tooLate, in: session)
        } else {
          applyListenerPolicy(to: turn, at: now)
        }
      } else if case .ended(let end) = turn.phase {
        guard turn.record.isDirect || now.since(end) >= settings.logRetention || memoryPressure != .none else {
          continue
        }
        if turn.subscriptions.isEmpty {
          forget(turn, in: session)
        } else {
          closeStarved(turn, at: now)
        }
      }
    }
  }

  /// The log of a turn that has ended leaves memory.
  func forget(_ turn: Turn, in session: Session) {
    account(-turn.log.count)
    session.turns[turn.id] = nil
  }

  /// Answers are not kept for ever for devices that grant no credit: those can come back and have the message.
  private func closeStarved(_ turn: Turn, at now: MonotonicTime) {
    for subscription in turn.subscriptions {
      let device = subscription.device
      guard let since = device.starvedSince, now.since(since) >= settings.stallLimit else { continue }
      metrics.devicesStalled.add(1)
      device.link.close(.stalled)
    }
  }

  private func applyListenerPolicy(to turn: Turn, at now: MonotonicTime) {
    guard turn.isLive, let since = turn.unheardSince, let session = turn.owner else { return }
    if !turn.hasBegun, let patience = policy.lane(turn.record.lane).flatMap({ policy.lanes[$0].unheardWait }),
      now.since(since) >= patience
    {
      metrics.turnsAbandoned.add(1)
      return fail(turn, Refusal.abandoned, in: session)
    }
    switch settings.listenerPolicy {
    case .keep: return
    case .keepFor(let patience): if now.since(since) < patience { return }
    case .cancel: break
    }
    metrics.turnsAbandoned.add(1)
    fail(turn, Refusal.abandoned, in: session)
  }

  /// Whether the time in which the turn could begin is over. The dispatcher sees to those that it has.
  func isTooLate(_ turn: Turn) -> Bool {
    guard case .waiting = turn.phase, turn.record.startByMs > 0 else { return false }
    return effects.wallClockMs > turn.record.startByMs
  }

  private func evict(_ session: Session) {
    for state in session.conversations.values { account(-state.tailBytes) }
    dismiss(session)
    metrics.sessionsEvicted.add(1)
  }

  /// Lets go of conversations nobody follows.
  private func unload(_ session: Session, at now: MonotonicTime) {
    let conversations = session.conversations
    for state in conversations.values
    where state.followers.isEmpty && now.since(state.lastUsed) >= settings.sessionIdle {
      if case .ready = state.phase, !session.turns.values.contains(where: { $0.conversation === state }) {
        forget(state, in: session)
      }
    }
  }

  /// The server stops: running answers are ended with their text kept, devices are told, nothing new is taken. Turns that
  /// wait stay in the store, and run after the next start. When `isSettled` turns true, all of it is durable.
  package func drain() {
    isDraining = true
    for session in sessions.values {
      for turn in Array(session.turns.values) where turn.isLive {
        if turn.hasBegun || turn.record.isDirect {
          fail(turn, Refusal.interrupted, in: session)
        } else if turn.call != nil {
          leaveDispatcher(turn)
          turn.phase = .waiting
          metrics.turnsQueued.add(1)
        }
      }
    }
  }

  /// The last word to all devices; call it when the core is settled, or when there is no more time for that.
  package func dismissDevices() {
    settle()
    for session in sessions.values {
      for device in session.devices {
        device.link.flush()
        device.link.close(.goingAway(reconnectAfterMs: reconnectHint()))
      }
    }
  }
}
