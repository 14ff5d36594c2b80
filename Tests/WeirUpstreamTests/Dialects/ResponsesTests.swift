import Testing
import WeirCore
import WeirWire

@testable import WeirUpstream

@Suite("OpenAI's Responses, answers")
struct ResponsesTests {
  static let noise = [
    #"{"type":"response.in_progress","response":{"id":"resp_1","status":"in_progress","output":[]}}"#,
    #"{"type":"response.queued","sequence_number":1}"#,
    #"{"type":"response.output_text.annotation.added","annotation":{"type":"url_citation"}}"#,
    #"{"type":"response.function_call_arguments.delta","output_index":77,"delta":"{"}"#,
    #"{"type":"response.web_search_call.searching","output_index":5}"#, #"{"type":"keepalive","sequence_number":3}"#,
  ]

  static let created =
    #"{"type":"response.created","sequence_number":0,"response":{"id":"resp_1","object":"response","created_at":1741476777,"status":"in_progress","error":null,"incomplete_details":null,"instructions":null,"model":"gpt","output":[],"store":false,"tools":[],"usage":null}}"#

  static func delta(_ kind: String, _ text: String, at index: Int = 0) -> String {
    #"{"type":"response.\#(kind).delta","sequence_number":4,"item_id":"i","output_index":\#(index),"content_index":0,"delta":"\#(text)","logprobs":[]}"#
  }

  static func item(_ event: String, _ item: String, at index: Int) -> String {
    #"{"type":"response.output_item.\#(event)","sequence_number":2,"output_index":\#(index),"item":\#(item)}"#
  }

  static func end(
    _ event: String = "completed", status: String = "completed", error: String = "null", details: String = "null",
    output: String = "[]"
  ) -> String {
    #"{"type":"response.\#(event)","sequence_number":9,"response":{"id":"resp_1","object":"response","status":"\#(status)","error":\#(error),"incomplete_details":\#(details),"output":\#(output),"usage":{"input_tokens":36,"input_tokens_details":{"cached_tokens":6},"output_tokens":87,"output_tokens_details":{"reasoning_tokens":64},"total_tokens":123}}}"#
  }

  static let usage = Usage(inputTokens: 36, outputTokens: 87, cachedInputTokens: 6, reasoningTokens: 64)

