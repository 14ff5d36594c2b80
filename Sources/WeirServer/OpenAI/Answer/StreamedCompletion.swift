import NIOCore
import WeirCore
import WeirWire

/// Writes a completion as server-sent events: a chunk of JSON each, and `[DONE]` behind the last. What is written gathers
/// in `bytes` until it is taken. An answer's text goes straight from its bytes into the buffer.
struct StreamedCompletion {
  private let names: CompletionNames
  private let includesUsage: Bool
  private var bytes = ByteBuffer()
  private var model = ""
  private var isCached = false
  /// All of a chunk up to its delta; made when the model is known.
  private var opening = ByteBuffer()
  private var closing = ByteBuffer()
  private var hasRole = false
  /// Tool calls begun.
  private var toolCalls = 0

  init(_ names: CompletionNames, includesUsage: Bool) {
    self.names = names
    self.includesUsage = includesUsage
  }

  /// What was written and not yet taken.
  var byteCount: Int { bytes.readableBytes }

  /// Takes what was written.
  mutating func take() -> ByteBuffer {
    let taken = bytes
    bytes = ByteBuffer()
    return taken
  }

  /// The model that answers is known. Nothing is written: a call can still be refused with a status of its own.
  mutating func start(model: String, isCached: Bool) {
    self.model = model
    self.isCached = isCached
  }

  /// Adds some of the answer. `part` names a tool call where one begins.
  mutating func add(_ part: PartMark, _ text: UnsafeRawBufferPointer) {
    writeRole()
    switch part.kind {
    case .toolCall:
      if !part.toolCallID.isEmpty || !part.toolName.isEmpty {
        beginTool(part)
        if text.isEmpty { return }
      }
      chunk { bytes, toolCalls in
        bytes.writeString("{\"tool_calls\":[{\"index\":\(max(0, toolCalls - 1)),\"function\":{\"arguments\":\"")
        JSONBytes.appendEscaped(text, to: &bytes)
        bytes.writeStaticString("\"}}]}")
      }
    default:
      if text.isEmpty { return }
      let isReasoning = part.kind == .reasoning
      chunk { bytes, _ in
        bytes.writeStaticString(isReasoning ? "{\"reasoning_content\":\"" : "{\"content\":\"")
        JSONBytes.appendEscaped(text, to: &bytes)
        bytes.writeStaticString("\"}")
      }
    }
  }

  private mutating func beginTool(_ part: PartMark) {
    toolCalls += 1
    chunk { bytes, toolCalls in
      bytes.writeString("{\"tool_calls\":[{\"index\":\(toolCalls - 1),\"id\":")
      JSONBytes.append(part.toolCallID, to: &bytes)
      bytes.writeStaticString(",\"type\":\"function\",\"function\":{\"name\":")
      JSONBytes.append(part.toolName, to: &bytes)
      bytes.writeStaticString(",\"arguments\":\"\"}}]}")
    }
  }

  /// The answer has come to its end.
  mutating func finish(_ reason: FinishReason, _ usage: Usage?) {
    writeRole()
    bytes.writeImmutableBuffer(opening)
    bytes.writeStaticString("{},\"logprobs\":null,\"finish_reason\":\"")
    bytes.writeStaticString(reason.openAIName)
    bytes.writeStaticString(includesUsage ? "\"}],\"usage\":null}\n\n" : "\"}]}\n\n")
    if includesUsage {
      bytes.writeStaticString("data: ")
      appendNames(to: &bytes)
      bytes.writeStaticString(",\"choices\":[],\"usage\":")
      (usage ?? Usage()).appendOpenAI(to: &bytes)
      bytes.writeStaticString("}\n\n")
    }
    bytes.writeStaticString("data: [DONE]\n\n")
  }

  /// The answer has broken off: an event that says why. No `[DONE]` follows, for it is not done.
  mutating func fail(_ error: OpenAIError) {
    bytes.writeStaticString("data: ")
    error.appendBody(to: &bytes)
    bytes.writeStaticString("\n\n")
  }

  /// Adds a comment, which clients skip: one line of words.
  mutating func comment(_ text: String) {
    bytes.writeStaticString(": ")
    bytes.writeBytes(text.utf8.map { $0 < 0x20 ? 0x20 : $0 })
    bytes.writeStaticString("\n\n")
  }

  /// The first chunk says whose turn it is.
  private mutating func writeRole() {
    if hasRole { return }
    hasRole = true
    opening.writeStaticString("data: ")
    appendNames(to: &opening)
    opening.writeStaticString(",\"choices\":[{\"index\":0,\"delta\":")
    closing.writeStaticString(",\"logprobs\":null,\"finish_reason\":null}]")
    if includesUsage { closing.writeStaticString(",\"usage\":null") }
    closing.writeStaticString("}\n\n")
    chunk { bytes, _ in bytes.writeStaticString("{\"role\":\"assistant\",\"content\":\"\"}") }
  }

  private mutating func chunk(_ delta: (inout ByteBuffer, _ toolCalls: Int) -> Void) {
    bytes.writeImmutableBuffer(opening)
    delta(&bytes, toolCalls)
    bytes.writeImmutableBuffer(closing)
  }

  private func appendNames(to buffer: inout ByteBuffer) {
    names.append("chat.completion.chunk", model: model, isCached: isCached, to: &buffer)
  }
}

extension CompletionNames {
  /// The members that all objects of a completion begin with, with the brace before them.
  func append(_ object: StaticString, model: String, isCached: Bool, to buffer: inout ByteBuffer) {
    buffer.writeStaticString("{\"id\":")
    JSONBytes.append(id, to: &buffer)
    buffer.writeStaticString(",\"object\":\"")
    buffer.writeStaticString(object)
    buffer.writeString("\",\"created\":\(created),\"model\":")
    JSONBytes.append(model, to: &buffer)
    if isCached { buffer.writeStaticString(",\"weir\":{\"cached\":true}") }
  }
}
