import Testing
import WebSocket
import WeirWire

extension SystemTests {
  /// `weir.v1.json` by hand: text in, text out.
  @Suite struct HandJSON {
    @Test("JSON typed by hand gets an ack, deltas and an ending in JSON, over frames made by hand")
    func byHand() async throws {
      try await withServer { server in
        try await HandFrames.with(server, subprotocol: "weir.v1.json") { frames in
          frames.send(
            text: #" { "requestId" : 5, "sendMessage": {"parts":[{"text":"hel\u006co"}], "unknown": [1,{}]} } "#)
          var text = ""
          var ack = ""
          while true {
            let (opcode, payload) = try await frames.next()
            #expect(opcode == 1)
            let message = String(decoding: payload, as: UTF8.self)
            #expect(message.first == "{" && message.last == "}", "\(message)")
            if message.contains(#""ack""#) { ack = message }
            if let delta = message.firstMatch(of: #/"delta":.*"text":"((?:[^"\\]|\\.)*)"/#) { text += delta.1 }
            if message.contains(#""turnFinished""#) { break }
          }
          #expect(ack.contains(#""requestId":"5""#))
          #expect(ack.contains("ACK_LEVEL_DURABLE"))
          #expect(text.hasPrefix("This is Weir's"), "\(text)")
        }
      }
    }

    @Test("JSON that is none, or no frame, gets an error in JSON and close 1007")
    func nonsense() async throws {
      try await withServer { server in
        for text in ["{", "[]", "hello", #"{"ping":{"nonce":true}}"#, String(repeating: "[", count: 1000)] {
          let device = try await Device.connect(server, .init(format: .json))
          device.sendRaw(.text, text)
          let error = try await device.wait(for: "the error") { frame in
            if case .error(let it)? = frame.frame { it } else { nil }
          }
          #expect(error.code == .invalidArgument, "\(text)")
          #expect(try await device.closed() == 1007, "\(text)")
        }
      }
    }

    @Test("text on the binary subprotocol, and binary on the JSON one, is close 1003")
    func wrongKind() async throws {
      try await withServer { server in
        let binary = try await Device.connect(server)
        binary.sendRaw(.text, "{}")
        #expect(try await binary.closed() == 1003)
        let json = try await Device.connect(server, .init(format: .json))
        json.sendRaw(.binary, "{}")
        #expect(try await json.closed() == 1003)
      }
    }

    @Test("both subprotocols bring the same answer")
    func same() async throws {
      try await withServer { server in
        let json = try await Device.connect(server, user: "ann", .init(format: .json)).converse("hello ünï 水")
        let binary = try await Device.connect(server, user: "bob").converse("hello ünï 水")
        #expect(json.text == binary.text)
        #expect(json.finished?.usage == binary.finished?.usage)
      }
    }

    @Test(
      "Python's websockets talks JSON to Weir, with compression agreed on",
      .enabled(if: Python.runs(.websockets), "Python has no websockets; Tests/run installs it"))
    func python() async throws {
      try await withServer(["--demo-rate", "0", "--demo-delay", "0ms", "--demo-tokens", "400"]) { server in
        let result = try await Python.run("json_client.py", [server.url])
        #expect(result.exit == .code(0), "\(result.out)\(result.err)")
      }
    }
  }
}
