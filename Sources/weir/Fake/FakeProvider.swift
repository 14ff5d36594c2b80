import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import WeirCore
import WeirServer

/// A provider that speaks OpenAI's API and means nothing, as well or as badly as it is told to. All of it lives on one
/// event loop, so that the same seed and the same requests bring the same faults.
final class FakeProvider {
  private static let bodyBytes = 16 << 20

  let eventLoop: any EventLoop
  private(set) var settings: FakeSettings
  private(set) var figures = FakeFigures()
  private var random: FakeRandom
  private var limiter: FakeLimiter
  private let model: String
  private let log: (@Sendable (String) -> Void)?

  private init(
    _ settings: FakeSettings, seed: UInt64, model: String, on eventLoop: any EventLoop,
    log: (@Sendable (String) -> Void)?
  ) {
    self.settings = settings
    self.eventLoop = eventLoop
    self.model = model
    self.log = log
    random = FakeRandom(seed: seed)
    limiter = FakeLimiter(settings, now: Self.now())
  }

  /// A provider that listens, and a way to it from anywhere.
  struct Server: Sendable {
    let channel: any Channel
    fileprivate let provider: NIOLoopBound<FakeProvider>

    var port: Int { channel.localAddress?.port ?? 0 }

    func figures() async throws -> FakeFigures {
      let provider = provider
      return try await channel.eventLoop.submit { provider.value.figures }.get()
    }

    func change(_ change: @escaping @Sendable (inout FakeSettings) -> Void) async throws {
      let provider = provider
      try await channel.eventLoop.submit { provider.value.change(change) }.get()
    }
  }

