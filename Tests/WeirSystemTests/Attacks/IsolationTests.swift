import Testing
import WebSocket
import WeirWire

extension SystemTests {
  /// Nobody reaches what is another's: by its id, by a name that looks like the owner's, by any frame.
  @Suite struct Isolation {
    /// Every kind of frame that carries an id, with these ids.
    private static func attempts(conversation: String, turn: UInt64) -> [(String, ClientFrame.Kind)] {
      [
        ("rename", .renameConversation(RenameConversation(conversationID: conversation, title: "mine now"))),
        ("delete", .deleteConversation(DeleteConversation(conversationID: conversation))),
        ("history", .getHistory(GetHistory(conversationID: conversation))),
        ("older history", .getHistory(GetHistory(conversationID: conversation, beforeSequence: 2, limit: 500))),
        ("stop", .stopTurn(StopTurn(turnID: turn))),
        ("continue", .continueTurn(ContinueTurn(conversationID: conversation))),
        ("continue a turn", .continueTurn(ContinueTurn(conversationID: conversation, turnID: turn))),
        ("regenerate", .regenerateTurn(RegenerateTurn(conversationID: conversation))),
        ("regenerate a turn", .regenerateTurn(RegenerateTurn(conversationID: conversation, turnID: turn))),
        ("subscribe", .subscribeTurn(SubscribeTurn(turnID: turn))),
        ("subscribe behind", .subscribeTurn(SubscribeTurn(turnID: turn, offset: 10))),
        ("hello", .hello(Hello(resume: [SubscribeTurn(turnID: turn)], follow: [conversation]))),
        ("list behind it", .listConversations(ListConversations(cursor: "18446744073709551615.\(conversation)"))),
        ("usage", .getUsage(GetUsage())),
      ]
    }

    /// What a device hears, with the id that it asked for, and what differs from moment to moment, left out.
    private static func words(_ reply: ServerFrame.Kind, _ conversation: String, _ turn: UInt64) -> String {
      switch reply {
      case .welcome(let welcome): "\(welcome.resumed.map(\.state))"
      default: "\(reply)".replacing(conversation, with: "ID").replacing("\(turn)", with: "TURN")
      }
    }

    @Test("for every frame that carries an id, another's id is answered as one that nobody has")
    func everyFrame() async throws {
      try await withServer { server in
        let ann = try await Device.connect(server, user: "ann")
        let ended = try await ann.converse("a secret that has been told", in: "anns-first")
        let running = try await ann.say("a secret [[tokens=100000 rate=50 delay=0ms]]", in: "anns-second")
        _ = try await ann.text(of: running.turnID, atLeast: 20)
        for (conversation, turn) in [
          ("anns-first", ended.transcript.turn), ("anns-second", running.turnID),
        ] {
          for (name, attempt) in Self.attempts(conversation: conversation, turn: turn) {
            // Devices of their own, so that nothing of one attempt is the cause of another's answer.
            let bob = try await Device.connect(server, user: "bob")
            let real = Self.words(try await bob.ask(attempt), conversation, turn)
            let nobodys = Self.attempts(conversation: "nobodys", turn: 987_654).first { $0.0 == name }?.1
            let fake = Self.words(try await bob.ask(try #require(nobodys)), "nobodys", 987_654)
            #expect(real == fake, "\(name)")
            #expect(!bob.state.value.arrivals.contains { "\($0.frame)".contains("secret") }, "\(name)")
            bob.abort()
          }
        }
        let usage = try await ann.ask(.getUsage(GetUsage()))
        guard case .usageReport = usage else { throw Device.Refused(usage) }
        // Ann has lost nothing by it.
        ann.send(.stopTurn(StopTurn(turnID: running.turnID)))
        #expect(try await ann.answer(to: running.turnID).finished?.reason == .stopped)
        #expect(try await ann.conversations().map(\.title).contains("mine now") == false)
        #expect(try await ann.history(of: "anns-first").count == 2)
      }
    }

    @Test("names that look alike, begin alike or hold any bytes are users of their own")
    func names() async throws {
      let names = [
        "ann", "Ann", "ann%20", "ann%00", "ann%00b", "%00", "%00ann", "ann%2F..%2Fann", "..%2Fann", "an",
        "%E2%80%AEnna", "e%CC%81", "%C3%A9", "ann%0D%0AX-Injected:1", "%F4%8F%BF%BF",
        String(repeating: "a", count: 256),
        String(repeating: "a", count: 255),
      ]
      try await withServer { server in
        for (number, name) in names.enumerated() {
          let device = try await Device.connect(server, user: name)
          #expect(
            try await device.converse("secret of \(number)", in: "talk", clientID: "m1").finished != nil, "\(name)")
          device.abort()
        }
        for (number, name) in names.enumerated() {
          let device = try await Device.connect(server, user: name)
          let mine = try await device.history(of: "talk").filter { $0.role == .user }.map(\.text)
          #expect(mine == ["secret of \(number)"], "\(name)")
          device.abort()
        }
        // Another spelling of a name (RFC 3986 section 6.2.2.2) is that name.
        let ann = try await Device.connect(server, user: "a%6En")
        #expect(try await ann.hello().user == "ann")
        ann.abort()
        for name in [String(repeating: "a", count: 257), String(repeating: "a", count: 4096), ""] {
          await #expect(throws: WebSocketClientError.self, "\(name.prefix(40))") {
            try await Device.connect(server, user: name).abort()
          }
        }
        // What is no text names nobody: without a key such a device is the nameless user of this machine.
        for name in ["%FF", "%C0%80", "%ED%A0%80"] {
          let device = try await Device.connect(server, user: name)
          #expect(try await device.hello().user == "local")
          #expect(try await device.conversations().isEmpty)
          device.abort()
        }
        #expect(!server.child.state.value.err.contains("secret of"))
        #expect(!server.child.state.value.err.contains("\nX-Injected"))
      }
    }
  }
}
