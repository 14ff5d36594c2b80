import Testing
import WeirWire

/// What tests do with a device again and again.
extension Device {
  /// Sends a message, and waits until it is durable.
  func say(
    _ text: String, in conversation: String = "", clientID: String = "", onConflict: ConflictPolicy = .unspecified
  ) async throws -> Ack {
    let message = SendMessage(
      conversationID: conversation, clientMessageID: clientID, parts: [Part(part: .text(text))], onConflict: onConflict)
    let reply = try await ask(.sendMessage(message))
    guard case .ack(let ack) = reply else { throw Refused(reply) }
    #expect(ack.level == .durable)
    return ack
  }

  /// Sends a message, and waits for its whole answer.
  func converse(_ text: String, in conversation: String = "", clientID: String = "") async throws -> Answer {
    let mark = count
    let ack = try await say(text, in: conversation, clientID: clientID)
    return try await answer(to: ack.turnID, since: mark)
  }

  /// Follows the text of a turn from what came first until its end. A gap or a piece at the wrong place is an error.
  func answer(
    to turn: UInt64, since mark: Int = 0, from offset: UInt64 = 0, within limit: Duration = .seconds(60)
  ) async throws -> Answer {
    var transcript = Transcript(turn: turn, offset: offset)
    return try await wait(for: "the end of turn \(turn)", since: mark, within: limit) { frame in
      transcript.take(frame).map { Answer(transcript: transcript, ending: $0) }
    }
  }

  /// Waits until at least `bytes` of a turn's text are here; returns what there is.
  func text(of turn: UInt64, atLeast bytes: Int, since mark: Int = 0, from offset: UInt64 = 0) async throws
    -> Transcript
  {
    var transcript = Transcript(turn: turn, offset: offset)
    return try await wait(for: "\(bytes) bytes of turn \(turn)", since: mark) { frame in
      _ = transcript.take(frame)
      return transcript.text.utf8.count >= bytes ? transcript : nil
    }
  }

  /// All messages of a conversation, oldest first.
  func history(of conversation: String, page limit: UInt32 = 500) async throws -> [Message] {
    var messages: [Message] = []
    while true {
      let before = messages.first?.sequence ?? 0
      let reply = try await ask(
        .getHistory(GetHistory(conversationID: conversation, beforeSequence: before, limit: limit)))
      guard case .historyPage(let page) = reply else { throw Refused(reply) }
      messages = page.messages + messages
      if !page.hasMore { return messages }
    }
  }

  /// The conversations of the device's user.
  func conversations() async throws -> [Conversation] {
    let reply = try await ask(.listConversations(ListConversations()))
    guard case .conversationList(let list) = reply else { throw Refused(reply) }
    return list.conversations
  }

  func hello(_ hello: Hello = Hello(version: 1, agent: "system-tests")) async throws -> Welcome {
    let reply = try await ask(.hello(hello))
    guard case .welcome(let welcome) = reply else { throw Refused(reply) }
    return welcome
  }

  func open(_ conversation: String) async throws -> ConversationOpened {
    let reply = try await ask(.openConversation(OpenConversation(conversationID: conversation)))
    guard case .conversationOpened(let opened) = reply else { throw Refused(reply) }
    return opened
  }

  /// Another reply came than the one that was asked for.
  struct Refused: Error, CustomStringConvertible {
    let reply: ServerFrame.Kind
    init(_ reply: ServerFrame.Kind) { self.reply = reply }
    var description: String { "the server replied \(reply)" }

    /// If it was an error: which.
    var code: ErrorCode? { if case .error(let error) = reply { error.code } else { nil } }
  }
}

extension Message {
  /// All its text.
  var text: String {
    parts.reduce(into: "") { text, part in
      if case .text(let piece)? = part.part { text += piece }
    }
  }
}
