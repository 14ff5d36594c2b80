import Glibc
import NIOCore
import NIOHTTP1
import WeirCore

/// The OpenAI-compatible API: any tool made for that one works with this server by its base URL, `http://HOST/v1`.
struct FrontDoor: Sendable {
  /// Who a request is from. On any event loop; must not block.
  private let authenticate: @Sendable (HTTPRequest) -> Result<Caller, OpenAIError>
  /// The models a caller may ask for; the first is the default.
  private let models: @Sendable (Caller) -> [String]
  /// Where a user's calls run.
  private let host: @Sendable (UserID) -> any CompletionHost
  private let limits: ChatRequestLimits
  /// Bytes of an answer under way to the socket beyond which the shard waits.
  private let highWaterBytes: Int
  private let started = time(nil)

  init(
    limits: ChatRequestLimits = ChatRequestLimits(), highWaterBytes: Int = 64 << 10,
    authenticate: @escaping @Sendable (HTTPRequest) -> Result<Caller, OpenAIError>,
    models: @escaping @Sendable (Caller) -> [String],
    host: @escaping @Sendable (UserID) -> any CompletionHost
  ) {
    self.limits = limits
    self.highWaterBytes = highWaterBytes
    self.authenticate = authenticate
    self.models = models
    self.host = host
  }

  /// Adds `POST /v1/chat/completions` and `GET /v1/models`.
  func install(in router: inout HTTPRouter) {
    let door = self
    router.add(
      .POST, "/v1/chat/completions",
      .init(
        .stream { request, stream in door.complete(request, stream) }, bodyBytes: limits.bodyBytes,
        refusal: { request in door.refusal(request)?.response }))
    router.get("/v1/models") { request in door.listModels(request) }
  }

  /// Why a call is not even read.
  private func refusal(_ request: HTTPRequest) -> OpenAIError? {
    // Pages of other sites can send a form or plain text here without asking, but not JSON: so that no page spends the
    // tokens of whoever looks at it, where devices on this machine need no token.
    let type = request.headers.first(name: "content-type")?.prefix { $0 != ";" && $0 != " " }.lowercased()
    guard type == "application/json" else {
      return OpenAIError(
        .unsupportedMediaType, "The body must be JSON, sent with the header Content-Type: application/json.",
        type: OpenAIError.invalidRequest)
    }
    if case .failure(let error) = authenticate(request) { return error }
    return nil
  }

  private func complete(_ request: HTTPRequest, _ stream: HTTPResponseStream) {
    let caller: Caller
    let completion: ChatCompletionRequest
    do throws(OpenAIError) {
      caller = try authenticate(request).get()
      completion = try read(request, for: caller)
    } catch {
      return stream.respond(error.response)
    }
    let writer = CompletionWriter(
      CompletionNames(id: "chatcmpl-\(request.requestID)", created: time(nil)), streams: completion.streams,
      includesUsage: completion.includesUsage)
    CompletionExchange.run(
      completion.call, for: caller, writer, on: host(caller.user), through: stream, highWaterBytes: highWaterBytes)
  }

  private func read(_ request: HTTPRequest, for caller: Caller) throws(OpenAIError) -> ChatCompletionRequest {
    let completion: ChatCompletionRequest
    do throws(InvalidRequest) {
      completion = try ChatCompletionRequest(body: request.body, headers: request.headers, limits: limits)
    } catch {
      throw OpenAIError(error)
    }
    let known = models(caller)
    guard completion.call.model.isEmpty || known.contains(completion.call.model) else {
      throw .unknownModel(completion.call.model, known: known)
    }
    return completion
  }

  private func listModels(_ request: HTTPRequest) -> HTTPResponse {
    switch authenticate(request) {
    case .failure(let error): return error.response
    case .success(let caller):
      var body = ByteBuffer()
      body.writeStaticString("{\"object\":\"list\",\"data\":[")
      for (index, model) in models(caller).enumerated() {
        body.writeStaticString(index == 0 ? "{\"id\":" : ",{\"id\":")
        JSONBytes.append(model, to: &body)
        body.writeString(",\"object\":\"model\",\"created\":\(started),\"owned_by\":\"weir\"}")
      }
      body.writeStaticString("]}\n")
      return HTTPResponse(headers: ["Content-Type": "application/json"], body: body)
    }
  }
}
