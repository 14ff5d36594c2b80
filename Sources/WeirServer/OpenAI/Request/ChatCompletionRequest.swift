package import NIOCore
package import NIOHTTP1
package import WeirCore

/// A request for a chat completion, as `POST /v1/chat/completions` takes it.
package struct ChatCompletionRequest: Sendable {
  /// What is asked of the core.
  package var call = DirectCall()
  /// The answer comes as server-sent events, not as one object.
  package var streams = false
  /// The last event but one tells the usage.
  package var includesUsage = false

  package init() {}
}

extension ChatCompletionRequest {
  /// Reads a request. Fields it does not know are ignored; what it knows and cannot do is refused.
  package init(
    body: ByteBuffer, headers: HTTPHeaders, limits: ChatRequestLimits = ChatRequestLimits()
  ) throws(InvalidRequest) {
    self.init()
    var reader = ChatRequestReader(JSONScanner(Array(body.readableBytesView)), limits: limits)
    try reader.read(into: &self)
    try readHeaders(headers)
  }

  private mutating func readHeaders(_ headers: HTTPHeaders) throws(InvalidRequest) {
    if let lane = headers.first(name: "x-weir-lane") {
      guard (1...64).contains(lane.utf8.count) else {
        throw InvalidRequest("The header X-Weir-Lane must name a lane in 1 to 64 bytes; correct it or leave it out.")
      }
      call.lane = lane
    }
    if let text = headers.first(name: "x-weir-deadline-ms") {
      guard let milliseconds = UInt64(text), milliseconds > 0, milliseconds <= 86_400_000 else {
        throw InvalidRequest("The header X-Weir-Deadline-Ms must be a whole number from 1 to 86400000; correct it.")
      }
      call.deadlineMs = milliseconds
    }
    if let text = headers.first(name: "x-weir-no-cache") {
      call.skipsCache = !["0", "false", "no"].contains(text.lowercased())
    }
    if let text = headers.first(name: "traceparent"), TraceContext.isValid(text) { call.traceparent = text }
  }
}
