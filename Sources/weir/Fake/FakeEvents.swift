/// The fake provider's words, in OpenAI's form.
struct FakeEvents: Sendable {
  let id: String
  let model: String
  let created: Int

  /// A token is a word.
  static func token(_ number: Int) -> String { words[number % words.count] + " " }

  private static let words = [
    "the", "river", "finds", "its", "way", "around", "every", "stone", "and", "weirs", "keep", "it", "calm", "until",
    "spring", "comes.",
  ]

  private func opening(_ object: String) -> String {
    #"{"id":"\#(id)","object":"\#(object)","created":\#(created),"model":\#(model)"#
  }

  func chunk(delta: String, finish: String = "null") -> String {
    "data: " + opening("chat.completion.chunk")
      + #","choices":[{"index":0,"delta":\#(delta),"logprobs":null,"finish_reason":\#(finish)}]}"# + "\n\n"
  }

  func usageChunk(input: Int, output: Int) -> String {
    "data: \(opening("chat.completion.chunk")),\"choices\":[],\"usage\":\(usage(input, output))}\n\n"
  }

  func whole(text: String, finish: String, input: Int, output: Int) -> String {
    opening("chat.completion")
      + #","choices":[{"index":0,"message":{"role":"assistant","content":"\#(text)","refusal":null},"#
      + #""logprobs":null,"finish_reason":\#(finish)}],"usage":\#(usage(input, output))}"# + "\n"
  }

  private func usage(_ input: Int, _ output: Int) -> String {
    #"{"prompt_tokens":\#(input),"completion_tokens":\#(output),"total_tokens":\#(input + output)}"#
  }
}
