import Testing
import WeirWire

extension SystemTests {
  /// A provider that shares no code with us: Python's HTTP server and JSON parser.
  @Suite struct OtherServer {
    @Test(
      "Python's HTTP server understands every request and its answers come through",
      .enabled(if: Python.runs(), "there is no python3"))
    func python() async throws {
      let provider = try Python.start("openai_server.py")
      defer { provider.signal(9) }
      let port = try await provider.state.first("the provider's port") { state in
        state.out.firstMatch(of: #/port (\d+)\n/#).flatMap { Int($0.1) }
      }
      let arguments = [
        "--upstream", "http://127.0.0.1:\(port)/v1", "--model", "parrot", "--set", "upstream.systemPrompt=Repeat.",
      ]
      try await withServer(arguments) { server in
        let device = try await Device.connect(server, user: "ann")
        let hard = "tab\tnewline\nquote\" backslash\\ 水 👩🏽‍💻 \u{1}\u{7f}\u{2028}"
        for text in ["one", hard, "three"] {
          let answer = try await device.converse(text, in: "talk")
          // The server answers with what it was asked, or with what was wrong with the request.
          #expect(answer.text == text)
          #expect(answer.finished?.usage?.estimated == false)
        }
        // System prompt, two questions with their answers, and the last question.
        let last = try await device.converse("how many?", in: "talk")
        #expect(last.finished?.usage?.inputTokens == 8)
      }
    }
  }
}
