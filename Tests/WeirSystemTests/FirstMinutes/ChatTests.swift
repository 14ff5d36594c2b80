import Testing
import WeirWire

extension SystemTests {
  /// `weir chat` from a script.
  @Suite struct ChatOnce {
    @Test("weir chat --once prints an answer, alone, and exits with 0")
    func once() async throws {
      try await withServer(["--demo-rate", "0", "--demo-delay", "0ms", "--demo-tokens", "40"]) { server in
        let result = try await Weir.run("chat", server.url, "--once", "hello")
        #expect(result.exit == .code(0))
        #expect(result.out.hasPrefix("This is Weir's built-in demo model"))
        #expect(result.out.contains("“hello”"))
        #expect(result.err.isEmpty, "\(result.err)")
      }
    }

    @Test("what --once has asked is in the history of its user, for every other client")
    func history() async throws {
      try await withServer { server in
        let result = try await Weir.run("chat", server.url, "--once", "hello", "-c", "talk", "--user", "ann")
        #expect(result.exit == .code(0))
        let device = try await Device.connect(server, user: "ann")
        let messages = try await device.history(of: "talk")
        #expect(messages.map(\.role) == [.user, .assistant])
        #expect(messages.first?.text == "hello")
        #expect(messages.last.map { $0.text + "\n" } == result.out)
      }
    }

    @Test("with nobody there, chat says so in a sentence and exits with 2")
    func nobody() async throws {
      // Bound and closed again: the system does not give the number to anybody else so soon.
      let port = try await withServer { $0.port }
      let result = try await Weir.run("chat", "ws://127.0.0.1:\(port)/", "--once", "hello", within: .seconds(90))
      #expect(result.exit == .code(2))
      #expect(result.out.isEmpty)
      #expect(result.err.contains("127.0.0.1:\(port)"))
      expectNoTrace(result)
    }

    @Test("with the provider down, chat says so in a sentence and exits with 1")
    func deadProvider() async throws {
      let port = try await withServer { $0.port }
      try await withServer(["--upstream", "http://127.0.0.1:\(port)/v1", "--model", "m"]) { server in
        let result = try await Weir.run("chat", server.url, "--once", "hello")
        #expect(result.exit == .code(1))
        #expect(result.out.isEmpty)
        #expect(result.err.contains("cannot be reached"))
        expectNoTrace(result)
      }
    }

    @Test("a wrong flag of chat is exit code 64")
    func wrongFlag() async throws {
      let result = try await Weir.run("chat", "--colour", "blue")
      #expect(result.exit == .code(64))
      #expect(result.err.contains("--colour"))
    }

    @Test("chat --raw speaks the JSON subprotocol by hand")
    func raw() async throws {
      try await withServer { server in
        let result = try await Weir.run(
          "chat", "--raw", server.url, "-s", "weir.v1.json", "-x", #"{"requestId":"7","ping":{"nonce":"42"}}"#,
          "--max-messages", "1", "-w", "20")
        #expect(result.exit == .code(0), "\(result.err)")
        #expect(result.out.contains(#""pong""#))
        #expect(result.out.contains(#""42""#))
      }
    }
  }
}
