import Testing
import WeirClient
import WeirWire

extension SystemTests {
  /// One log, many cursors: reconnect, refresh and second device are the same thing.
  @Suite struct Resume {
    private static let story = "a story [[tokens=300 rate=200 delay=0ms]]"

    @Test("an answer cut by a lost connection is whole, byte for byte, after Hello.resume, on both devices")
    func reconnect() async throws {
      try await withServer { server in
        let first = try await Device.connect(server, user: "ann")
        let other = try await Device.connect(server, user: "ann")
        _ = try await other.open("story")
        let ack = try await first.say(Self.story, in: "story")
        let head = try await first.text(of: ack.turnID, atLeast: 300)
        first.abort()

        let second = try await Device.connect(server, user: "ann")
        let welcome = try await second.hello(
          Hello(resume: [SubscribeTurn(turnID: ack.turnID, offset: head.end)], follow: ["story"]))
        #expect(welcome.resumed.map(\.state) == [.running])
        let tail = try await second.answer(to: ack.turnID, from: head.end)
        let seenByOther = try await other.answer(to: ack.turnID)
        #expect(head.faults + tail.faults + seenByOther.faults == [])
        #expect(tail.finished?.reason == .complete)

        let stored = try await second.history(of: "story").last
        #expect(stored?.text == head.text + tail.text)
        #expect(stored?.text == seenByOther.text)
        #expect(stored?.status == .complete)
      }
    }

    @Test("a second device that opens the conversation in the middle gets the answer from its beginning")
    func secondDevice() async throws {
      try await withServer { server in
        let first = try await Device.connect(server, user: "ann")
        let ack = try await first.say(Self.story, in: "story")
        _ = try await first.text(of: ack.turnID, atLeast: 300)
        let second = try await Device.connect(server, user: "ann", .init(format: .json))
        let opened = try await second.open("story")
        #expect(opened.turns.map(\.turnID) == [ack.turnID])
        let (one, two) = try await (first.answer(to: ack.turnID), second.answer(to: ack.turnID))
        #expect(one.text == two.text)
        #expect(one.faults + two.faults == [])
      }
    }

    @Test("after the end the log serves whoever comes back; when it is gone the finished message comes, and says so")
    func afterTheEnd() async throws {
      try await withServer(ServerProcess.fastDemo + ["--set", "streaming.logRetention=100ms"]) { server in
        let device = try await Device.connect(server, user: "ann")
        let ack = try await device.say("hello", in: "talk")
        let answer = try await device.answer(to: ack.turnID)
        let message = try await poll("the log to be gone") {
          let reply = try await device.ask(.subscribeTurn(SubscribeTurn(turnID: ack.turnID, offset: 5)))
          guard case .subscribed(let subscribed) = reply else { throw Device.Refused(reply) }
          return subscribed.message.map { ($0, subscribed.status) }
        }
        #expect(message.0.text == answer.text)
        #expect(message.0.status == .complete)
        #expect(message.1?.state == .finished)
        #expect(message.1?.length == UInt64(answer.text.utf8.count))
        let reply = try await device.ask(.subscribeTurn(SubscribeTurn(turnID: 4711)))
        guard case .subscribed(let unknown) = reply else { throw Device.Refused(reply) }
        #expect(unknown.status?.state == .unknown)
      }
    }

    @Test("an idle user leaves memory and comes back from the store without noticing")
    func eviction() async throws {
      try await withServer(
        ServerProcess.fastDemo + ["--set", "sessions.idleEviction=1s", "--set", "streaming.logRetention=100ms"]
      ) { server in
        let device = try await Device.connect(server, user: "ann")
        let first = try await device.converse("one", in: "talk", clientID: "m1")
        device.abort()
        try await server.waitForMetric("weir_sessions_evicted_total") { $0 >= 1 }
        let back = try await Device.connect(server, user: "ann")
        let again = try await back.say("one", in: "talk", clientID: "m1")
        #expect(again.duplicate)
        #expect(again.turnID == first.transcript.turn)
        _ = try await back.converse("two", in: "talk")
        #expect(try await back.history(of: "talk").map(\.role) == [.user, .assistant, .user, .assistant])
      }
    }

    @Test("the Swift client brings an answer whole over a network that is cut five times")
    func swiftClient() async throws {
      try await withServer { server in
        let network = try await CuttingProxy.start(to: server.port)
        defer { network.stop() }
        var configuration = WeirClientConfiguration()
        configuration.url = "ws://127.0.0.1:\(network.port)/"
        configuration.user = "ann"
        let client = try WeirClient(configuration)
        try await client.connect()
        var text = ""
        var nextCut = 100
        var end: TurnEvent?
        for await event in await client.send(Self.story, to: "story") {
          if case .text(let piece) = event { text += piece }
          if text.utf8.count >= nextCut, nextCut <= 500 {
            nextCut += 100
            network.cut()
          }
          end = event
        }
        guard case .finished(let finished)? = end else {
          Issue.record("the answer ended with \(String(describing: end))")
          return
        }
        #expect(finished.length == UInt64(text.utf8.count))
        #expect(network.connections > 1)
        await client.close()
        let device = try await Device.connect(server, user: "ann")
        let messages = try await device.history(of: "story")
        #expect(messages.map(\.role) == [.user, .assistant])
        #expect(messages.last?.text == text)
      }
    }
  }
}
