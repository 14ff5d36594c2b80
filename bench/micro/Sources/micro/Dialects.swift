import WeirCore

@testable import WeirUpstream

extension Case {
  /// One event of a provider's stream, from the bytes of the body to text in the output, by dialect.
  static let dialects: [Case] = [
    dialect(
      "chat-completions", .chatCompletions,
      #"data: {"id":"chatcmpl-weirbench0000000001","object":"chat.completion.chunk","created":1741569952,"model":"mock","#
        + #""system_fingerprint":"fp_00000000000000000","choices":[{"index":0,"delta":{"content":""#
        + #"~00000123456789ab.00001 "},"logprobs":null,"finish_reason":null}]}"#),
    dialect(
      "messages", .messages,
      "event: content_block_delta\n"
        + #"data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":""#
        + #"~00000123456789ab.00001 "}}"#),
    dialect(
      "responses", .responses,
      "event: response.output_text.delta\n"
        + #"data: {"type":"response.output_text.delta","sequence_number":9,"item_id":"msg_0123456789abcdef","#
        + #""output_index":0,"content_index":0,"delta":"~00000123456789ab.00001 ","logprobs":[]}"#),
  ]

  private static func dialect(_ name: String, _ dialect: Dialect, _ event: String) -> Case {
    Case(name: "delta-from-\(name)", operation: "24 bytes of text out of one event of \(event.utf8.count) bytes") {
      var endpoint = EndpointConfiguration(name: "m", kind: .openAI(baseURL: "http://h", key: nil))
      endpoint.maximumAnswerBytes = .max / 2
      var call = ChatCall(endpoint: endpoint, dialect: dialect, now: .zero)
      let head = ResponseHead(status: 200)
      var output = AnswerOutput()
      if dialect == .messages {
        let begin =
          #"data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"# + "\n\n"
        _ = call.received(Array(begin.utf8).span, head: head, now: .zero, output: &output)
      }
      let bytes = Array((event + "\n\n").utf8)
      output.text.reserveCapacity(64)
      return { count in
        for _ in 0..<count {
          output.text.removeAll(keepingCapacity: true)
          let action = call.received(bytes.span, head: head, now: .zero, output: &output)
          precondition(action == .none && output.text.count == 24, "the text was not found")
        }
      }
    }
  }
}
