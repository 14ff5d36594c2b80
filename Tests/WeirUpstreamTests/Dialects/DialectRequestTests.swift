import Testing
import WeirCore
import WeirWire

@testable import WeirUpstream

@Suite("Requests in each dialect")
struct DialectRequestTests {
  private func messages(
    _ prompt: [PromptMessage], _ parameters: CallParameters = CallParameters(),
    _ change: (inout EndpointConfiguration) -> Void = { _ in }
  ) throws -> Body {
    try Body(MessagesRequestBody(prompt, parameters: parameters, endpoint: Asked.endpoint(.messages, change)).bytes)
  }

  private func responses(
    _ prompt: [PromptMessage], _ parameters: CallParameters = CallParameters(),
    _ change: (inout EndpointConfiguration) -> Void = { _ in }
  ) throws -> Body {
    try Body(
      ResponsesRequestBody.bytes(prompt, parameters: parameters, endpoint: Asked.endpoint(.responses, change)))
  }

  private func chat(
    _ prompt: [PromptMessage], _ parameters: CallParameters = CallParameters(),
    _ change: (inout EndpointConfiguration) -> Void = { _ in }
  ) throws -> Body {
    try Body(
      ChatRequestBody.bytes(prompt, parameters: parameters, endpoint: Asked.endpoint(.chatCompletions, change)))
  }