  /// Begins to listen. `log` gets a line for each request.
  static func listen(
    host: String = "127.0.0.1", port: Int = 0, _ settings: FakeSettings = FakeSettings(), seed: UInt64 = 1,
    model: String = "fake", on eventLoop: any EventLoop, log: (@Sendable (String) -> Void)? = nil
  ) async throws -> Server {
    let bound = try await eventLoop.submit {
      NIOLoopBound(
        FakeProvider(settings, seed: seed, model: model, on: eventLoop, log: log), eventLoop: eventLoop)
    }.get()
    let router = router(bound)
    let channel = try await ServerBootstrap(group: eventLoop)
      .serverChannelOption(.backlog, value: 4096)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try installHTTP(on: channel, router: router) }
      }
      .bind(host: host, port: port).get()
    return Server(channel: channel, provider: bound)
  }

  private static func router(_ provider: NIOLoopBound<FakeProvider>) -> HTTPRouter {
    var router = HTTPRouter()
    for prefix in ["", "/v1"] {
      router.add(
        .POST, "\(prefix)/chat/completions",
        .init(.stream { request, stream in provider.value.complete(request, stream) }, bodyBytes: bodyBytes))
      router.get("\(prefix)/models") { _ in provider.value.models }
    }
    router.get("/fake/settings") { _ in Self.json(provider.value.settings) }
    router.get("/fake/figures") { _ in Self.json(provider.value.figures) }
    router.add(.POST, "/fake/settings", .immediate { provider.value.change(by: $0.body) })
    return router
  }

  // MARK: Requests

  private func complete(_ request: HTTPRequest, _ stream: HTTPResponseStream) {
    figures.requests += 1
    let now = Self.now()
    switch limiter.admit(running: figures.running, now: now) {
    case .down:
      figures.refused += 1
      respond(.serviceUnavailable, "The provider is down.", type: "server_error", stream)
    case .limited(let seconds):
      figures.limited += 1
      respond(
        .tooManyRequests, "Rate limit reached.", type: "requests", code: "rate_limit_exceeded",
        headers: limitHeaders(remaining: 0, resetSeconds: seconds) + [("Retry-After", "\(seconds)")], stream)
    case .admitted(let remaining):
      if random.happens(settings.errorShare) {
        figures.errors += 1
        return respond(
          HTTPResponseStatus(statusCode: settings.errorStatus), "The server had an error.", type: "server_error",
          headers: limitHeaders(remaining: remaining, resetSeconds: 1), stream)
      }
      do throws(InvalidRequest) {
        let asked = try ChatCompletionRequest(body: request.body, headers: request.headers)
        answer(asked, headers: limitHeaders(remaining: remaining, resetSeconds: 1), stream)
      } catch {
        log?("400  \(error.message)")
        stream.respond(OpenAIError(error).response)
      }
    }
  }

  private func answer(
    _ asked: ChatCompletionRequest, headers: [(String, String)], _ stream: HTTPResponseStream
  ) {
    let most = asked.call.parameters.maximumTokens ?? Int.max
    let tokens = min(settings.tokens, most)
    // A token is about four bytes of a prompt.
    let inputBytes = asked.call.messages.reduce(0) { $0 + $1.text.utf8.count + 4 }
    let id = String(random.next(), radix: 36)
    var name = ByteBuffer()
    JSONBytes.append(asked.call.model.isEmpty ? model : asked.call.model, to: &name)
    let plan = FakeAnswer.Plan(
      events: FakeEvents(
        id: "chatcmpl-fake\(id)", model: String(buffer: name), created: Int(Date().timeIntervalSince1970)),
      tokens: tokens, isShortened: most < settings.tokens, streams: asked.streams,
      tellsUsage: settings.usage && asked.includesUsage, inputTokens: max(1, inputBytes / 4),
      fault: drawFault(tokens: tokens), headers: headers, firstToken: draw(settings.firstToken),
      betweenTokens: settings.betweenTokens)
    figures.running += 1
    figures.mostRunning = max(figures.mostRunning, figures.running)
    log?("200  \(asked.call.messages.count) messages, \(tokens) tokens, \(plan.fault)")
    FakeAnswer(plan, stream, self).start()
  }

  private func drawFault(tokens: Int) -> FakeAnswer.Fault {
    let place = Int.random(in: 0...max(0, tokens), using: &random)
    if random.happens(settings.stallShare) { return .stall(before: place) }
    if random.happens(settings.garbageShare) { return .garbage(before: place) }
    if random.happens(settings.cutShare) {
      // An event is about 200 bytes.
      let anywhere = Int.random(in: 0...(tokens + 2) * 200, using: &random)
      return .cut(at: settings.cutAtByte > 0 ? settings.cutAtByte : anywhere)
    }
    return .none
  }

  private func respond(
    _ status: HTTPResponseStatus, _ sentence: String, type: String, code: String? = nil,
    headers: [(String, String)] = [], _ stream: HTTPResponseStream
  ) {
    log?("\(status.code)  \(sentence)")
    var body = ByteBuffer()
    OpenAIError(status, sentence, type: type, code: code).appendBody(to: &body)
    stream.respond(
      HTTPResponse(status: status, headers: .init(headers + [("Content-Type", "application/json")]), body: body))
  }

  private func limitHeaders(remaining: Int?, resetSeconds: Int) -> [(String, String)] {
    guard settings.requestsPerMinute > 0, let remaining else { return [] }
    return [
      ("x-ratelimit-limit-requests", "\(settings.requestsPerMinute)"),
      ("x-ratelimit-remaining-requests", "\(remaining)"), ("x-ratelimit-reset-requests", "\(resetSeconds)s"),
    ]
  }

  private var models: HTTPResponse {
    var name = ByteBuffer()
    JSONBytes.append(model, to: &name)
    return .json(
      #"{"object":"list","data":[{"id":\#(String(buffer: name)),"object":"model","created":0,"owned_by":"weir"}]}"#)
  }

  // MARK: Settings

  /// Changes what the body names and nothing else.
  private func change(by body: ByteBuffer) -> HTTPResponse {
    do {
      var object = try Self.object(JSONEncoder().encode(settings))
      let changes = try Self.object(Data(body.readableBytesView))
      let known = Set(Mirror(reflecting: settings).children.compactMap(\.label))
      if let unknown = changes.keys.first(where: { !known.contains($0) }) {
        throw BadSettings(sentence: "There is no setting \(unknown); the settings are \(known.sorted()).")
      }
      object.merge(changes) { $1 }
      let settings = try JSONDecoder().decode(
        FakeSettings.self, from: JSONSerialization.data(withJSONObject: object))
      if let problem = settings.problem { throw BadSettings(sentence: "The settings cannot be: \(problem).") }
      change { $0 = settings }
      return Self.json(settings)
    } catch let error as BadSettings {
      return .text(error.sentence, status: .badRequest)
    } catch DecodingError.dataCorrupted(let context) where !context.codingPath.isEmpty {
      return .text(context.debugDescription, status: .badRequest)
    } catch {
      return .text("The settings must be a JSON object with values of the right types: \(error)", status: .badRequest)
    }
  }

  private struct BadSettings: Error { let sentence: String }

  private static func object(_ data: Data) throws -> [String: Any] {
    guard let object = try JSONSerialization.jsonObject(with: data) as? [String: Any] else {
      throw BadSettings(sentence: "The settings must be a JSON object.")
    }
    return object
  }

  func change(_ change: (inout FakeSettings) -> Void) {
    change(&settings)
    limiter.change(settings, now: Self.now())
  }

  private static func json(_ value: some Encodable) -> HTTPResponse {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
    do {
      return .json(String(decoding: try encoder.encode(value), as: UTF8.self))
    } catch {
      return .text("\(error)", status: .internalServerError)
    }
  }

  // MARK: For the answers

  func count(_ change: (inout FakeFigures) -> Void) { change(&figures) }

  /// Seconds.
  func draw(_ delay: FakeDelay) -> Double { delay.draw(&random) }

  private static func now() -> Double { Double(NIODeadline.now().uptimeNanoseconds) / 1e9 }
}
