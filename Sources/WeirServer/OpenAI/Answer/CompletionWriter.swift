import NIOCore
import NIOHTTP1
import WeirCore
import WeirWire

/// Turns what a shard tells a device into the answer to one HTTP request: a stream of events, or one object. A value: it
/// decides what is to be written, and somebody else writes it.
struct CompletionWriter {
  /// What is to be written, in this order.
  struct Output: Sendable {
    enum End: Sendable {
      /// Everything has been said.
      case whole
      /// Something is missing: the connection has to end so that it is seen.
      case cut
    }
    /// A whole response; nothing else comes with it or after it.
    var response: HTTPResponse?
    /// The stream begins, with these headers.
    var head: HTTPHeaders?
    var bytes = ByteBuffer()
    var end: End?

    var isEmpty: Bool { response == nil && head == nil && bytes.readableBytes == 0 && end == nil }
  }

  /// An answer in one piece has at most so many bytes: it is held until it is complete.
  private static let maximumWholeBytes = 16 << 20

  /// One of the two is there; each is changed in place, so that no buffer is copied.
  private var stream: StreamedCompletion?
  private var whole: WholeCompletion?
  private var hasHead = false
  private var isCached = false
  private var output = Output()
  /// The answer has ended, or broken off: nothing more is written.
  private(set) var isOver = false

  init(_ names: CompletionNames, streams: Bool, includesUsage: Bool) {
    stream = streams ? StreamedCompletion(names, includesUsage: includesUsage) : nil
    whole = streams ? nil : WholeCompletion(names)
  }

  /// Bytes that wait to be taken.
  var waitingBytes: Int { stream?.byteCount ?? 0 }

  /// Takes what is to be written now.
  mutating func take() -> Output {
    var taken = output
    output = Output()
    if let bytes = stream?.take() { taken.bytes = bytes }
    return taken
  }

  /// The answer begins.
  mutating func start(_ started: TurnStarted) {
    if isOver { return }
    isCached = started.cached
    stream?.start(model: started.model, isCached: started.cached)
    whole?.start(model: started.model, isCached: started.cached)
  }

  /// Some of the answer.
  mutating func add(_ part: PartMark, _ text: UnsafeRawBufferPointer) {
    if isOver { return }
    if stream != nil { writeHead() }
    stream?.add(part, text)
    whole?.add(part, text)
    if let whole, whole.byteCount > Self.maximumWholeBytes {
      fail(
        OpenAIError(
          .badGateway, "The answer is longer than \(Self.maximumWholeBytes) bytes; ask for it as a stream.",
          type: OpenAIError.server, code: "answer_too_large"))
    }
  }

  /// A remark that clients skip; an answer in one piece has no place for it.
  mutating func comment(_ text: String) {
    if isOver || stream == nil { return }
    writeHead()
    stream?.comment(text)
  }

  /// The answer has come to its end.
  mutating func finish(_ reason: FinishReason, _ usage: Usage?) {
    if isOver { return }
    isOver = true
    if let whole {
      var headers = cacheHeaders
      headers.add(name: "Content-Type", value: "application/json")
      output.response = HTTPResponse(headers: headers, body: whole.body(reason, usage))
    } else {
      writeHead()
      stream?.finish(reason, usage)
      output.end = .whole
    }
  }

  /// The call is refused, or the answer has broken off. Before the first byte the status says so.
  mutating func fail(_ error: OpenAIError) {
    if isOver { return }
    isOver = true
    if hasHead {
      stream?.fail(error)
      output.end = .whole
    } else {
      output.response = error.response
    }
  }

  /// The rest will not be read, or must not be written.
  mutating func cut() {
    if isOver { return }
    isOver = true
    output.end = .cut
  }

  private mutating func writeHead() {
    if hasHead { return }
    hasHead = true
    var headers = cacheHeaders
    headers.add(name: "Content-Type", value: "text/event-stream; charset=utf-8")
    // Proxies that gather answers (nginx) are asked not to.
    headers.add(name: "X-Accel-Buffering", value: "no")
    output.head = headers
  }

  private var cacheHeaders: HTTPHeaders { isCached ? ["X-Weir-Cache": "hit"] : [:] }
}