  @Test("chat completions get every parameter, the tools as they came, and calls with their results")
  func chatCompletions() throws {
    let body = try chat(Asked.conversation, Asked.everything) { $0.tokenLimitField = .maxCompletionTokens }
    #expect(body["max_completion_tokens"] as? Int == 77 && body["max_tokens"] == nil)
    #expect(body["temperature"] as? Double == 1.5 && body["top_p"] as? Double == 0.5 && body["seed"] as? Int == 42)
    #expect(try body.json("stop") == #"["END","\n"]"#)
    #expect(try body.json("tool_choice") == #"{"function":{"name":"now"},"type":"function"}"#)
    #expect(try body.json("response_format").hasPrefix(#"{"json_schema":{"name":"n""#))
    #expect(try body.json("tools").contains(#""name":"get \"it\"""#))
    let sent = try body.json("messages")
    #expect(
      sent.contains(
        #"{"content":"Looking.","role":"assistant","tool_calls":[{"function":{"arguments":"{\"a\": \"x\"}","name":"get"},"id":"c1","type":"function"},{"function":{"arguments":"","name":"now"},"id":"c2","type":"function"}]},{"content":"Sunny","role":"tool","tool_call_id":"c1"},{"content":"","role":"tool","tool_call_id":"c2"}]"#
      ))
    #expect(!sent.contains("Hm"), "reasoning has no place there")
    let plain = try chat([.user("a")]) { $0.reasoningEffort = "low" }
    #expect(plain["reasoning_effort"] as? String == "low" && plain["tools"] == nil && plain["stop"] == nil)
  }

  @Test("Messages get the system at the top, roles that alternate, and tools and results in blocks")
  func anthropic() throws {
    var parameters = Asked.everything
    parameters.toolChoiceJSON = #""auto""#
    let body = try messages(Asked.conversation, parameters) { $0.reasoningTokens = 2000 }
    #expect(body["system"] as? String == "Be kind.")
    #expect(body["model"] as? String == "m-1" && body["stream"] as? Bool == true)
    #expect(body["max_tokens"] as? Int == 2077, "the budget for reasoning comes on top")
    #expect(try body.json("thinking") == #"{"budget_tokens":2000,"type":"enabled"}"#)
    #expect(body["temperature"] == nil && body["top_p"] == nil, "they do not go with reasoning")
    #expect(try body.json("stop_sequences") == #"["END"]"#)
    #expect(try body.json("tool_choice") == #"{"type":"auto"}"#)
    #expect(try body.json("output_config") == #"{"format":{"schema":{"type":"object"},"type":"json_schema"}}"#)
    #expect(
      try body.json("tools")
        == #"[{"description":"Gets\n","input_schema":{"properties":{"a":{"type":"string"}},"type":"object"},"name":"get \"it\""},{"input_schema":{"type":"object"},"name":"now"}]"#
    )
    #expect(
      try body.json("messages")
        == #"[{"content":[{"text":"Hi","type":"text"}],"role":"user"},{"content":[{"text":"Hello.","type":"text"}],"role":"assistant"},"#
        + #"{"content":[{"text":"Weather?","type":"text"},{"text":"And time?","type":"text"}],"role":"user"},"#
        + #"{"content":[{"signature":"sig","thinking":"Hm","type":"thinking"},{"data":"blob","type":"redacted_thinking"},"#
        + #"{"text":"Looking.","type":"text"},{"id":"c1","input":{"a":"x"},"name":"get","type":"tool_use"},"#
        + #"{"id":"c2","input":{},"name":"now","type":"tool_use"}],"role":"assistant"},"#
        + #"{"content":[{"content":"Sunny","tool_use_id":"c1","type":"tool_result"},{"tool_use_id":"c2","type":"tool_result"}],"role":"user"}]"#
    )
    #expect(body.members.count == 10)
  }

  @Test("Messages get a limit of tokens in any case, and no temperature that they refuse")
  func anthropicDefaults() throws {
    let plain = try messages([.user("a")])
    #expect(plain["max_tokens"] as? Int == 4096 && plain.members.count == 4)
    var hot = CallParameters()
    hot.temperature = 1.5
    let body = try messages([.user("a")], hot) { $0.maximumAnswerTokens = 9 }
    #expect(body["temperature"] as? Double == 1 && body["max_tokens"] as? Int == 9)
    for (choice, expected) in [
      (#""required""#, #"{"type":"any"}"#), (#""none""#, #"{"type":"none"}"#),
      (#"{"type":"function","function":{"name":"now"}}"#, #"{"name":"now","type":"tool"}"#),
    ] {
      var parameters = CallParameters()
      parameters.toolsJSON = Asked.tools
      parameters.toolChoiceJSON = choice
      #expect(try messages([.user("a")], parameters).json("tool_choice") == expected)
    }
  }

  @Test("Messages are asked to reason only where the API takes it")
  func anthropicReasoning() throws {
    func thinks(_ prompt: [PromptMessage], _ change: (inout CallParameters) -> Void = { _ in }) throws -> Bool {
      var parameters = CallParameters()
      parameters.toolsJSON = Asked.tools
      change(&parameters)
      return try messages(
        prompt, parameters,
        {
          $0.reasoningEffort = "high"
          $0.continuation = .prefill
        })["thinking"] != nil
    }
    #expect(try thinks([.user("a")]))
    #expect(try thinks([.user("a"), .assistant("b"), .user("c")]))
    #expect(try !thinks([.user("a"), .assistant("b")]), "the answer is prefilled")
    #expect(try !thinks([.user("a")]) { $0.toolChoiceJSON = #""required""# })
    let call = ToolCall(id: "1", name: "now", arguments: "{}")
    #expect(try !thinks([.user("a"), .assistant("", calls: [call]), .result("1", "x")]), "its reasoning is lost")
    let proof = Reasoning(text: "t", signature: "thinking:s")
    #expect(try thinks([.user("a"), .assistant("", calls: [call], reasoning: [proof]), .result("1", "x")]))
    #expect(try thinks([.user("a"), .assistant("", calls: [call]), .result("1", "x"), .user("b")]), "long ago")
  }

  @Test("Messages have no blank blocks, and begin with the person")
  func anthropicOddPrompts() throws {
    let prompt: [PromptMessage] = [
      .assistant("cut off"), .user(" \n"), .assistant(""), .user("a"), .assistant("  "), .user("b"),
    ]
    #expect(
      try messages(prompt).json("messages")
        == #"[{"content":"(The beginning of the conversation is left out.)","role":"user"},{"content":[{"text":"cut off","type":"text"}],"role":"assistant"},"#
        + #"{"content":[{"text":"a","type":"text"},{"text":"b","type":"text"}],"role":"user"}]"#)
    let odd = ToolCall(id: "1", name: "f", arguments: "{half")
    let list = ToolCall(id: "2", name: "f", arguments: "[1]")
    let called = try messages([.user("a"), .assistant("", calls: [odd, list])]).json("messages")
    #expect(called.contains(#""input":{"unparsed":"{half"}"#) && called.contains(#""input":{"unparsed":"[1]"}"#))
  }

  @Test("an answer that is prefilled goes without the white space at its end, which is not told twice")
  func anthropicPrefill() throws {
    let prompt: [PromptMessage] = [.user("a"), .assistant("Once upon \n")]
    let prefilled = try MessagesRequestBody(
      prompt, endpoint: Asked.endpoint(.messages) { $0.continuation = .prefill })
    #expect(prefilled.repeated == Array(" \n".utf8))
    #expect(
      try Body(prefilled.bytes).json("messages").hasSuffix(
        #"[{"text":"Once upon","type":"text"}],"role":"assistant"}]"#))
    let asked = try MessagesRequestBody(prompt, endpoint: Asked.endpoint(.messages))
    #expect(asked.repeated.isEmpty)
    #expect(try Body(asked.bytes).json("messages").contains("Go on with your last answer"))
  }

  @Test("Responses get input items, tools in their flat form, and keep nothing")
  func openAIResponses() throws {
    let body = try responses(Asked.conversation, Asked.everything) { $0.reasoningEffort = "medium" }
    #expect(body["store"] as? Bool == false && body["max_output_tokens"] as? Int == 77)
    #expect(body["stop"] == nil && body["seed"] == nil)
    #expect(try body.json("include") == #"["reasoning.encrypted_content"]"#)
    #expect(try body.json("reasoning") == #"{"effort":"medium","summary":"auto"}"#)
    #expect(try body.json("tool_choice") == #"{"name":"now","type":"function"}"#)
    #expect(
      try body.json("text")
        == #"{"format":{"name":"n","schema":{"type":"object"},"strict":true,"type":"json_schema"}}"#)
    #expect(
      try body.json("tools")
        == #"[{"description":"Gets\n","name":"get \"it\"","parameters":{"properties":{"a":{"type":"string"}},"type":"object"},"strict":true,"type":"function"},"#
        + #"{"name":"now","parameters":{},"strict":false,"type":"function"}]"#)
    #expect(
      try body.json("input")
        == #"[{"content":"Be kind.","role":"system"},{"content":"Hi","role":"user"},{"content":"Hello.","role":"assistant"},"#
        + #"{"content":"Weather?","role":"user"},{"content":"And time?","role":"user"},"#
        + #"{"encrypted_content":"gAAA","id":"rs_1","summary":[{"text":"Sum","type":"summary_text"}],"type":"reasoning"},"#
        + #"{"content":"Looking.","role":"assistant"},{"arguments":"{\"a\": \"x\"}","call_id":"c1","name":"get","type":"function_call"},"#
        + #"{"arguments":"","call_id":"c2","name":"now","type":"function_call"},"#
        + #"{"call_id":"c1","output":"Sunny","type":"function_call_output"},{"call_id":"c2","output":"","type":"function_call_output"}]"#
    )
    let plain = try responses([.user("a"), .assistant("b")])
    #expect(plain.members.count == 4)
    #expect(try plain.json("input").contains("Go on with your last answer"))
    var object = CallParameters()
    object.responseFormatJSON = #"{"type":"json_object"}"#
    #expect(try responses([.user("a")], object).json("text") == #"{"format":{"type":"json_object"}}"#)
  }

  @Test("calls and results that do not match are made to")
  func pairing() {
    let calls = [ToolCall(id: "1", name: "f"), ToolCall(id: "2", name: "f")]
    func roles(_ prompt: [PromptMessage]) -> [String] {
      ToolPairing.paired(prompt).map { message in
        switch message.role {
        case .tool: "tool \(message.toolCallID)"
        case .assistant: "assistant"
        default: "user"
        }
      }
    }
    #expect(roles([.user("a"), .assistant("b")]) == ["user", "assistant"])
    #expect(
      roles([.assistant("", calls: calls), .result("2", "x"), .user("never mind")])
        == ["assistant", "tool 2", "tool 1", "user"], "a person wrote on in place of the tool")
    #expect(roles([.result("9", "x"), .user("a")]) == ["user", "user"], "the call has left the context")
    #expect(
      roles([.assistant("", calls: calls), .result("9", "x"), .result("1", "x"), .result("1", "again")])
        == ["assistant", "tool 1", "tool 2", "user", "user"])
    #expect(ToolPairing.paired([.result("9", "x")]).first?.text == "A tool gave this result: x")
  }

  @Test(
    "what is not JSON of the right form reaches no provider",
    arguments: [
      "x", "{}", "[1]", "[{}]", "[{\"function\":{}}]", "[],\"model\":\"x\"", "[{\"name\":\"f\"}", "[] []",
      "[{\"name\":1}]",
    ])
  func injection(_ tools: String) {
    var parameters = CallParameters()
    parameters.toolsJSON = tools
    #expect(throws: MalformedJSON.self) { try chat([], parameters) }
    #expect(throws: MalformedJSON.self) { try messages([], parameters) }
    #expect(throws: MalformedJSON.self) { try responses([], parameters) }
    var form = CallParameters()
    form.toolsJSON = Asked.tools
    form.toolChoiceJSON = tools
    #expect(throws: MalformedJSON.self) { try chat([], form) }
    #expect(throws: MalformedJSON.self) { try messages([], form) }
    #expect(throws: MalformedJSON.self) { try responses([], form) }
    form.toolChoiceJSON = ""
    form.responseFormatJSON = tools
    #expect(throws: MalformedJSON.self) { try chat([], form) }
    #expect(throws: MalformedJSON.self) { try messages([], form) }
    #expect(throws: MalformedJSON.self) { try responses([], form) }
  }

  @Test("more tools than any provider takes are refused")
  func tooManyTools() {
    let tools = "[" + Array(repeating: #"{"name":"f"}"#, count: 513).joined(separator: ",") + "]"
    #expect(throws: MalformedJSON.self) { try ToolDefinition.scan(Array(tools.utf8)) }
  }

  @Test("each dialect has its address and its headers")
  func routes() throws {
    for (dialect, address, key) in [
      (Dialect.chatCompletions, "http://h/v1/chat/completions", "Authorization: Bearer sk-2"),
      (.messages, "http://h/v1/messages", "x-api-key: sk-2"),
      (.responses, "http://h/v1/responses", "Authorization: Bearer sk-2"),
    ] {
      let route = try #require(ProviderRoute(Asked.endpoint(dialect), key: UpstreamKey("sk-2")))
      var request = UpstreamRequest(callID: 1, shard: 0, user: "u", model: "", messages: [.user("a")], traceID: "t-1")
      request.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
      let post = try route.request(request).post
      #expect(post.url == address && post.headers.contains(key))
      #expect(post.headers.contains("X-Request-Id: t-1"))
      #expect(post.headers.contains("traceparent: \(request.traceparent)"))
      #expect(post.headers.contains("anthropic-version: 2023-06-01") == (dialect == .messages))
      #expect(!post.headers.contains { $0.contains("sk-1") })
    }
    #expect(ProviderRoute(EndpointConfiguration(name: "d", kind: .demo(DemoConfiguration()))) == nil)
  }

  @Test(
    "a base URL of Anthropic's is understood as people write it",
    arguments: [
      ("https://api.anthropic.com", "https://api.anthropic.com/v1/messages"),
      ("https://api.anthropic.com/", "https://api.anthropic.com/v1/messages"),
      ("https://api.anthropic.com/v1", "https://api.anthropic.com/v1/messages"),
      ("https://api.anthropic.com/v1/messages", "https://api.anthropic.com/v1/messages"),
      ("https://gateway/x/anthropic?k=1", "https://gateway/x/anthropic/v1/messages?k=1"),
    ])
  func urls(_ base: String, _ expected: String) {
    #expect(ProviderURL.address(base: base, dialect: .messages) == expected)
  }

  @Test("a proof is read as it was written, and goes to its own API only")
  func proofs() {
    for proof in [
      ReasoningProof.thinking("a:b="), .redacted(""), .encrypted(id: "rs_1", content: "x:y"),
      .encrypted(id: "", content: ""),
    ] {
      #expect(ReasoningProof(proof.text) == proof)
    }
    for odd in ["", "x", "thinking", "other:1", "encrypted:1"] { #expect(ReasoningProof(odd) == nil) }
  }
}
