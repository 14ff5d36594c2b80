import NIOCore
import Testing
import WeirWire

extension SystemTests {
  /// Frames that follow the schema and mean harm.
  @Suite struct RequestAttacks {
    @Test("numbers at their ends, unknown values and wrong ids are answered, never obeyed blindly")
    func extremes() async throws {
      try await withServer { server in
        let device = try await Device.connect(server, user: "ann")
        let answer = try await device.converse("hello", in: "talk")
        let turn = answer.transcript.turn
        let length = UInt64(answer.text.utf8.count)

        for offset in [length, length + 1, 1 << 32, 1 << 63, .max] as [UInt64] {
          let reply = try await device.ask(.subscribeTurn(SubscribeTurn(turnID: turn, offset: offset)))
          guard case .subscribed(let subscribed) = reply else { throw Device.Refused(reply) }
          #expect(subscribed.offset <= length)
        }
        for turn in [0, turn + 1, .max] as [UInt64] {
          let reply = try await device.ask(.subscribeTurn(SubscribeTurn(turnID: turn, offset: .max)))
          guard case .subscribed(let subscribed) = reply else { throw Device.Refused(reply) }
          #expect(subscribed.status?.state == .unknown)
          #expect(Device.Refused(try await device.ask(.stopTurn(StopTurn(turnID: turn)))).code == .notFound)
          let regenerate = ClientFrame.Kind.regenerateTurn(RegenerateTurn(conversationID: "talk", turnID: turn + 0))
          if turn != 0 { #expect(Device.Refused(try await device.ask(regenerate)).code == .notFound) }
        }
        device.send(.unsubscribeTurn(UnsubscribeTurn(turnID: .max)))
        for before in [1, 2, 1 << 63, .max] as [UInt64] {
          let reply = try await device.ask(
            .getHistory(GetHistory(conversationID: "talk", beforeSequence: before, limit: .max)))
          guard case .historyPage(let page) = reply else { throw Device.Refused(reply) }
          #expect(page.messages.count <= 2 && page.messages.allSatisfy { $0.sequence < before })
        }
        for cursor in [
          "x", ".", "18446744073709551616.a", "1./", "1.", ".a", "-1.a", String(repeating: "9", count: 10_000),
        ] {
          let reply = try await device.ask(.listConversations(ListConversations(limit: .max, cursor: cursor)))
          #expect(Device.Refused(reply).code == .invalidArgument, "\(cursor.prefix(30))")
        }
        for id in ["../ann", "a/b", "a b", "a\u{0}", "é", "\u{202E}", String(repeating: "a", count: 65), "*"] {
          for attempt: ClientFrame.Kind in [
            .openConversation(OpenConversation(conversationID: id)), .getHistory(GetHistory(conversationID: id)),
            .deleteConversation(DeleteConversation(conversationID: id)),
            .renameConversation(RenameConversation(conversationID: id, title: "x")),
            .sendMessage(SendMessage(conversationID: id, parts: [Part(part: .text("x"))])),
            .continueTurn(ContinueTurn(conversationID: id)), .regenerateTurn(RegenerateTurn(conversationID: id)),
          ] {
            #expect(Device.Refused(try await device.ask(attempt)).code == .invalidArgument, "\(attempt)")
          }
        }
        #expect(try await device.conversations().map(\.id) == ["talk"])
      }
    }

    @Test("values of enums that nobody knows count as not said, and a frame that asks for nothing is told so")
    func unknownValues() async throws {
      try await withServer { server in
        try await HandFrames.with(server, path: "/?user=ann", subprotocol: "weir.v1.json") { frames in
          func reply(to text: String) async throws -> String {
            frames.send(text: text)
            return String(decoding: try await frames.next().payload, as: UTF8.self)
          }
          let sent = try await reply(
            to: #"{"requestId":"1","sendMessage":{"parts":[{"text":"hi"}],"onConflict":99,"acks":[77]}}"#)
          #expect(sent.contains(#""ack""#) || sent.contains(#""error""#), "\(sent)")
        }
        // A field with another wire type than the schema's is an unknown field, which is skipped.
        try await HandFrames.with(server, path: "/?user=cleo") { frames in
          frames.connection.send(HandFrames.frame(2, [0x09, 1, 2, 3, 4, 5, 6, 7, 8]))
          let error = try ServerFrame.decode(ByteBuffer(bytes: try await frames.next().payload))
          #expect(error.frame.map { Device.Refused($0).code } == .invalidArgument)
          var ping = ByteBuffer()
          ClientFrame(requestID: 7, frame: .ping(Ping(nonce: 3))).encode(into: &ping)
          frames.connection.send(HandFrames.frame(2, Array(ping.readableBytesView)))
          let pong = try ServerFrame.decode(ByteBuffer(bytes: try await frames.next().payload))
          #expect(pong == ServerFrame(requestID: 7, frame: .pong(Pong(nonce: 3))))
        }
        let device = try await Device.connect(server, user: "bob")
        let empty = try await device.ask(.sendMessage(SendMessage()))
        #expect(Device.Refused(empty).code == .invalidArgument)
        try await HandFrames.with(server, path: "/?user=bob", subprotocol: "weir.v1.json") { frames in
          frames.send(text: #"{"requestId":"9"}"#)
          let text = String(decoding: try await frames.next().payload, as: UTF8.self)
          #expect(text.contains("INVALID_ARGUMENT"), "\(text)")
        }
      }
    }

    @Test("credit of 2^64 and more is as good as no limit, also in the middle of an answer")
    func credit() async throws {
      try await withServer { server in
        let device = try await Device.connect(server, user: "ann")
        _ = try await device.hello(Hello(version: .max, agent: String(repeating: "x", count: 10_000), credit: 1))
        let ack = try await device.say("talk [[tokens=2000 rate=0]]", in: "talk")
        for _ in 0..<3 { device.send(.grantCredit(GrantCredit(bytes: .max))) }
        let answer = try await device.answer(to: ack.turnID)
        #expect(answer.finished != nil && answer.faults == [])
      }
    }

    @Test("a flood of hellos that follow and resume what is not there leaves nothing in memory and delays nobody")
    func helloFlood() async throws {
      try await Siege.lay { siege in
        var number = 0
        let outcome = try await siege.attack("hellos", peak: 4 << 20) {
          let device = try await Device.connect(siege.server, user: "mallory")
          _ = try await device.hello()
          for _ in 0..<200 {
            number += 1
            let hello = Hello(
              resume: (0..<256).map { SubscribeTurn(turnID: UInt64(number * 1000 + $0), offset: 7) },
              follow: (0..<256).map { "nobodys-\(number)-\($0)" })
            device.send(.hello(hello))
          }
          // What is asked last is answered last.
          #expect(try await device.hello().user == "mallory")
          device.abort()
        }
        print("200 hellos: \(outcome.peak >> 10) KiB at the worst moment, \(outcome.growth >> 10) KiB afterwards")
      }
    }

    @Test("a flood of questions is answered or refused with rate_limited, each of them, and delays nobody")
    func questionFlood() async throws {
      try await Siege.lay { siege in
        let count = 10_000
        let outcome = try await siege.attack("questions", peak: 8 << 20) {
          let device = try await Device.connect(siege.server, user: "mallory")
          for number in 0..<count {
            let id = UInt64(number)
            device.send(.subscribeTurn(SubscribeTurn(turnID: id + 1_000_000, offset: 0)), requestID: id + 1)
          }
          var answered = 0
          var refused = 0
          while answered + refused < count {
            for arrival in try await device.arrivals(from: answered + refused, "replies") {
              switch arrival.frame.frame {
              case .subscribed(let it) where it.status?.state == .unknown: answered += 1
              case .error(let error) where error.code == .rateLimited && error.retryable: refused += 1
              default:
                Issue.record("\(arrival.frame)")
                return
              }
            }
          }
          device.abort()
        }
        print("\(count) questions: \(outcome.peak >> 10) KiB at the worst moment")
      }
    }

    @Test("one user's thousand connections become sixteen devices and refusals; nobody else notices")
    func connections() async throws {
      try await Siege.lay { siege in
        let outcome = try await siege.attack("connections", peak: 16 << 20) {
          var live = 0
          var refused = 0
          var devices: [Device] = []
          for _ in 0..<1000 { devices.append(try await Device.connect(siege.server, user: "mallory")) }
          for device in devices {
            // The first that were there stay.
            if live < 16 {
              #expect(try await device.hello().user == "mallory")
              live += 1
            } else {
              #expect(try await device.closed() == 1008)
              refused += 1
            }
          }
          #expect(refused == 984)
          for device in devices.prefix(16) { device.abort() }
        }
        print("1000 connections of a user: \(outcome.peak >> 10) KiB at the worst moment")
      }
    }

    @Test("a message that is sent again, from another device and after a loss, brings the same ack and is stored once")
    func duplicates() async throws {
      try await withServer { server in
        let first = try await Device.connect(server, user: "ann")
        first.send(
          .sendMessage(
            SendMessage(conversationID: "talk", clientMessageID: "m1", parts: [Part(part: .text("once"))])),
          requestID: 1)
        first.abort()
        let second = try await Device.connect(server, user: "ann")
        let third = try await Device.connect(server, user: "ann")
        let acks = [
          try await second.say("once", in: "talk", clientID: "m1"),
          try await third.say("once", in: "talk", clientID: "m1"),
          try await second.say("something else", in: "elsewhere", clientID: "m1"),
        ]
        #expect(Set(acks.map(\.turnID)).count == 1 && Set(acks.map(\.sequence)).count == 1)
        #expect(acks.allSatisfy { $0.conversationID == "talk" })
        try await server.waitForMetric("weir_turns_running") { $0 == 0 }
        #expect(try await second.history(of: "talk").filter { $0.role == .user }.map(\.text) == ["once"])
        #expect(try await second.conversations().map(\.id) == ["talk"])
      }
    }

    @Test("ten thousand conversations are listed in pages, each once, in bounded memory")
    func manyConversations() async throws {
      try await Siege.lay { siege in
        let count = TestRun.isFull ? 10_000 : 2_000
        let device = try await Device.connect(siege.server, user: "ann")
        for number in 0..<count {
          let reply = try await device.ask(.openConversation(OpenConversation(conversationID: "c\(number)")))
          guard case .conversationOpened = reply else { throw Device.Refused(reply) }
        }
        device.abort()
        try await siege.isAlone()
        try await siege.attack("lists", peak: 4 << 20) {
          let device = try await Device.connect(siege.server, user: "ann")
          var seen: [String] = []
          var cursor = ""
          repeat {
            let reply = try await device.ask(.listConversations(ListConversations(limit: .max, cursor: cursor)))
            guard case .conversationList(let page) = reply else { throw Device.Refused(reply) }
            #expect(page.conversations.count <= 200)
            seen += page.conversations.map(\.id)
            cursor = page.nextCursor
          } while !cursor.isEmpty
          #expect(Set(seen).count == count && seen.count == count)
          device.abort()
        }
      }
    }
  }
}
