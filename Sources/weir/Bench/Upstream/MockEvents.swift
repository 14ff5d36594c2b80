/// The mock provider's bytes, made once: what OpenAI sends, as HTTP/1.1 chunks of one event each.
enum MockEvents {
  /// An event's size, as measured at the real API for one token.
  static let eventBytes = 266

  static let head = Array(
    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nTransfer-Encoding: chunked\r\n\r\n".utf8)

  /// The first event, which only names the role.
  static let opening = chunk(event(delta: #"{"role":"assistant","content":""}"#, finish: "null"))

  /// A token's chunk with room for its stamp.
  static let token: [UInt8] = {
    let room = String(repeating: ".", count: TokenStamp.bytes)
    let bare = event(delta: #"{"content":""# + room + #""}"#, finish: "null")
    // The real ones differ by a few bytes in their ids; a comment-free way to the same size is a longer fingerprint.
    let filling = String(repeating: "0", count: max(0, eventBytes - bare.utf8.count))
    return chunk(event(delta: #"{"content":""# + room + #""}"#, finish: "null", filling: filling))
  }()

  /// Where in `token` the stamp goes.
  static let stampOffset: Int = {
    let dots = [UInt8](repeating: UInt8(ascii: "."), count: TokenStamp.bytes)
    return token.indices.first { token[$0...].starts(with: dots) } ?? 0
  }()

  /// What follows the last token: why it ended, what it cost, and the end of the stream.
  static func closing(tokens: Int, inputBytes: Int) -> [UInt8] {
    let input = inputBytes / 4
    let usage =
      #"{"prompt_tokens":\#(input),"completion_tokens":\#(tokens),"total_tokens":\#(input + tokens)}"#
    return chunk(event(delta: "{}", finish: #""stop""#))
      + chunk("data: {\(preamble("")),\"choices\":[],\"usage\":\(usage)}\n\n") + chunk("data: [DONE]\n\n")
      + Array("0\r\n\r\n".utf8)
  }

  /// A whole response that is not a stream.
  static func plain(_ status: String, _ body: String) -> [UInt8] {
    Array(
      "HTTP/1.1 \(status)\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)".utf8)
  }

  private static func preamble(_ filling: String) -> String {
    #""id":"chatcmpl-weirbench0000000001","object":"chat.completion.chunk","created":1741569952,"#
      + #""model":"mock","system_fingerprint":"fp_\#(filling)""#
  }

  private static func event(delta: String, finish: String, filling: String = "") -> String {
    "data: {\(preamble(filling)),"
      + #""choices":[{"index":0,"delta":\#(delta),"logprobs":null,"finish_reason":\#(finish)}]}"# + "\n\n"
  }

  private static func chunk(_ event: String) -> [UInt8] {
    Array("\(String(event.utf8.count, radix: 16))\r\n\(event)\r\n".utf8)
  }
}
