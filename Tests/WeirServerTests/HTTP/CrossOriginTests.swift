import NIOEmbedded
import NIOHTTP1
import Testing
import WebSocket

@testable import WeirServer

@Suite("Pages of other sites")
struct CrossOriginTests {
  private func exchange(_ origins: OriginPolicy) throws -> HTTPExchange {
    let host = TestHost(EmbeddedEventLoop())
    var router = HTTPRouter()
    FrontDoor(
      authenticate: { request in
        request.headers["authorization"] == ["Bearer ann"]
          ? .success(Caller(user: "ann")) : .failure(OpenAIError(AuthError.missingToken))
      }, models: { _ in ["fast", "team/good one"] }, host: { _ in host }
    ).install(in: &router)
    router.get("/healthz") { _ in .text("well") }
    router.crossOrigin = CrossOrigin(origins, below: "/v1/")
    return try HTTPExchange(router)
  }

  private func ask(
    _ line: String, origin: String?, _ origins: OriginPolicy, headers: String = ""
  ) throws -> (status: String, text: String) {
    let from = origin.map { "Origin: \($0)\r\n" } ?? ""
    let answer = try exchange(origins).send("\(line) HTTP/1.1\r\nHost: a\r\n\(from)\(headers)\r\n")
    return (String(answer.dropFirst(9).prefix(3)), answer.lowercased())
  }

  private static let page = "https://chat.example.org"
  private static let list = OriginPolicy.list([page])

  @Test("a page that is allowed may read models and make calls; a stranger, and everybody else's paths, may not")
  func allowed() throws {
    let token = "Authorization: Bearer ann\r\n"
    let good = try ask("GET /v1/models", origin: Self.page, Self.list, headers: token)
    #expect(good.status == "200" && good.text.contains("access-control-allow-origin: \(Self.page)\r\n"))
    #expect(good.text.contains("vary: origin\r\n") && !good.text.contains("allow-credentials"))
    // An error must be readable too, or the page can't say what is wrong.
    let refused = try ask("GET /v1/models", origin: Self.page, Self.list)
    #expect(refused.status == "401" && refused.text.contains("access-control-allow-origin: \(Self.page)\r\n"))
    for stranger in [
      "https://evil.net", "\(Self.page).evil.net", "null", "http://chat.example.org", "\(Self.page):444",
    ] {
      let answer = try ask("GET /v1/models", origin: stranger, Self.list, headers: token)
      #expect(!answer.text.contains("access-control"), "\(stranger)")
      #expect(answer.text.contains("vary: origin\r\n"), "\(stranger)")
    }
    #expect(!(try ask("GET /healthz", origin: Self.page, Self.list)).text.contains("access-control"))
    #expect(!(try ask("GET /v1/models", origin: nil, Self.list, headers: token)).text.contains("access-control"))
  }

  @Test("a preflight is answered without a token, with what may be sent")
  func preflight() throws {
    let headers = "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization\r\n"
    for path in ["/v1/models", "/v1/models/fast", "/v1/chat/completions"] {
      let good = try ask("OPTIONS \(path)", origin: Self.page, Self.list, headers: headers)
      #expect(good.status == "204", "\(path)")
      #expect(good.text.contains("access-control-allow-methods: get, head, post\r\n"), "\(path)")
      #expect(good.text.contains("access-control-allow-headers: authorization, content-type,"), "\(path)")
      let bad = try ask("OPTIONS \(path)", origin: "https://evil.net", Self.list, headers: headers)
      #expect(!bad.text.contains("access-control"), "\(path)")
    }
  }

  @Test("by default no other site may read anything; with * every one may, and none by its name")
  func policies() throws {
    let token = "Authorization: Bearer ann\r\n"
    let closed = try ask("GET /v1/models", origin: "https://a", .sameHost, headers: token)
    #expect(closed.status == "200" && !closed.text.contains("access-control") && !closed.text.contains("vary"))
    let open = try ask("GET /v1/models", origin: "https://evil.net", .any, headers: token)
    #expect(open.text.contains("access-control-allow-origin: *\r\n") && !open.text.contains("evil"))
    // Two origins are a trick.
    let two = try ask("GET /v1/models", origin: "\(Self.page)\r\nOrigin: https://evil.net", Self.list, headers: token)
    #expect(!two.text.contains("access-control"))
  }

  @Test("a model is told by its name, also one with a slash, and an unknown one is a 404 in this API's words")
  func oneModel() throws {
    let token = "Authorization: Bearer ann\r\n"
    for path in ["/v1/models/team/good%20one", "/v1/models/team%2Fgood%20one"] {
      let found = try ask("GET \(path)", origin: nil, .sameHost, headers: token)
      #expect(found.status == "200" && found.text.contains(#"{"id":"team/good one","object":"model","created":"#))
    }
    let missing = try ask("GET /v1/models/slow%22", origin: nil, .sameHost, headers: token)
    #expect(missing.status == "404" && missing.text.contains("model_not_found") && missing.text.contains("fast"))
    #expect(try ask("GET /v1/models/fast", origin: nil, .sameHost).status == "401")
    #expect(try ask("GET /v1/models/", origin: nil, .sameHost, headers: token).status == "404")
    #expect(try ask("POST /v1/models/fast", origin: nil, .sameHost, headers: token).status == "405")
  }
}
