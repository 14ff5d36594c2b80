import NIOCore
import NIOHTTP1
import WeirCore
import WeirWire

@testable import WeirServer
@testable import WeirUpstream

#if canImport(FuzzSupport)
  import FuzzSupport
#endif

/// The body of a chat completion request, and what is made of it for each provider: what the door lets in must reach a
/// provider as JSON, whatever a device wrote in its tools.
enum CompletionRequestTarget {
  private static let endpoint = EndpointConfiguration(name: "m", kind: .openAI(baseURL: "http://h", key: nil))

  private static let limits: ChatRequestLimits = {
    var limits = ChatRequestLimits()
    (limits.messages, limits.parts, limits.toolCalls, limits.tools) = (8, 4, 4, 4)
    return limits
  }()

  static let target = FuzzTarget("openai-request", maximumBytes: 1024) { bytes in
    guard
      let request = try? ChatCompletionRequest(
        body: ByteBuffer(bytes: bytes), headers: HTTPHeaders(), limits: limits)
    else { return }
    let (messages, parameters) = (request.call.messages, request.call.parameters)
    try promise((1...limits.messages).contains(messages.count), "messages keep to their limit")
    do {
      try isJSON(try ChatRequestBody.bytes(messages, parameters: parameters, endpoint: endpoint))
      try isJSON(try MessagesRequestBody(messages, parameters: parameters, endpoint: endpoint).bytes)
      try isJSON(try ResponsesRequestBody.bytes(messages, parameters: parameters, endpoint: endpoint))
    } catch let error as MalformedJSON {
      throw Finding("broken: what the door lets in can be sent on: \(error)")
    }
  }

  private static func isJSON(_ body: [UInt8]) throws {
    var cursor = JSONCursor()
    try cursor.skipValue(in: body.span)
    try cursor.expectEnd(in: body.span)
    try promise((try? UTF8Span(validating: body.span)) != nil, "a body is UTF-8")
  }
}