  static let reasoned = Recording(
    dialect: .responses,
    events: [
      created, item("added", #"{"id":"rs_1","type":"reasoning","summary":[],"encrypted_content":"half"}"#, at: 0),
      #"{"type":"response.reasoning_summary_part.added","item_id":"rs_1","output_index":0,"summary_index":0,"part":{"type":"summary_text","text":""}}"#,
      delta("reasoning_summary_text", "First."),
      #"{"type":"response.reasoning_summary_text.done","output_index":0,"summary_index":0,"text":"First."}"#,
      #"{"type":"response.reasoning_summary_part.added","item_id":"rs_1","output_index":0,"summary_index":1,"part":{"type":"summary_text","text":""}}"#,
      delta("reasoning_summary_text", "Then \\u6c34."),
      item(
        "done",
        #"{"id":"rs_1","type":"reasoning","summary":[{"type":"summary_text","text":"First."}],"encrypted_content":"gAAA"}"#,
        at: 0),
      item("added", #"{"id":"msg_1","type":"message","status":"in_progress","content":[],"role":"assistant"}"#, at: 1),
      #"{"type":"response.content_part.added","item_id":"msg_1","output_index":1,"content_index":0,"part":{"type":"output_text","text":"","annotations":[]}}"#,
      delta("output_text", "Hi", at: 1), delta("output_text", " \\ud83d", at: 1),
      delta("output_text", "\\ude00!", at: 1),
      #"{"type":"response.output_text.done","output_index":1,"content_index":0,"text":"Hi 😀!"}"#,
      item("done", #"{"id":"msg_1","type":"message","content":[{"type":"output_text","text":"Hi 😀!"}]}"#, at: 1),
      end(output: #"[{"type":"message","content":[{"type":"output_text","text":"Hi 😀!"}]}]"#),
    ], noise: noise)

  static let tools = Recording(
    dialect: .responses,
    events: [
      created,
      item(
        "added",
        #"{"id":"fc_1","type":"function_call","status":"in_progress","arguments":"","call_id":"call_1","name":"a"}"#,
        at: 0),
      delta("function_call_arguments", #"{\"x\":"#, at: 0),
      item("added", #"{"id":"fc_2","type":"function_call","arguments":"","call_id":"call_2","name":"b"}"#, at: 1),
      delta("function_call_arguments", #"{\"y\":"#, at: 1), delta("function_call_arguments", "1}", at: 0),
      #"{"type":"response.function_call_arguments.done","output_index":0,"arguments":"{\"x\":1}"}"#,
      item("done", #"{"type":"function_call","arguments":"{\"x\":1}","call_id":"call_1","name":"a"}"#, at: 0),
      delta("function_call_arguments", "2}", at: 1),
      item("done", #"{"type":"function_call","arguments":"{\"y\":2}","call_id":"call_2","name":"b"}"#, at: 1),
      // A call that is told only when it is whole.
      item("done", #"{"type":"function_call","arguments":"{}","call_id":"call_3","name":"c"}"#, at: 2), end(),
    ], noise: noise)

  @Test("reasoning and text are parts, with the proof, wherever the stream is cut")
  func reasoning() {
    Self.reasoned.expect(
      [.reasoning("First.\n\nThen 水.", signature: "encrypted:rs_1:gAAA"), .text("Hi 😀!")], .complete, Self.usage)
  }

  @Test("calls of tools are told one after another even if they are built at the same time")
  func toolCalls() {
    Self.tools.expect(
      [.tool("call_1", "a", #"{"x":1}"#), .tool("call_2", "b", #"{"y":2}"#), .tool("call_3", "c", "{}")], .toolCalls,
      Self.usage)
  }

  @Test("hidden reasoning leaves no trace")
  func hidden() {
    let (output, _) = Self.reasoned.run(hidesReasoning: true)
    #expect(output.parts == [.text("Hi 😀!")] && output.marks.isEmpty)
  }

  @Test("an answer that is incomplete says why")
  func incomplete() {
    for (details, reason) in [
      ("max_output_tokens", FinishReason.length), ("content_filter", .contentFilter), ("later", .length),
    ] {
      let last = Self.end("incomplete", status: "incomplete", details: #"{"reason":"\#(details)"}"#)
      let recording = Recording(dialect: .responses, events: [Self.created, Self.delta("output_text", "a"), last])
      #expect(recording.run().action == .finish(reason, Self.usage, .drain))
    }
  }

  @Test("a refusal is told as text, and ends as one")
  func refusal() {
    let recording = Recording(
      dialect: .responses, events: [Self.created, Self.delta("refusal", "I can't."), Self.end()])
    let (output, action) = recording.run()
    #expect(output.parts == [.text("I can't.")])
    #expect(action == .finish(.contentFilter, Self.usage, .drain))
  }

  @Test(
    "failures in the stream end the call and say whether trying again helps",
    arguments: [
      (end("failed", status: "failed", error: #"{"code":"server_error","message":"x"}"#), FailureClass.retryable),
      (
        end("failed", status: "failed", error: #"{"code":"rate_limit_exceeded","message":"x"}"#),
        .overloaded(retryAfterMs: 0)
      ),
      (end("failed", status: "failed", error: #"{"code":"invalid_prompt","message":"x"}"#), .final),
      (end("failed", status: "failed"), .retryable),
      (#"{"type":"error","code":"server_error","message":"x","param":null,"sequence_number":1}"#, .retryable),
      (
        #"{"type":"error","error":{"type":"invalid_request_error","code":"context_length_exceeded","message":"x"}}"#,
        .final
      ),
      (#"{"type":"error","error":{"type":"insufficient_quota","message":"x"}}"#, .rejected(keyIsBad: true)),
      (#"{"error":{"message":"x","type":"server_error"}}"#, .retryable),
    ])
  func failures(_ event: String, _ kind: FailureClass) {
    let recording = Recording(dialect: .responses, events: [Self.created, Self.delta("output_text", "Hi"), event])
    let (output, action) = recording.run()
    #expect(output.parts == [.text("Hi")])
    guard case .fail(let failure, .abort) = action else {
      Issue.record("\(action)")
      return
    }
    #expect(failure.kind == kind)
  }

  @Test("a response that comes whole is taken like a streamed one")
  func whole() {
    let response =
      #"{"id":"resp_1","object":"response","status":"completed","error":null,"output":[{"type":"reasoning","id":"rs","#
      + #""summary":[{"type":"summary_text","text":"Hm"}],"encrypted_content":"e"},{"type":"message","content":"#
      + #"[{"type":"output_text","text":"Hi","annotations":[]}]},{"type":"function_call","call_id":"c","name":"f","#
      + #""arguments":"{}"}],"usage":{"input_tokens":1,"output_tokens":2}}"#
    let parts: [ToldPart] = [.reasoning("Hm", signature: "encrypted:rs:e"), .text("Hi"), .tool("c", "f", "{}")]
    let (output, action) = Self.tools.run(response)
    #expect(output.parts == parts)
    guard case .finish(.toolCalls, Usage(inputTokens: 1, outputTokens: 2), _) = action else {
      Issue.record("\(action)")
      return
    }
    // Some servers tell nothing before the end.
    let late = #"{"type":"response.completed","response":\#(response)}"#
    #expect(Recording(dialect: .responses, events: [Self.created, late]).run().output.parts == parts)
  }

  @Test("a stream that breaks off before its end is a cut")
  func cut() {
    let recording = Recording(dialect: .responses, events: Self.reasoned.events.dropLast())
    #expect(recording.run().action == .fail(CallFailure(endpoint: "m").brokeOff, .over))
  }

  @Test("mutated streams never crash, never give half characters and stay within their limits")
  func fuzz() {
    let stream = Array(Recording.forms[1].write(Self.tools.events.dropLast() + Self.reasoned.events).utf8)
    fuzzed(stream, Self.tools, seeds: 1...1500)
  }
}
