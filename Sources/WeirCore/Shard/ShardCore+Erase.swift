import WeirWire

// Forgetting a person while everybody else is served.
extension ShardCore {
  /// Begins to forget a user: from now on nobody comes in for them, their devices are sent away, their calls are cancelled,
  /// and what was under way for them comes to nothing, without being settled: the ledger forgets them too. Then the journal
  /// erases them, behind all that was handed to it before; `done` hears what became of that.
  ///
  /// Nothing of the user is written after that until `admitAgain`, which must follow for each call, also after a failure.
  /// If the journal could not erase, the user finds everything as after a crash.
  package func erase(_ user: UserID, then done: @escaping (JournalResult) -> Void) {
    erasing[ByteKey(user), default: 0] += 1
    unread.removeAll { ByteKey($0) == ByteKey(user) }
    forgetWaiters(of: user)
    if let session = sessions[ByteKey(user)] { dismantle(session) }
    append(JournalEntry(writes: [.eraseUser(user)]), isDroppable: false) { [self] result in
      if case .committed = result { metrics.usersErased.add(1) }
      done(result)
    }
  }

  /// One that erased the user is done. After the last the user may come again, as a stranger if all went well.
  package func admitAgain(_ user: UserID) {
    let key = ByteKey(user)
    guard let count = erasing[key] else { return }
    erasing[key] = count > 1 ? count - 1 : nil
  }

  func isErasing(_ user: UserID) -> Bool { !erasing.isEmpty && erasing[ByteKey(user)] != nil }

  /// What a device of a user hears who is being erased.
  static var erasure: DeviceCloseReason { .beingErased(reconnectAfterMs: 2000) }

  /// Takes all apart that the session holds. Nothing that still comes for it finds anything.
  private func dismantle(_ session: Session) {
    dismiss(session)
    for turn in session.turns.values {
      if turn.isLive { leaveDispatcher(turn) }
      turn.phase = .ended(at: effects.now)
      turn.asker = nil
      account(-turn.log.count)
    }
    session.early = []
    session.earlyCalls = []
    let devices = session.devices
    for device in devices {
      device.link.flush()
      device.link.close(Self.erasure)
      disconnected(device)
    }
    session.turns = [:]
    for state in session.conversations.values {
      account(-state.tailBytes)
      // Turns and conversations hold each other.
      state.running = nil
      state.waiting = []
      state.waiters = []
      state.whenQuiet = nil
    }
    session.conversations = [:]
  }
}
