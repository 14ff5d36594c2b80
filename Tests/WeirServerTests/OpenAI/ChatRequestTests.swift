import Foundation
import NIOCore
import NIOHTTP1
import Testing
import WeirCore
import WeirWire

@testable import WeirServer

@Suite("Requests for chat completions")
struct ChatRequestTests {
  private func read(_ json: String, headers: HTTPHeaders = [:]) throws(InvalidRequest) -> ChatCompletionRequest {
    try ChatCompletionRequest(body: ByteBuffer(string: json), headers: headers)
  }

  /// The request with one message and these fields.
  private func read(fields: String) throws(InvalidRequest) -> ChatCompletionRequest {
    try read(#"{"messages":[{"role":"user","content":"hi"}],\#(fields)}"#)
  }

  private func refusal(_ json: String, headers: HTTPHeaders = [:]) -> InvalidRequest? {
    do throws(InvalidRequest) {
      _ = try read(json, headers: headers)
      return nil
    } catch {
      return error
    }
  }

  @Test("the least there can be is a message")
  func least() throws {
    let request = try read(#"{"messages":[{"role":"user","content":"hi"}]}"#)
    #expect(request.call.messages == [PromptMessage(role: .user, text: "hi")])
    #expect(request.call.model == "" && !request.streams && !request.includesUsage)
    #expect(request.call.parameters == CallParameters())
  }

  @Test("all that is known is read, and what is not is ignored")
  func everything() throws {
    let request = try read(
      #"""
       { "model" : "fast", "messages": [{"role":"system","content":"be brief"},{"role":"developer","content":"x"},
         {"role":"user","content":"hi","name":"ann"}], "stream":true,
         "stream_options": {"include_usage": true, "include_obfuscation": false}, "temperature": 0.5, "top_p": 1,
         "max_completion_tokens": 12, "max_tokens": 99, "seed": -9223372036854775808, "stop": ["a", "b\n"], "n": 1,
         "user": "u", "metadata": {"a": "b"}, "logprobs": false, "frequency_penalty": 0, "store": null,
         "future": [{"deep": [1, -2.5e-3, true, null, "\u0041"]}] }
      """#)
    #expect(request.call.model == "fast" && request.streams && request.includesUsage)
    #expect(request.call.messages.map(\.role) == [.system, .system, .user])
    var wanted = CallParameters()
    wanted.temperature = 0.5
    wanted.topP = 1
    wanted.maximumTokens = 12
    wanted.seed = Int.min
    wanted.stop = ["a", "b\n"]
    #expect(request.call.parameters == wanted)
  }

  @Test("null is as good as nothing")
  func nulls() throws {
    let request = try read(
      fields: """
        "model":null,"stream":null,"stream_options":null,"temperature":null,"top_p":null,"max_tokens":null,"stop":null,
        "seed":null,"n":null,"tools":null,"tool_choice":null,"response_format":null,"logprobs":null,"functions":null
        """)
    #expect(request.call.parameters == CallParameters() && !request.streams)
  }

  @Test("the older name of the most tokens counts where the newer is not given")
  func maximum() throws {
    #expect(try read(fields: #""max_tokens":7"#).call.parameters.maximumTokens == 7)
    #expect(try read(fields: #""max_tokens":7,"max_completion_tokens":8"#).call.parameters.maximumTokens == 8)
    #expect(try read(fields: #""max_completion_tokens":8,"max_tokens":7.0"#).call.parameters.maximumTokens == 8)
  }

  @Test("one stop sequence needs no list")
  func stop() throws {
    #expect(try read(fields: #""stop":"END""#).call.parameters.stop == ["END"])
    #expect(try read(fields: #""stop":[]"#).call.parameters.stop == [])
  }

  @Test("parts of text are one text")
  func parts() throws {
    let request = try read(
      #"{"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"text":"b","type":"text","x":1}]}]}"#)
    #expect(request.call.messages == [PromptMessage(role: .user, text: "ab")])
  }

  @Test("tool calls and their results are read")
  func toolMessages() throws {
    let request = try read(
      #"""
      {"messages":[{"role":"user","content":"weather?"},
       {"role":"assistant","content":null,"refusal":null,"tool_calls":[{"id":"c1","type":"function",
        "function":{"name":"get","arguments":"{\"at\":\"Rome\"}"}}]},
       {"role":"tool","tool_call_id":"c1","content":"sunny"}]}
      """#)
    var asked = PromptMessage(role: .assistant, text: "")
    asked.toolCalls = [ToolCall(id: "c1", name: "get", arguments: #"{"at":"Rome"}"#)]
    var result = PromptMessage(role: .tool, text: "sunny")
    result.toolCallID = "c1"
    #expect(request.call.messages == [PromptMessage(role: .user, text: "weather?"), asked, result])
  }

  @Test("tools, the choice among them and the form of the answer are passed on as they came")
  func tools() throws {
    let tools = #"[ {"type":"function","function":{"name":"get_1-a","parameters":{"type":"object"}},"x":"\u00e9"} ]"#
    let choice = #"{"type": "function", "function": {"name": "get_1-a"}}"#
    let format = #"{"type":"json_schema","json_schema":{"name":"n","schema":{}}}"#
    let parameters = try read(
      fields: #""tools": \#(tools) ,"tool_choice":\#(choice),"response_format": \#(format)"#
    ).call.parameters
    #expect(parameters.toolsJSON == tools && parameters.toolChoiceJSON == choice)
    #expect(parameters.responseFormatJSON == format)
    let plain = try read(fields: #""tools":\#(tools),"tool_choice":"required","response_format":{"type":"text"}"#)
    #expect(plain.call.parameters.toolChoiceJSON == #""required""#)
    #expect(plain.call.parameters.responseFormatJSON == "")
    #expect(try read(fields: #""tools":[]"#).call.parameters.toolsJSON == "")
  }

  @Test(
    "what is wrong is told with its place",
    arguments: [
      ("[]", nil, "must be an object"), ("", nil, "not JSON"), ("{", nil, "not JSON"), ("{} x", nil, "not JSON"),
      (#"{"messages":[]}"#, "messages", "at least one"), ("{}", "messages", "at least one"),
      (#"{"messages":null}"#, "messages", "an array"), (#"{"messages":[1]}"#, "messages[0]", "an object"),
      (#"{"messages":[{}]}"#, "messages[0].role", "has a role"),
      (#"{"messages":[{"role":"user"}]}"#, "messages[0].content", "says nothing"),
      (#"{"messages":[{"role":"user","content":null}]}"#, "messages[0].content", "says nothing"),
      (#"{"messages":[{"role":"assistant","tool_calls":[]}]}"#, "messages[0].content", "says nothing"),
      (#"{"messages":[{"role":"robot","content":"x"}]}"#, "messages[0].role", "roles here are"),
      (#"{"messages":[{"role":"function","content":"x"}]}"#, "messages[0].role", "roles here are"),
      (#"{"messages":[{"role":"user","content":7}]}"#, "messages[0].content", "a string or an array"),
      (
        #"{"messages":[{"role":"user","content":"x"},{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"x"}}]}]}"#,
        "messages[1].content[1].type", "\"image_url\""
      ),
      (#"{"messages":[{"role":"user","content":[{"type":"text"}]}]}"#, "messages[0].content[0].text", "has a text"),
      (#"{"messages":[{"role":"user","content":[{"text":"a"}]}]}"#, "messages[0].content[0].type", "none"),
      (#"{"messages":[{"role":"tool","content":"x"}]}"#, "messages[0].tool_call_id", "names the call"),
      (
        #"{"messages":[{"role":"user","content":"x","tool_calls":[{"id":"a","function":{"name":"b"}}]}]}"#,
        "messages[0].tool_calls", "Only the assistant"
      ),
      (
        #"{"messages":[{"role":"assistant","tool_calls":[{"function":{"name":"b"}}]}]}"#,
        "messages[0].tool_calls[0].id", "has an id"
      ),
      (
        #"{"messages":[{"role":"assistant","tool_calls":[{"id":"a"}]}]}"#,
        "messages[0].tool_calls[0].function.name", "names its function"
      ),
      (
        #"{"messages":[{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"b","arguments":{}}}]}]}"#,
        "messages[0].tool_calls[0].function.arguments", "a string, not an object"
      ),
      (
        #"{"messages":[{"role":"assistant","tool_calls":[{"id":"a","type":"custom"}]}]}"#,
        "messages[0].tool_calls[0].type", "functions"
      ),
      (#"{"messages":[{"role":"assistant","function_call":{"name":"x"}}]}"#, "messages[0].function_call", "tool_calls"),
    ] as [(String, String?, String)])
  func refusals(json: String, param: String?, words: String) throws {
    let error = try #require(refusal(json), "\(json)")
    #expect(error.param == param, "\(json)")
    #expect(error.message.contains(words), "\(json): \(error.message)")
  }

  @Test(
    "parameters out of their range, or that cannot be had, are told by name",
    arguments: [
      (#""temperature":2.1"#, "temperature"), (#""temperature":-0.1"#, "temperature"),
      (#""temperature":"1""#, "temperature"), (#""top_p":1.01"#, "top_p"), (#""max_tokens":0"#, "max_tokens"),
      (#""max_tokens":1.5"#, "max_tokens"), (#""max_completion_tokens":2147483648"#, "max_completion_tokens"),
      (#""seed":9223372036854775808"#, "seed"), (#""seed":1e400"#, "seed"), (#""n":2"#, "n"), (#""n":0"#, "n"),
      (#""stop":7"#, "stop"), (#""stop":["1","2","3","4","5"]"#, "stop"), (#""stop":[1]"#, "stop[0]"),
      (#""stop":"\#(String(repeating: "x", count: 257))""#, "stop"), (#""stream":1"#, "stream"),
      (#""model":"\#(String(repeating: "x", count: 257))""#, "model"), (#""model":7"#, "model"),
      (#""stream_options":{"include_usage":true}"#, "stream_options"),
      (#""stream":true,"stream_options":{"include_usage":1}"#, "stream_options.include_usage"),
      (#""logprobs":true"#, "logprobs"), (#""functions":[]"#, "functions"), (#""audio":{}"#, "audio"),
      (#""tool_choice":"auto""#, "tool_choice"), (#""tools":{}"#, "tools"), (#""tools":[1]"#, "tools[0]"),
      (#""tools":[{"type":"function"}]"#, "tools[0].function"),
      (#""tools":[{"function":{"name":"a"}}]"#, "tools[0].type"),
      (#""tools":[{"type":"web_search"}]"#, "tools[0].type"),
      (#""tools":[{"type":"function","function":{"name":"a b"}}]"#, "tools[0].function.name"),
      (#""tools":[{"type":"function","function":{}}]"#, "tools[0].function.name"),
      (#""tools":[{"type":"function","function":{"name":"a"}}],"tool_choice":"any""#, "tool_choice"),
      (#""tools":[{"type":"function","function":{"name":"a"}}],"tool_choice":7"#, "tool_choice"),
      (#""response_format":{}"#, "response_format.type"), (#""response_format":"json""#, "response_format"),
      (#""response_format":{"type":"xml"}"#, "response_format.type"),
      (#""response_format":{"type":"json_schema"}"#, "response_format.json_schema.schema"),
      (#""response_format":{"type":"json_schema","json_schema":null}"#, "response_format.json_schema.schema"),
      (#""response_format":{"type":"json_schema","json_schema":{"schema":7}}"#, "response_format.json_schema.schema"),
    ])
  func parameters(fields: String, param: String) throws {
    let error = try #require(refusal(#"{"messages":[{"role":"user","content":"hi"}],\#(fields)}"#), "\(fields)")
    #expect(error.param == param, "\(fields): \(error.message)")
    #expect(error.message.hasSuffix("."), "\(error.message)")
  }

  @Test("headers choose lane, deadline, cache and trace")
  func headers() throws {
    let json = #"{"messages":[{"role":"user","content":"hi"}]}"#
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    let call = try read(
      json,
      headers: [
        "X-Weir-Lane": "batch", "X-Weir-No-Cache": "1", "X-Weir-Deadline-Ms": "1500", "Traceparent": trace,
      ]
    ).call
    #expect(call.lane == "batch" && call.skipsCache && call.deadlineMs == 1500 && call.traceparent == trace)
    #expect(try !read(json, headers: ["X-Weir-No-Cache": "false"]).call.skipsCache)
    for text in [
      "", "00-x", "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
      "00-00000000000000000000000000000000-b7ad6b7169203331-01",
      "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
      "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", trace + "-x",
    ] {
      #expect(try read(json, headers: ["traceparent": text]).call.traceparent == "", "\(text)")
    }
    #expect(refusal(json, headers: ["X-Weir-Lane": ""]) != nil)
    #expect(refusal(json, headers: ["X-Weir-Deadline-Ms": "-1"]) != nil)
  }

  @Test("counts are bounded")
  func limits() throws {
    func messages(_ count: Int) -> String {
      let message = #"{"role":"user","content":"x"}"#
      return #"{"messages":[\#(Array(repeating: message, count: count).joined(separator: ","))]}"#
    }
    #expect(try read(messages(4096)).call.messages.count == 4096)
    #expect(refusal(messages(4097))?.param == "messages")
    let part = #"{"type":"text","text":""}"#
    let parts = Array(repeating: part, count: 1025).joined(separator: ",")
    #expect(refusal(#"{"messages":[{"role":"user","content":[\#(parts)]}]}"#)?.param == "messages[0].content")
  }

  @Test("nesting is bounded")
  func depth() {
    for opening in ["[", #"{"a":"#] {
      let deep = String(repeating: opening, count: 100_000)
      #expect(refusal(#"{"x":\#(deep)"#)?.message.contains("deeper than 64") == true)
    }
  }
}
