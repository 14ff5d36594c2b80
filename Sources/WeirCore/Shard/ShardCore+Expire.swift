import WeirWire

// Conversations that are older than their owner's plan keeps them.
extension ShardCore {
  /// Deletes a conversation that has not changed since `listedAtMs`, if nothing is under way in it; else it stays until
  /// somebody asks again. `done` runs when that is decided and durable.
  package func expire(
    _ id: ConversationID, of user: UserID, listedAtMs: UInt64, then done: @escaping () -> Void
  ) {
    if isErasing(user) { return done() }
    guard let session = sessions[ByteKey(user)] else { return expireUnloaded(id, of: user, listedAtMs, done) }
    guard case .ready = session.phase else { return done() }
    let known = session.conversations[id]
    if let known, !known.canExpire(listedAtMs) { return done() }
    let state = known ?? ConversationState(id: id, now: effects.now)
    session.conversations[id] = state
    // Who wants it meanwhile waits, and finds what the store has then.
    state.phase = .deleting
    state.appendsUnderWay += 1
    append(JournalEntry(writes: [.expireConversation(user, id, updatedAtMs: listedAtMs)]), isDroppable: false) {
      [self] result in
      state.appendsUnderWay -= 1
      // The user may have been erased.
      if session.conversations[id] === state {
        if case .committed = result { expired(state, in: session) }
        renew(state, in: session)
      }
      done()
    }
  }

  /// Nobody of the user is in memory; whoever comes before the journal has answered waits for that.
  private func expireUnloaded(
    _ id: ConversationID, of user: UserID, _ listedAtMs: UInt64, _ done: @escaping () -> Void
  ) {
    let key = ByteKey(user)
    expiring[key, default: 0] += 1
    append(JournalEntry(writes: [.expireConversation(user, id, updatedAtMs: listedAtMs)]), isDroppable: false) {
      [self] result in
      if case .committed = result { metrics.conversationsExpired.add(1) }
      let left = (expiring[key] ?? 1) - 1
      expiring[key] = left == 0 ? nil : left
      if left == 0, let session = sessions[key] { load(session) }
      done()
    }
  }

  private func expired(_ state: ConversationState, in session: Session) {
    metrics.conversationsExpired.add(1)
    for device in session.devices where !device.isDirect {
      send(.conversationDeleted(.init(conversationID: state.id)), to: device)
    }
  }

  /// What memory has of the conversation is let go; what waited for it has it read from the store.
  private func renew(_ state: ConversationState, in session: Session) {
    account(-state.tailBytes)
    for device in state.followers { device.follows.removeAll { $0 == state.id } }
    session.conversations[state.id] = nil
    if state.waiters.isEmpty { return }
    let fresh = ConversationState(id: state.id, now: effects.now)
    fresh.waiters = state.waiters
    state.waiters = []
    session.conversations[state.id] = fresh
    load(fresh, in: session)
  }
}

extension ConversationState {
  /// Whether it is as the list had it, and nothing happens in it.
  fileprivate func canExpire(_ listedAtMs: UInt64) -> Bool {
    switch phase {
    case .ready, .cold: break
    case .loading, .deleting: return false
    }
    return exists && !isBusy && waiters.isEmpty && whenQuiet == nil && self.listedAtMs == listedAtMs
  }
}
