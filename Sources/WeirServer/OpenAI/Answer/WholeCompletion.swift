import NIOCore
import WeirCore
import WeirWire

/// Gathers a completion and writes it as one JSON object. Texts are kept escaped, so that the end costs one copy.
struct WholeCompletion {
  private struct Call {
    var id: String
    var name: String
    var arguments = ByteBuffer()
  }

  private let names: CompletionNames
  private var model = ""
  private(set) var isCached = false
  private var text = ByteBuffer()
  private var reasoning = ByteBuffer()
  private var toolCalls: [Call] = []

  init(_ names: CompletionNames) {
    self.names = names
  }

  /// Bytes gathered.
  private(set) var byteCount = 0

  /// The model that answers is known.
  mutating func start(model: String, isCached: Bool) {
    self.model = model
    self.isCached = isCached
  }

  /// Adds some of the answer. `part` names a tool call where one begins.
  mutating func add(_ part: PartMark, _ bytes: UnsafeRawBufferPointer) {
    byteCount += bytes.count
    switch part.kind {
    case .toolCall:
      if !part.toolCallID.isEmpty || !part.toolName.isEmpty || toolCalls.isEmpty {
        byteCount += part.toolCallID.utf8.count + part.toolName.utf8.count + 64
        toolCalls.append(Call(id: part.toolCallID, name: part.toolName))
      }
      JSONBytes.appendEscaped(bytes, to: &toolCalls[toolCalls.count - 1].arguments)
    case .reasoning: JSONBytes.appendEscaped(bytes, to: &reasoning)
    default: JSONBytes.appendEscaped(bytes, to: &text)
    }
  }

  /// The body of the answer.
  func body(_ reason: FinishReason, _ usage: Usage?) -> ByteBuffer {
    var body = ByteBuffer()
    body.reserveCapacity(byteCount + byteCount / 8 + 512)
    names.append("chat.completion", model: model, isCached: isCached, to: &body)
    body.writeStaticString(",\"choices\":[{\"index\":0,\"message\":{\"role\":\"assistant\",\"content\":")
    if text.readableBytes == 0, !toolCalls.isEmpty {
      body.writeStaticString("null")
    } else {
      Self.append(text, to: &body)
    }
    body.writeStaticString(",\"refusal\":null")
    if reasoning.readableBytes > 0 {
      body.writeStaticString(",\"reasoning_content\":")
      Self.append(reasoning, to: &body)
    }
    if !toolCalls.isEmpty { append(toolCalls, to: &body) }
    body.writeStaticString("},\"logprobs\":null,\"finish_reason\":\"")
    body.writeStaticString(reason.openAIName)
    body.writeStaticString("\"}],\"usage\":")
    (usage ?? Usage()).appendOpenAI(to: &body)
    body.writeStaticString("}\n")
    return body
  }

  private func append(_ calls: [Call], to body: inout ByteBuffer) {
    body.writeStaticString(",\"tool_calls\":[")
    for (index, call) in calls.enumerated() {
      body.writeStaticString(index == 0 ? "{\"id\":" : ",{\"id\":")
      JSONBytes.append(call.id, to: &body)
      body.writeStaticString(",\"type\":\"function\",\"function\":{\"name\":")
      JSONBytes.append(call.name, to: &body)
      body.writeStaticString(",\"arguments\":")
      Self.append(call.arguments, to: &body)
      body.writeStaticString("}}")
    }
    body.writeStaticString("]")
  }

  private static func append(_ escaped: ByteBuffer, to body: inout ByteBuffer) {
    body.writeStaticString("\"")
    body.writeImmutableBuffer(escaped)
    body.writeStaticString("\"")
  }
}
