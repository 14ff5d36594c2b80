import Foundation
import NIOCore
import NIOHTTP1
import Testing
import WeirCore
import WeirWire

@testable import WeirServer

@Suite("Answers in OpenAI's form")
struct CompletionWriterTests {
  private let names = CompletionNames(id: "chatcmpl-1", created: 1_700_000_000)

  private func writer(streams: Bool = true, includesUsage: Bool = false) -> CompletionWriter {
    var writer = CompletionWriter(names, streams: streams, includesUsage: includesUsage)
    writer.start(TurnStarted(turnID: 1, model: "fast"))
    return writer
  }

  private func add(_ text: String, _ part: PartMark = PartMark(kind: .text), to writer: inout CompletionWriter) {
    var text = text
    text.withUTF8 { writer.add(part, UnsafeRawBufferPointer($0)) }
  }

  private func text(_ output: CompletionWriter.Output) -> String { String(buffer: output.bytes) }

  /// The objects in the events of a stream, which must be all there is but comments, and `[DONE]` at the end.
  private func events(_ text: String, isDone: Bool = true) throws -> [[String: Any]] {
    var objects: [[String: Any]] = []
    var isOver = false
    for event in text.components(separatedBy: "\n\n").dropLast() where !event.hasPrefix(":") {
      #expect(!isOver && event.hasPrefix("data: ") && !event.contains("\n"), "\(event)")
      if event == "data: [DONE]" {
        isOver = true
        continue
      }
      let object = try JSONSerialization.jsonObject(with: Data(event.dropFirst(6).utf8))
      objects.append(try #require(object as? [String: Any]))
    }
    #expect(isOver == isDone && text.hasSuffix("\n\n"))
    return objects
  }

  private func delta(_ event: [String: Any]) -> [String: Any] {
    let choice = (event["choices"] as? [[String: Any]])?.first
    return choice?["delta"] as? [String: Any] ?? [:]
  }

  @Test("a stream is, byte for byte, what clients of that API expect")
  func stream() {
    var writer = writer(includesUsage: true)
    #expect(writer.take().isEmpty)
    add("He said \"hi\"\n", to: &writer)
    let first = writer.take()
    #expect(first.head?["content-type"] == ["text/event-stream; charset=utf-8"] && first.end == nil)
    let start = #"data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"fast","#
    let chunk = start + #""choices":[{"index":0,"delta":"#
    let rest = #","logprobs":null,"finish_reason":null}],"usage":null}"# + "\n\n"
    #expect(
      text(first) == chunk + #"{"role":"assistant","content":""}"# + rest + chunk
        + #"{"content":"He said \"hi\"\n"}"# + rest)
    writer.finish(.complete, Usage(inputTokens: 7, outputTokens: 3, cachedInputTokens: 2, reasoningTokens: 1))
    let last = writer.take()
    #expect(last.head == nil && last.end == .whole && writer.isOver)
    #expect(
      text(last) == chunk + #"{},"logprobs":null,"finish_reason":"stop"}],"usage":null}"# + "\n\n" + start
        + #""choices":[],"usage":{"prompt_tokens":7,"completion_tokens":3,"total_tokens":10,"#
        + #""prompt_tokens_details":{"cached_tokens":2},"completion_tokens_details":{"reasoning_tokens":1}}}"#
        + "\n\ndata: [DONE]\n\n")
  }

  @Test("usage is told only to those who asked")
  func noUsage() throws {
    var writer = writer()
    add("x", to: &writer)
    writer.finish(.length, Usage(inputTokens: 1, outputTokens: 1))
    let events = try events(text(writer.take()))
    #expect(events.count == 3 && events.allSatisfy { $0["usage"] == nil })
    #expect((events[2]["choices"] as? [[String: Any]])?.first?["finish_reason"] as? String == "length")
  }

  @Test("an answer without a word has its role and its end")
  func empty() throws {
    var writer = writer()
    writer.finish(.complete, nil)
    let output = writer.take()
    #expect(output.head != nil && output.end == .whole)
    let events = try events(text(output))
    #expect(events.count == 2 && delta(events[0])["role"] as? String == "assistant")
  }

