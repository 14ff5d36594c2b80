import Testing
import WeirWire

extension SystemTests {
  /// SIGTERM: a good end.
  @Suite struct Terminate {
    @Test("SIGTERM tells devices when to come back, keeps running answers whole, and exits with 0")
    func drain() async throws {
      let directory = try TemporaryDirectory()
      let data = directory.file("data")
      let server = try await ServerProcess.start(data: data)
      let binary = try await Device.connect(server, user: "ann")
      let json = try await Device.connect(server, user: "bob", .init(format: .json))
      let ack = try await binary.say("a story [[tokens=4000 rate=100 delay=0ms]]", in: "story")
      _ = try await binary.text(of: ack.turnID, atLeast: 200)
      let ended = try await server.terminate()
      #expect(ended.exit == .code(0), "\(ended.err)")
      #expect(ended.elapsed < .seconds(10))
      print("SIGTERM: the server ended after \(ended.elapsed)")

      for device in [binary, json] {
        #expect(try await device.closed() == 1012)
        let goodbye = try await device.wait(for: "Goodbye") { frame in
          if case .goodbye(let it)? = frame.frame { it } else { nil }
        }
        #expect(goodbye.code == .shuttingDown)
        #expect(goodbye.reconnectAfterMs > 0)
        #expect(!goodbye.message.isEmpty)
      }
      let answer = try await binary.answer(to: ack.turnID)
      #expect(answer.faults.isEmpty)
      #expect(answer.failed?.error?.code == .interrupted)
      #expect(answer.failed?.partialKept == true)

      try await withServer(data: data) { server in
        let device = try await Device.connect(server, user: "ann")
        let messages = try await device.history(of: "story")
        #expect(messages.map(\.role) == [.user, .assistant])
        #expect(messages.last?.status == .interrupted)
        // Not a byte less than the device had seen.
        #expect(messages.last?.text == answer.text)
      }
    }

    @Test("a server without devices ends at once, and the next one finds everything")
    func idle() async throws {
      let directory = try TemporaryDirectory()
      let server = try await ServerProcess.start(data: directory.file("data"), ServerProcess.fastDemo)
      let device = try await Device.connect(server, user: "ann")
      for number in 1...20 { _ = try await device.converse("message \(number)", in: "talk") }
      let before = try await device.history(of: "talk")
      device.abort()
      #expect(try await server.terminate().exit == .code(0))

      try await withServer(data: directory.file("data")) { server in
        let device = try await Device.connect(server, user: "ann")
        #expect(try await device.history(of: "talk") == before)
        #expect(try await device.history(of: "talk", page: 7) == before)
        #expect(try await device.conversations().map(\.id) == ["talk"])
        let next = try await device.say("one more", in: "talk")
        #expect(next.sequence > before.last?.sequence ?? .max)
      }
    }

    @Test("a device that never reads does not keep the server from ending")
    func stuckDevice() async throws {
      let directory = try TemporaryDirectory()
      let server = try await ServerProcess.start(
        data: directory.file("data"), ["--set", "shutdown.grace=2s", "--set", "upstream.maximumAnswerBytes=16777216"])
      let device = try await Device.connect(server, user: "ann")
      device.setReading(false)
      device.send(.sendMessage(SendMessage(parts: [Part(part: .text("much [[tokens=1000000 rate=0 delay=0ms]]"))])))
      try await server.waitForMetric("weir_cursor_pauses_total") { $0 > 0 }
      let ended = try await server.terminate()
      #expect(ended.exit == .code(0), "\(ended.err)")
      #expect(ended.elapsed < .seconds(8))
    }
  }
}
