internal import WeirWire

// What a person does with conversations and answers.
extension WeirClient {
  /// Adds a user message to a conversation and reads its answer.
  ///
  /// Returns at once; everything that follows, refusals too, comes on the stream. The message is sent again after a
  /// lost connection until the server has it; the client message id keeps it from being stored twice.
  /// - Parameters:
  ///   - text: what the message says.
  ///   - conversationID: where it goes, made if there is none; empty: the server makes a new one.
  ///   - clientMessageID: the message's own id, at most 64 bytes; nil: a random one. Use one of your own to send the
  ///     same message again after the program was restarted.
  ///   - expectedRevision: refuse the message if the conversation has moved on; nil: do not check.
  ///   - choice: what to do while another answer runs there.
  ///   - model: which model answers; nil: the server's default.
  ///   - options: the lane, the deadline, the tools and the cache.
  public func send(
    _ text: String, to conversationID: String = "", clientMessageID: String? = nil, expectedRevision: UInt64? = nil,
    onConflict choice: ConflictChoice = .queue, model: String? = nil, options: TurnOptions = TurnOptions()
  ) -> TurnStream {
    var message = SendMessage()
    message.conversationID = conversationID
    message.clientMessageID = clientMessageID ?? randomID()
    message.parts = [.text(text)]
    message.expectedRevision = expectedRevision
    message.onConflict = ConflictPolicy(choice)
    message.model = model ?? ""
    message.apply(options)
    return makeStream { [message] session, id in session.send(message, on: id) }
  }

  /// Gives the model the results of the tools that the conversation's last answer asked for, and reads how it goes on.
  /// Sent like any message: again after a lost connection, stored once.
  /// - Parameters:
  ///   - results: one for each call of that answer.
  ///   - conversationID: where the answer is.
  ///   - clientMessageID: the message's own id, at most 64 bytes; nil: a random one.
  ///   - model: which model answers; nil: the server's default.
  ///   - options: the lane, the deadline, the tools and the cache.
  public func sendToolResults(
    _ results: [ChatToolResult], to conversationID: String, clientMessageID: String? = nil, model: String? = nil,
    options: TurnOptions = TurnOptions()
  ) -> TurnStream {
    var message = SendMessage()
    message.conversationID = conversationID
    message.clientMessageID = clientMessageID ?? randomID()
    message.parts = results.map(Part.init)
    message.model = model ?? ""
    message.apply(options)
    return makeStream { [message] session, id in session.send(message, on: id) }
  }

  /// Goes on with an answer that was stopped, interrupted or cut by length. The stream's text begins where the old
  /// answer ends; `StartedTurn.offset` says where that is.
  /// - Parameter turnID: the turn to go on with; nil: the conversation's last.
  public func continueTurn(in conversationID: String, turnID: UInt64? = nil) -> TurnStream {
    let frame = ContinueTurn(conversationID: conversationID, turnID: turnID ?? 0)
    return makeStream { session, id in
      session.ask(.continueTurn(frame), conversationID: conversationID, position: nil, on: id)
    }
  }

  /// Asks for another answer to the last user message; the old one is kept as superseded.
  /// - Parameters:
  ///   - turnID: the turn to answer again; nil: the conversation's last.
  ///   - model: which model answers; nil: the server's default.
  public func regenerate(in conversationID: String, turnID: UInt64? = nil, model: String? = nil) -> TurnStream {
    let frame = RegenerateTurn(conversationID: conversationID, turnID: turnID ?? 0, model: model ?? "")
    return makeStream { session, id in
      session.ask(.regenerateTurn(frame), conversationID: conversationID, position: 0, on: id)
    }
  }

  /// Reads an answer that another device asked for, or one from before this program was started.
  /// - Parameter offset: the first byte wanted.
  public func follow(turn turnID: UInt64, from offset: UInt64 = 0) -> TurnStream {
    makeStream { session, id in session.follow(turnID: turnID, from: offset, on: id) }
  }

  /// Stops the answer that a stream reads, as soon as it has begun to exist. What had come is kept, and the stream
  /// ends with it.
  public func stop(_ stream: TurnStream) {
    session.stopTurn(of: stream.id)
    perform()
  }

  /// Stops an answer, whichever device asked for it.
  public func stop(turn turnID: UInt64) {
    session.stopTurn(turnID)
    perform()
  }

  /// Makes or finds a conversation and follows it.
  /// - Parameters:
  ///   - conversationID: 1 to 64 bytes of `[A-Za-z0-9_-]`; nil: a new one with a random id.
  ///   - title: the name for a new one.
  public func open(_ conversationID: String? = nil, title: String = "") async throws(WeirClientError)
    -> OpenedConversation
  {
    // The id is chosen here, so that asking again after a lost connection finds the same conversation.
    let frame = OpenConversation(conversationID: conversationID ?? randomID(), title: title)
    guard case .opened(let opened) = try await ask(.openConversation(frame)) else { throw Self.mismatch }
    return opened
  }

  /// The user's conversations, last changed first.
  /// - Parameters:
  ///   - limit: at most so many, 1 to 200.
  ///   - cursor: the `nextCursor` of the page before; nil: from the start.
  public func conversations(limit: Int = 50, after cursor: String? = nil) async throws(WeirClientError)
    -> ConversationPage
  {
    let frame = ListConversations(limit: UInt32(clamping: limit), cursor: cursor ?? "")
    guard case .conversations(let page) = try await ask(.listConversations(frame)) else { throw Self.mismatch }
    return page
  }

  /// A page of messages, in ascending order.
  /// - Parameters:
  ///   - sequence: only older messages than this; nil: the newest.
  ///   - limit: at most so many, 1 to 500.
  public func history(of conversationID: String, before sequence: UInt64? = nil, limit: Int = 50)
    async throws(WeirClientError) -> ChatHistoryPage
  {
    let frame = GetHistory(
      conversationID: conversationID, beforeSequence: sequence ?? 0, limit: UInt32(clamping: limit))
    guard case .history(let page) = try await ask(.getHistory(frame)) else { throw Self.mismatch }
    return page
  }

  /// Names a conversation; at most 512 bytes.
  @discardableResult
  public func rename(_ conversationID: String, to title: String) async throws(WeirClientError) -> ChatConversation {
    let frame = RenameConversation(conversationID: conversationID, title: title)
    guard case .changed(let conversation) = try await ask(.renameConversation(frame)) else { throw Self.mismatch }
    return conversation
  }

  /// Deletes a conversation with all its messages.
  public func delete(_ conversationID: String) async throws(WeirClientError) {
    let frame = DeleteConversation(conversationID: conversationID)
    guard case .deleted = try await ask(.deleteConversation(frame)) else { throw Self.mismatch }
  }

  /// The user's plan, its limits, and what is left of them.
  public func usage() async throws(WeirClientError) -> PlanUsage {
    guard case .usage(let usage) = try await ask(.getUsage(GetUsage())) else { throw Self.mismatch }
    return usage
  }

  /// 128 random bits, as 32 hexadecimal digits.
  private func randomID() -> String {
    Hex.encode((0..<16).map { _ in UInt8.random(in: .min ... .max, using: &random) })
  }

  private static var mismatch: WeirClientError {
    WeirClientError(
      code: .protocolViolation,
      message: "The server answered another question than was asked; is it a Weir server of this version?")
  }
}
