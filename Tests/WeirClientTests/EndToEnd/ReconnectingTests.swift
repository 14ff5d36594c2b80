import NIOCore
import NIOPosix
import Testing
import WeirWire

@testable import WeirClient

@Suite("Against a server that breaks off", .timeLimit(.minutes(1)))
struct ReconnectingTests {
  private static let answer = (1...60).map { "Zeile \($0): äöü € 😀. " }.joined()

  private func client(
    _ server: FakeWeir, retriesFirstConnection: Bool = false,
    _ change: (inout WeirClientConfiguration) -> Void = { _ in }
  ) throws -> WeirClient {
    var configuration = WeirClientConfiguration(
      url: server.url, backoff: Backoff(base: .milliseconds(2), limit: .milliseconds(20)))
    change(&configuration)
    return try WeirClient(
      configuration, loop: MultiThreadedEventLoopGroup.singleton.next(), random: SeededRandom(seed: 7),
      retriesFirstConnection: retriesFirstConnection)
  }

  @Test(
    "an answer cut again and again arrives whole and once", arguments: WeirClientConfiguration.Format.allCases,
    [0, 512])
  func cut(format: WeirClientConfiguration.Format, credit: Int) async throws {
    let fates: [FakeWeir.Fate] = [
      .cutAfterDeltas(3), .cutAfterDeltas(0), .cutAfterDeltas(40), .goodbyeAfterDeltas(7, hintMs: 3),
      .cutAfterDeltas(1),
    ]
    let record = try await FakeWeir.with(answer: Self.answer, pieceBytes: 7, fates: fates) { server in
      let client = try client(server) {
        $0.format = format
        $0.creditBytes = credit
      }
      try await client.connect()
      let stream = await client.send("question", to: "c", clientMessageID: "id-1")
      #expect(try await stream.text() == Self.answer)
      await client.close()
    }
    #expect(record.connections == fates.count + 1)
    #expect(record.hellos.allSatisfy { $0.credit <= UInt64(credit) })
    #expect(record.messages.allSatisfy { $0.clientMessageID == "id-1" && $0.parts == [.text("question")] })
    let offsets = record.hellos.flatMap(\.resume).map(\.offset)
    #expect(offsets == offsets.sorted(), "each resume goes on where the last one was, or further")
  }

