import WeirWire

// Pages of history: what memory has and what the store has, joined without a gap and without a double.
extension ShardCore {
  func history(_ request: GetHistory, _ session: Session, _ reply: Reply) {
    guard Self.isValid(conversationID: request.conversationID) else { return refuse(Self.badConversationID, reply) }
    let limit = request.limit == 0 ? 50 : Int(min(request.limit, 500))
    let before = request.beforeSequence == 0 ? nil : request.beforeSequence
    withConversation(request.conversationID, in: session, reply) { [self] state in
      guard state.exists else {
        refuse(Refusal.noConversation(state.id), reply)
        return forget(state, in: session)
      }
      let known = state.tail.filter { before == nil || $0.sequence < before ?? 0 }
      if !state.hasOlder || known.count >= limit {
        let page = Array(known.suffix(limit))
        return self.page(state, page, hasMore: page.count < known.count || state.hasOlder, reply)
      }
      session.pendingRequests += 1
      read(.history(session.user, state.id, before: before, limit: limit)) { [self] result in
        session.pendingRequests -= 1
        switch result {
        case .history(_, let messages, let hasMore):
          join(messages, hasMore: hasMore, before: before, limit: limit, state, reply)
        case .failed(let reason): refuse(Refusal.cannotRead(reason), reply)
        default: break
        }
      }
    }
  }

  /// What became durable after the store's snapshot is in the tail: the page is the union, each sequence once, as memory
  /// has it.
  private func join(
    _ stored: [Message], hasMore: Bool, before: UInt64?, limit: Int, _ state: ConversationState, _ reply: Reply
  ) {
    var messages = stored
    for message in state.tail where before == nil || message.sequence < before ?? 0 {
      if let index = messages.lastIndex(where: { $0.sequence <= message.sequence }) {
        if messages[index].sequence == message.sequence {
          messages[index] = message
        } else {
          messages.insert(message, at: index + 1)
        }
      } else if messages.isEmpty {
        messages.append(message)
      }
    }
    page(state, Array(messages.suffix(limit)), hasMore: hasMore || messages.count > limit, reply)
  }

  private func page(_ state: ConversationState, _ messages: [Message], hasMore: Bool, _ reply: Reply) {
    let page = HistoryPage(
      conversationID: state.id, messages: messages, hasMore: hasMore, revision: state.durable.revision,
      turns: state.liveTurns.map(\.status))
    self.reply(.historyPage(page), to: reply)
  }
}
