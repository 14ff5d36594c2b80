import Foundation
import Testing
import WeirWire

extension SystemTests {
  /// What a person meets who starts the server for the first time, or starts it wrong.
  @Suite struct Serve {
    @Test("weir serve says where it is and what to type next, and that nobody else may connect yet")
    func greeting() async throws {
      try await withServer { server in
        let out = server.child.state.value.out
        #expect(out.contains("ws://127.0.0.1:\(server.port)/"))
        #expect(out.contains("weir chat ws://127.0.0.1:\(server.port)/"))
        #expect(out.contains("no key is set"))
      }
    }

    @Test("health, readiness and figures answer")
    func routes() async throws {
      try await withServer { server in
        let health = try await HTTPReply.get("/healthz", port: server.port)
        #expect(health.status == 200)
        #expect(health.body.contains(#""status":"ok""#))
        let readiness = try await HTTPReply.get("/readyz", port: server.port)
        #expect(readiness.status == 200)
        let metrics = try await HTTPReply.get("/metrics", port: server.port)
        #expect(metrics.status == 200)
        #expect(metrics.headers["content-type"]?.hasPrefix("text/plain; version=0.0.4") == true)
        #expect(metrics.body.contains("# TYPE weir_connections_open gauge"))
        #expect(try await HTTPReply.get("/nothing", port: server.port).status == 404)
        #expect(try await HTTPReply.get("/", port: server.port).body.contains("weir.v1.json"))
      }
    }

    @Test("a connection keeps its compressor only where that is configured", arguments: [false, true])
    func contextTakeover(isAllowed: Bool) async throws {
      let options = ["--set", "websocket.deflateContextTakeover=\(isAllowed)", "--set", "websocket.deflateLevel=6"]
      try await withServer(options) { server in
        let reply = try await RawConnection.with(port: server.port) { connection in
          connection.send(
            HandFrames.request(port: server.port) + "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n")
          return try await connection.state.first("the upgrade") { HTTPReply($0.received) }
        }
        #expect(reply.status == 101)
        let agreed = try #require(reply.headers["sec-websocket-extensions"])
        #expect(agreed.hasPrefix("permessage-deflate"))
        #expect(agreed.contains("server_no_context_takeover") == !isAllowed)
      }
    }

    @Test("figures count what happened")
    func metrics() async throws {
      try await withServer { server in
        let device = try await Device.connect(server)
        _ = try await device.converse("hello")
        #expect(try await server.metric("weir_connections_open") == 1)
        #expect(try await server.metric("weir_messages_durable_total") == 1)
        #expect(try await server.metric("weir_turns_finished_total") == 1)
        device.abort()
        try await server.waitForMetric("weir_connections_open") { $0 == 0 }
        // The store is asked as the server starts, and then every fifteen seconds.
        try await server.waitForMetric("weir_store_unflushed_bytes") { $0 > 0 }
        #expect(try await server.metric("weir_store_writes_stopped") == 0)
        #expect(try await server.metric("weir_memory_limit_bytes") > 1_000_000)
      }
    }

    @Test("no word of a message comes into the log")
    func privateLog() async throws {
      let directory = try TemporaryDirectory()
      let server = try await ServerProcess.start(
        data: directory.file("data"), ServerProcess.fastDemo + ["--log-level", "trace"])
      let device = try await Device.connect(server)
      let secret = "xylophone-\(UInt32.random(in: 0 ... .max))"
      _ = try await device.converse("my \(secret) is dear to me")
      let result = try await server.terminate()
      #expect(result.exit == .code(0))
      #expect(!result.err.contains(secret))
      #expect(result.err.contains("device connects"))
    }

    @Test("--print-config makes a file that --config takes, and a flag beats it")
    func configuration() async throws {
      let directory = try TemporaryDirectory()
      let printed = try await Weir.run("serve", "--print-config", "--demo-tokens", "3", "--demo-rate", "0")
      #expect(printed.exit == .code(0))
      let file = try directory.write(printed.out, to: "weir.yaml")
      try await withServer(["--config", file, "--demo-delay", "0ms"]) { server in
        let device = try await Device.connect(server)
        #expect(try await device.converse("hello").finished?.usage?.outputTokens == 3)
      }
    }

    @Test("a wrong flag is exit code 64 and a sentence")
    func wrongFlag() async throws {
      let result = try await Weir.run("serve", "--colour", "blue")
      #expect(result.exit == .code(64))
      #expect(result.err.contains("--colour"))
    }

    @Test(
      "a wrong value is exit code 78 and names the setting",
      arguments: [
        (["--port", "eighty"], "port"), (["--set", "streaming.listenerPolicy=perhaps"], "listenerPolicy"),
        (["--set", "nothing.like=this"], "nothing.like"),
        (["--upstream", "ftp://example.org", "--model", "m"], "upstream"),
      ])
    func wrongValue(_ arguments: [String], _ word: String) async throws {
      let result = try await ChildProcess.run(try Weir.binary(), ["serve"] + arguments)
      #expect(result.exit == .code(78))
      #expect(result.err.contains(word))
      expectNoTrace(result)
    }

    @Test("a port in use is exit code 69 and a sentence that names the port")
    func portInUse() async throws {
      let directory = try TemporaryDirectory()
      try await withServer { server in
        let second = try await Weir.run("serve", "--port", "\(server.port)", "--data", directory.file("other"))
        #expect(second.exit == .code(69))
        #expect(second.err.contains("127.0.0.1:\(server.port)"))
        #expect(second.err.contains("--port"))
        expectNoTrace(second)
      }
    }
  }
}

/// A person gets a sentence, never the innards of a crash.
func expectNoTrace(_ result: ChildProcess.Result, sourceLocation: SourceLocation = #_sourceLocation) {
  let printed = result.out + result.err
  for word in ["Fatal error", "Backtrace", "Thread 0", "💣", "Assertion", "terminate called"] {
    #expect(!printed.contains(word), "\(printed)", sourceLocation: sourceLocation)
  }
  if case .signal(let number) = result.exit {
    Issue.record("it was ended by signal \(number)\n\(printed)", sourceLocation: sourceLocation)
  }
}