  @Test(
    "an answer of several parts, cut again and again, has every part whole and once",
    arguments: WeirClientConfiguration.Format.allCases, [0, 64])
  func cutParts(format: WeirClientConfiguration.Format, credit: Int) async throws {
    let parts: [Part] = [
      Part(part: .reasoning(Reasoning(text: "Schön, äh … 😀 mal sehen.", signature: "not shown"))), .text("Moment. "),
      Part(part: .toolCall(ToolCall(id: "1", name: "weather", arguments: #"{"city":"Köln"}"#))),
      Part(part: .toolCall(ToolCall(id: "2", name: "time"))),
      Part(part: .toolCall(ToolCall(id: "3", name: "time"))), .text("Bis gleich."),
    ]
    // Each connection brings a little more: every border between two pieces is a place where one breaks.
    let fates: [FakeWeir.Fate] = (0..<20).map { .cutAfterDeltas($0 % 3 + 1) }
    let record = try await FakeWeir.with(parts: parts, pieceBytes: 7, fates: fates) { server in
      let client = try client(server) {
        $0.format = format
        $0.creditBytes = credit
      }
      try await client.connect()
      var answer = AnswerParts()
      for await event in await client.send("question", to: "c") { answer.add(event) }
      #expect(answer.parts == parts.map(ChatPart.init))
      await client.close()
    }
    #expect(record.connections > 5)
  }

  @Test("the result of a tool is a message like any other: its ack may be lost, and it is stored once")
  func toolResults() async throws {
    let results = [
      ChatToolResult(callID: "1", text: "21 °C"), ChatToolResult(callID: "2", text: "no", isFailure: true),
    ]
    let record = try await FakeWeir.with(fates: [.cutBeforeAck]) { server in
      let client = try client(server)
      try await client.connect()
      let options = TurnOptions(lane: "batch", tools: "[]")
      let stream = await client.sendToolResults(results, to: "c", clientMessageID: "r", options: options)
      #expect(try await stream.text() == FakeWeir.answer)
      await client.close()
    }
    let wire = SendMessage(
      conversationID: "c", clientMessageID: "r",
      parts: [
        Part(part: .toolResult(ToolResult(toolCallID: "1", text: "21 °C"))),
        Part(part: .toolResult(ToolResult(toolCallID: "2", text: "no", failed: true))),
      ], lane: "batch", toolsJSON: "[]")
    #expect(record.messages == [wire, wire])
  }

  @Test("a message whose ack was lost is sent again, stored once, and answered")
  func lostAck() async throws {
    let record = try await FakeWeir.with(fates: [.cutBeforeAck, .cutBeforeAck]) { server in
      let client = try client(server)
      try await client.connect()
      var events: [TurnEvent] = []
      for await event in await client.send("question", to: "c") { events.append(event) }
      guard case .acked(let acked) = events.first, case .finished(let finished) = events.last else {
        Issue.record("\(events)")
        return
      }
      #expect(acked.isDuplicate && acked.turnID == 1)
      #expect(finished.length == 44)
      await client.close()
    }
    #expect(record.messages.count == 3)
    #expect(Set(record.messages.map(\.clientMessageID)).count == 1)
  }

  @Test("deltas that are left out are asked for")
  func gaps() async throws {
    let record = try await FakeWeir.with(answer: Self.answer, fates: [.lossy]) { server in
      let client = try client(server)
      try await client.connect()
      #expect(try await client.send("question", to: "c").text() == Self.answer)
      await client.close()
    }
    #expect(record.connections == 1)
    #expect(record.frames.contains { if case .subscribeTurn = $0.frame { true } else { false } })
  }

  @Test("a server that restarts is left and found again as it asks, and the events say so")
  func goodbye() async throws {
    _ = try await FakeWeir.with(fates: [.goodbyeAfterDeltas(2, hintMs: 40)]) { server in
      let client = try client(server)
      let events = await client.events()
      try await client.connect()
      _ = try await client.send("question", to: "c").text()
      await client.close()
      var seen: [ClientEvent] = []
      for await event in events { seen.append(event) }
      guard seen.count == 5, case .connected(_, isReconnect: false) = seen[0], case .goodbye("Restarting.") = seen[1],
        case .disconnected(let error, retryAfter: .milliseconds(40)) = seen[2],
        case .connected(_, isReconnect: true) = seen[3], case .stopped(let last) = seen[4]
      else {
        Issue.record("\(seen)")
        return
      }
      #expect(error.message.contains("1012") && last.code == .closed)
    }
  }

  @Test("the server never has more text on its way than it was granted, however slowly it is read")
  func credit() async throws {
    let record = try await FakeWeir.with(answer: Self.answer, pieceBytes: 7) { server in
      let client = try client(server) { $0.creditBytes = 64 }
      try await client.connect()
      var text = ""
      for await event in await client.send("question", to: "c") {
        if case .text(let piece) = event { text += piece }
        await Task.yield()
      }
      #expect(text == Self.answer)
      await client.close()
    }
    #expect(record.hellos.map(\.credit) == [64])
    let granted = record.frames.reduce(UInt64(0)) { sum, frame in
      if case .grantCredit(let grant) = frame.frame { sum + grant.bytes } else { sum }
    }
    #expect(record.worstOverdraft <= 0)
    #expect(granted >= UInt64(Self.answer.utf8.count) - 64 && granted <= UInt64(Self.answer.utf8.count))
  }

  @Test("a server that is there and says nothing is given up, and the next connection goes on")
  func halfOpen() async throws {
    let record = try await FakeWeir.with(fates: [.cutAfterDeltas(2), .silent]) { server in
      // A machine so busy that it takes a live connection for a dead one changes nothing but their number.
      let client = try client(server, retriesFirstConnection: true) { $0.pingInterval = .milliseconds(150) }
      try await client.connect()
      let text = try await client.send("question", to: "c").text()
      #expect(text.utf8.count == 44)
      await client.close()
    }
    #expect(record.connections >= 3)
  }

  @Test("stopping ends the stream with what had come")
  func stop() async throws {
    _ = try await FakeWeir.with(answer: Self.answer, pieceBytes: 4) { server in
      // With so little credit the server waits for the reader in the middle of the answer.
      let client = try client(server) { $0.creditBytes = 32 }
      try await client.connect()
      let stream = await client.send("question", to: "c")
      var text = ""
      var last: TurnEvent?
      for await event in stream {
        if case .text(let piece) = event {
          if text.isEmpty { await client.stop(stream) }
          text += piece
        }
        last = event
      }
      guard case .finished(let finished) = last else {
        Issue.record("\(String(describing: last))")
        return
      }
      #expect(finished.reason == .stopped)
      #expect(Self.answer.utf8.count > text.utf8.count && Int(finished.length) == text.utf8.count)
      await client.close()
    }
  }

  @Test("the token and the user go with every connection")
  func identity() async throws {
    let record = try await FakeWeir.with(fates: [.cutAfterDeltas(1)]) { server in
      let client = try client(server) {
        $0.token = "t0ken"
        $0.user = "Zoë"
      }
      try await client.connect()
      _ = try await client.send("question", to: "c").text()
      await client.close()
    }
    #expect(record.connections == 2)
    #expect(record.authorization == "Bearer t0ken" && record.uri == "/?user=Zo%C3%AB")
  }

  @Test("a refused upgrade is told with its status and the server's words")
  func refused() async throws {
    _ = try await FakeWeir.with(fates: [.refused(status: 401, body: "The token has expired; get a new one.")]) {
      server in
      let client = try client(server)
      await #expect {
        try await client.connect()
      } throws: { error in
        guard let error = error as? WeirClientError else { return false }
        return error.code == .unauthenticated && error.httpStatus == 401 && error.message.contains("has expired")
      }
    }
  }

  @Test("nobody listening is told at once, in words")
  func nobody() async throws {
    let server = try await FakeWeir.start()
    _ = try await server.stop()
    let client = try client(server)
    await #expect {
      try await client.connect()
    } throws: { error in
      (error as? WeirClientError)?.code == .connectionFailed
    }
  }

  @Test("requests are answered, a refused one with the server's reason")
  func requests() async throws {
    _ = try await FakeWeir.with { server in
      let client = try client(server)
      try await client.connect()
      let usage = try await client.usage()
      #expect(usage.plan == "free" && usage.limits.map(\.remaining) == [250])
      #expect(try await client.conversations().conversations.map(\.title) == ["Test"])
      #expect(try await client.open("abc", title: "T").conversation == ChatConversation(id: "abc", title: "T"))
      await #expect {
        try await client.history(of: "abc")
      } throws: { error in
        (error as? WeirClientError)?.code == .notFound
      }
      await client.close()
    }
  }

  @Test("a server that takes the connection and never says Welcome is given up")
  func noWelcome() async throws {
    _ = try await FakeWeir.with(fates: [.mute]) { server in
      let client = try client(server) { $0.requestTimeout = .milliseconds(50) }
      await #expect {
        try await client.connect()
      } throws: { error in
        (error as? WeirClientError)?.code == .timeout
      }
    }
  }

  @Test("a stream keeps its client, and when both are dropped nothing is left")
  func dropped() async throws {
    _ = try await FakeWeir.with(answer: Self.answer) { server in
      weak var gone: WeirClient?
      do {
        var client: WeirClient? = try client(server) { $0.creditBytes = 16 }
        gone = client
        try await client?.connect()
        let stream = await client?.send("question", to: "c")
        client = nil
        #expect(try await stream?.text() == Self.answer)
      }
      // The last reference may be let go of on the client's loop.
      while gone != nil { await Task.yield() }
    }
  }
}
