import Foundation
import Testing
import WeirWire

@testable import WeirClient

@Suite("weir chat", .serialized, .timeLimit(.minutes(1)))
struct CommandTests {
  private let answer = "The quick brown fox jumps over the lazy dog."

  @Test("--once prints the answer and nothing else, and exits with 0")
  func once() async throws {
    let record = try await FakeWeir.with { server in
      let result = try await Command.run(["chat", server.url, "--once", "hello", "--user", "ada"])
      #expect(result.out == answer + "\n")
      #expect(result.err == "")
      #expect(result.status == 0)
    }
    #expect(record.messages.map(\.parts) == [[.text("hello")]])
    #expect(record.uri == "/?user=ada")
  }

  @Test("--once survives lost connections, and says so on stderr only")
  func onceCut() async throws {
    _ = try await FakeWeir.with(fates: [.cutAfterDeltas(3), .goodbyeAfterDeltas(2, hintMs: 5)]) { server in
      let result = try await Command.run(["chat", server.url, "--once", "-"], input: "hello\n")
      #expect(result.out == answer + "\n")
      #expect(result.err.contains("Trying again in") && result.err.contains("Connected again."))
      #expect(result.status == 0)
    }
  }

  @Test("a refusal is one sentence on stderr and a status of its own")
  func refused() async throws {
    _ = try await FakeWeir.with(fates: [.refused(status: 401, body: "Get a new token.")]) { server in
      let result = try await Command.run(["chat", server.url, "--once", "hello"], environment: ["WEIR_TOKEN": "x"])
      #expect(result.out == "" && result.status == 3)
      #expect(result.err.contains("401") && result.err.contains("Get a new token."))
      #expect(result.err.split(separator: "\n").count == 1)
    }
  }

  @Test("no server is status 2, a server that does not answer in time 4")
  func noAnswer() async throws {
    _ = try await FakeWeir.with(fates: [.mute]) { server in
      let late = try await Command.run(["chat", server.url, "--once", "hello", "--timeout", "0.5"])
      #expect(late.status == 4 && late.out == "" && late.err.contains("0.5 s"))
    }
    let gone = try await FakeWeir.start()
    _ = try await gone.stop()
    let result = try await Command.run(["chat", gone.url, "--once", "hello"])
    #expect(result.status == 2 && result.err.contains("127.0.0.1:\(gone.port)"))
  }

  @Test("in a pipe every line is a message, and the answers come in their order")
  func pipe() async throws {
    let record = try await FakeWeir.with { server in
      let result = try await Command.run(["chat", server.url], input: "one\n\ntwo")
      #expect(result.out == answer + "\n" + answer + "\n")
      #expect(result.status == 0)
    }
    #expect(record.messages.map(\.parts) == [[.text("one")], [.text("two")]])
    #expect(record.messages.map(\.conversationID) == ["", "c"])
  }

