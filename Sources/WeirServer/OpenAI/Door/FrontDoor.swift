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

  /// Adds `POST /v1/chat/completions`, `GET /v1/models` and `GET /v1/models/{id}`.
  func install(in router: inout HTTPRouter) {
    let (door, list) = (self, ModelList())
    router.add(
      .POST, "/v1/chat/completions",
      .init(
        .stream { request, stream in door.complete(request, stream) }, bodyBytes: limits.bodyBytes,
        refusal: { request in door.refusal(request)?.response }))
    router.get("/v1/models") { request in door.answer(request) { list.all(door.models($0)) } }
    router.add(
      .GET, below: ModelList.pathPrefix,
      .init(.immediate { request in door.answer(request) { list.one(request.target.path, of: door.models($0)) } }))
    for path in ["/v1/chat/completions", "/v1/models"] { router.add(.OPTIONS, path, Self.preflight) }
    router.add(.OPTIONS, below: ModelList.pathPrefix, Self.preflight)
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

  /// What a page of another site asks before it asks. The answer's headers are the router's to add.
  private static let preflight = HTTPRouter.Endpoint(.immediate { _ in HTTPResponse(status: .noContent) }, bodyBytes: 0)

  private func answer(_ request: HTTPRequest, _ body: (Caller) -> HTTPResponse) -> HTTPResponse {
    switch authenticate(request) {
    case .failure(let error): error.response
    case .success(let caller): body(caller)
    }
  }
}