  @Test("reasoning and tool calls have members of their own")
  func parts() throws {
    var writer = writer()
    add("hm", PartMark(kind: .reasoning), to: &writer)
    add("I look", to: &writer)
    add("", PartMark(kind: .toolCall, toolCallID: "c1", toolName: "get"), to: &writer)
    add(#"{"at":"#, PartMark(kind: .toolCall), to: &writer)
    add(#""Rome"}"#, PartMark(kind: .toolCall), to: &writer)
    add("{}", PartMark(kind: .toolCall, toolCallID: "c2", toolName: "set"), to: &writer)
    writer.finish(.toolCalls, nil)
    let deltas = try events(text(writer.take())).map(delta)
    #expect(deltas[1]["reasoning_content"] as? String == "hm" && deltas[1]["content"] == nil)
    #expect(deltas[2]["content"] as? String == "I look")
    let calls = try deltas[3...7].map { try #require(($0["tool_calls"] as? [[String: Any]])?.first) }
    #expect(calls.map { $0["index"] as? Int } == [0, 0, 0, 1, 1])
    #expect(calls.map { $0["id"] as? String } == ["c1", nil, nil, "c2", nil])
    let functions = calls.map { $0["function"] as? [String: Any] ?? [:] }
    #expect(functions.map { $0["name"] as? String } == ["get", nil, nil, "set", nil])
    #expect(functions.map { $0["arguments"] as? String } == ["", #"{"at":"#, #""Rome"}"#, "", "{}"])
    #expect(calls[0]["type"] as? String == "function")
  }

  @Test("whatever the text and wherever it is cut, the pieces join to it", arguments: [1, 2, 3] as [UInt64])
  func anyText(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    for round in 0..<50 {
      var writer = writer()
      var wanted: [Unicode.Scalar] = []
      for _ in 0..<Int.random(in: 1...10, using: &random) {
        var piece = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...20, using: &random) {
          let bound: UInt32 = [0x20, 0x80, 0x3000, 0x110000].randomElement(using: &random) ?? 0x80
          piece.append(Unicode.Scalar(UInt32.random(in: 0..<bound, using: &random)) ?? "\"")
        }
        wanted += piece
        add(String(piece), to: &writer)
      }
      writer.finish(.complete, nil)
      let pieces = try events(text(writer.take())).compactMap { delta($0)["content"] as? String }
      #expect(pieces.flatMap { Array($0.unicodeScalars) } == wanted, "seed \(seed), round \(round)")
    }
  }

  @Test("a call that waits says so in comments, which begin the stream")
  func comments() throws {
    var writer = CompletionWriter(names, streams: true, includesUsage: false)
    writer.comment("queued 12")
    let output = writer.take()
    #expect(output.head != nil && text(output) == ": queued 12\n\n")
    writer.comment("a\r\ndata: x")
    #expect(text(writer.take()) == ": a  data: x\n\n")
    writer.start(TurnStarted(turnID: 1, model: "fast"))
    add("x", to: &writer)
    #expect(try events(text(writer.take()), isDone: false).count == 2)
  }

  @Test("a failure before the first byte has a status of its own, and one behind it an event")
  func failures() throws {
    let error = OpenAIError(WeirError(code: .upstreamTimeout, message: "No \"answer\".", retryable: true))
    var early = writer()
    early.fail(error)
    let refused = early.take()
    #expect(refused.response?.status == .gatewayTimeout && refused.head == nil && refused.end == nil)
    var late = writer()
    add("x", to: &late)
    _ = late.take()
    late.fail(error)
    late.finish(.complete, nil)
    add("y", to: &late)
    let output = late.take()
    #expect(output.response == nil && output.end == .whole)
    let told = try #require(try events(text(output), isDone: false).first?["error"] as? [String: Any])
    #expect(told["message"] as? String == "No \"answer\"." && told["code"] as? String == "upstream_timeout")
    #expect(told["type"] as? String == "server_error" && told["param"] is NSNull)
    #expect(late.take().isEmpty)
  }

  @Test("an answer in one piece is one object")
  func whole() throws {
    var writer = writer(streams: false)
    writer.comment("queued 1")
    add("thinking", PartMark(kind: .reasoning), to: &writer)
    add("a\"", to: &writer)
    add("b", to: &writer)
    add("{}", PartMark(kind: .toolCall, toolCallID: "c1", toolName: "get"), to: &writer)
    #expect(writer.take().isEmpty && writer.waitingBytes == 0)
    writer.finish(.toolCalls, Usage(inputTokens: 1, outputTokens: 2))
    let response = try #require(writer.take().response)
    #expect(response.status == .ok && response.headers["content-type"] == ["application/json"])
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(response.body.readableBytesView)) as? [String: Any])
    #expect(object["object"] as? String == "chat.completion" && object["model"] as? String == "fast")
    #expect((object["usage"] as? [String: Any])?["total_tokens"] as? Int == 3)
    let choice = try #require((object["choices"] as? [[String: Any]])?.first)
    #expect(choice["finish_reason"] as? String == "tool_calls")
    let message = try #require(choice["message"] as? [String: Any])
    #expect(message["content"] as? String == "a\"b" && message["reasoning_content"] as? String == "thinking")
    #expect(message["role"] as? String == "assistant")
    let call = try #require((message["tool_calls"] as? [[String: Any]])?.first)
    #expect(call["id"] as? String == "c1" && (call["function"] as? [String: Any])?["arguments"] as? String == "{}")
  }

  @Test("an answer that only calls a tool has no content, and one of no words an empty one")
  func noContent() throws {
    for callsTool in [true, false] {
      var writer = writer(streams: false)
      if callsTool { add("", PartMark(kind: .toolCall, toolCallID: "c", toolName: "f"), to: &writer) }
      writer.finish(.complete, nil)
      let body = String(buffer: try #require(writer.take().response).body)
      #expect(body.contains(callsTool ? #""content":null,"# : #""content":"","#))
    }
  }

  @Test("an answer in one piece that grows too large is refused, not held")
  func tooLarge() throws {
    var writer = writer(streams: false)
    let piece = String(repeating: "x", count: 1 << 20)
    for _ in 0..<17 { add(piece, to: &writer) }
    #expect(writer.isOver && writer.take().response?.status == .badGateway)
  }

  @Test("an answer from the cache is marked")
  func cached() throws {
    for streams in [true, false] {
      var writer = CompletionWriter(names, streams: streams, includesUsage: false)
      writer.start(TurnStarted(turnID: 1, model: "fast", cached: true))
      add("x", to: &writer)
      writer.finish(.complete, nil)
      let output = writer.take()
      #expect((output.head ?? output.response?.headers)?["x-weir-cache"] == ["hit"])
      let body = String(buffer: output.response?.body ?? output.bytes)
      #expect(body.contains(#""weir":{"cached":true}"#))
    }
  }
}