  @Test("--json prints events as JSON lines, --stats the figures as one more")
  func json() async throws {
    _ = try await FakeWeir.with { server in
      let result = try await Command.run(
        ["chat", server.url, "--once", "hello", "--json", "--stats", "--wire", "json"])
      let lines = result.out.split(separator: "\n")
      // The notice of the connection comes from another task, wherever it fits in.
      let names = lines.map { $0.dropFirst(#"{"event":""#.count).prefix { $0 != "\"" } }.filter { $0 != "connected" }
      #expect(names.prefix(3) == ["acked", "queued", "started"])
      #expect(names.suffix(2) == ["stats", "finished"] || names.suffix(2) == ["finished", "stats"])
      #expect(names.filter { $0 == "text" }.count == 9)
      #expect(lines.contains { $0.contains(#""output_tokens":9"#) })
      #expect(result.status == 0)
    }
  }

  private let parts: [Part] = [
    Part(part: .reasoning(Reasoning(text: "Let me see."))), .text("One moment."),
    Part(part: .toolCall(ToolCall(id: "call_1", name: "weather", arguments: #"{"city":"Rome"}"#))),
  ]

  @Test("in a pipe stdout has what the model says and no more; the tool it asks for is said on stderr")
  func partsInPipe() async throws {
    _ = try await FakeWeir.with(parts: parts) { server in
      let result = try await Command.run(["chat", server.url, "--once", "hello"])
      #expect(result.out == "One moment.\n" && result.status == 0)
      #expect(result.err == "The model calls weather: {\"city\":\"Rome\"}\n")
    }
  }

  @Test("--json has reasoning, tool calls and what a turn waits for as events of their own")
  func partsInJSON() async throws {
    _ = try await FakeWeir.with(parts: parts, pieceBytes: 100) { server in
      let result = try await Command.run(["chat", server.url, "--once", "hello", "--json"])
      let lines = result.out.split(separator: "\n").map(String.init)
      let calls = try #require(lines.firstIndex { $0.contains("\"tool_call\"") })
      #expect(lines[calls] == #"{"event":"tool_call","id":"call_1","name":"weather"}"#)
      #expect(lines[calls + 1] == #"{"event":"tool_arguments","text":"{\"city\":\"Rome\"}"}"#)
      #expect(lines.contains(#"{"event":"reasoning","text":"Let me see."}"#))
      #expect(lines.contains { $0.contains(#""event":"queued""#) && $0.contains(#""reason":"rate_limit""#) })
    }
  }

  @Test("lane, deadline, cache and tools go with the message, and /result and /usage do what they say")
  func turnOptions() async throws {
    let tools = #"[{"type":"function","function":{"name":"weather","parameters":{}}}]"#
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("weir-tools-\(UUID().uuidString).json")
    try Data(tools.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let record = try await FakeWeir.with(parts: parts) { server in
      let result = try await Command.run(
        [
          "chat", server.url, "--lane", "batch", "--deadline", "2.5", "--no-cache", "--tools", file.path,
        ], input: "hello\n/result 21 degrees\n/usage\n")
      #expect(result.status == 0)
      #expect(
        result.out.hasSuffix("Plan free, lane interactive.\n  tokens per day: 250 of 1000 left, whole again in 2 h\n"))
      #expect(result.err.contains("Waiting: 2 before yours (the provider's rate limit)."))
    }
    #expect(record.messages.map(\.lane) == ["batch", "batch"])
    #expect(record.messages.map(\.deadlineMs) == [2_500, 2_500])
    #expect(record.messages.map(\.noCache) == [true, true])
    // The server keeps a conversation's tools.
    #expect(record.messages.map(\.toolsJSON) == [tools, ""])
    #expect(
      record.messages.last?.parts == [Part(part: .toolResult(ToolResult(toolCallID: "call_1", text: "21 degrees")))])
  }

  @Test("a file of tools that is none is refused before anything is sent", arguments: ["{}", "[1,", "nonsense"])
  func badTools(text: String) async throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("weir-tools-\(UUID().uuidString).json")
    try Data(text.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let record = try await FakeWeir.with { server in
      let result = try await Command.run(["chat", server.url, "--once", "hello", "--tools", file.path])
      #expect(result.status == 2 && result.out == "" && result.err.contains("holds no JSON array"))
      let missing = try await Command.run(["chat", server.url, "--once", "hello", "--tools", file.path + ".none"])
      #expect(missing.status == 2 && missing.err.contains("cannot be read"))
    }
    #expect(record.connections == 0)
  }

  @Test("--raw sends each kind of line and prints what comes back")
  func raw() async throws {
    let server = try await EchoServer.start()
    let result = try await Command.run(
      ["chat", "--raw", server.url, "-x", "héllo", "-x", "/hex 00 41", "-x", "/ping", "--max-messages", "2", "--stats"])
    #expect(result.out.hasPrefix("héllo\n(2 bytes)\n00000000: 0041"))
    #expect(result.err.contains("sent 2 messages, 8 bytes; received 2"))
    #expect(result.status == 0)
    let json = try await Command.run(
      ["chat", "--raw", server.url, "--json", "--max-messages", "1", "--hex"], input: "/binary AAH/\n")
    #expect(json.out.contains(#""dir":"out","type":"binary","data":"0001ff"}"#))
    #expect(json.out.contains(#""dir":"in","type":"binary","data":"0001ff"}"#))
    try await server.stop()
  }

  @Test("--raw measures the round trip of a ping")
  func rawPing() async throws {
    let server = try await EchoServer.start()
    let result = try await Command.run(
      ["chat", "--raw", server.url, "-x", "/ping abc", "-x", "/text bye", "--wait", "-1", "--json"])
    #expect(result.out.contains(#""dir":"in","type":"pong","data":"abc","round_trip_ms":"#))
    #expect(result.out.contains(#""type":"close","code":4321,"data":"told to"}"#))
    // Closed by the server with a code of its own: not what --wait -1 was asked for.
    #expect(result.status == 2)
    try await server.stop()
  }

  @Test("--raw decodes the frames of weir.v1 and writes them from JSON")
  func rawFrames() async throws {
    let record = try await FakeWeir.with { server in
      let result = try await Command.run(
        [
          "chat", "--raw", server.url, "-s", "weir.v1", "--max-messages", "1", "-x",
          #"/json {"requestId":"7","hello":{"agent":"me"}}"#,
        ])
      #expect(result.out.hasPrefix(#"{"requestId":"7","welcome":{"version":1,"server":"fake/1""#))
      #expect(result.status == 0)
    }
    #expect(record.hellos.map(\.agent) == ["me"])
  }

  @Test("--raw in a pipe ends after its wait, and shows a refused upgrade with status and body")
  func rawEnds() async throws {
    let server = try await EchoServer.start()
    let result = try await Command.run(["chat", "--raw", server.url, "--wait", "1"], input: "one\ntwo\n/nonsense\n")
    #expect(result.out == "one\ntwo\n" && result.status == 0)
    #expect(result.err.contains("There is no command /nonsense"))
    try await server.stop()
    _ = try await FakeWeir.with(fates: [.refused(status: 503, body: "Come back later.")]) { server in
      let refused = try await Command.run(["chat", "--raw", server.url, "-x", "hi"])
      #expect(refused.status != 0 && refused.err.contains("503") && refused.err.contains("Come back later."))
    }
  }

  @Test("--raw with --reconnect comes back with its token")
  func rawReconnect() async throws {
    let record = try await FakeWeir.with(fates: [.cutAfterDeltas(2)]) { server in
      let result = try await Command.run(
        [
          "chat", "--raw", server.url, "-s", "weir.v1.json", "--reconnect", "--token", "t0ken", "--wait", "1.5", "-x",
          #"{"sendMessage":{"clientMessageId":"1","parts":[{"text":"hi"}]}}"#,
        ])
      #expect(result.err.contains("Trying again in"))
    }
    #expect(record.connections == 2)
    #expect(record.authorization == "Bearer t0ken")
  }

  @Test("options that make no sense together are refused with 64")
  func usage() async throws {
    for arguments in [
      ["--raw", "--once", "x"], ["-x", "hi"], ["--insecure", "--ca", "f"], ["--timeout", "3"], ["--raw", "-H", "none"],
      ["--raw", "--wait", "-2"], ["--new", "-c", "x"], ["--raw", "-s", "a b"], ["--deadline", "0"],
      ["--raw", "--lane", "x"], ["--raw", "--tools", "f"],
    ] {
      let result = try await Command.run(["chat"] + arguments)
      #expect(result.status == 64 && result.out == "", "\(arguments)")
    }
  }
}
