internal import NIOHTTP1

/// The pages for browsers, and the client for other people's pages. Made once; a value that every connection reads.
package struct WebPages: Sendable {
  /// Those of this program.
  package static let embedded = WebPages(WebFile.embedded)

  private static let chatPage = "index.html"
  private static let operatorPage = "admin.html"
  private let chat: WebResource?
  private let operators: WebResource?
  private let byPath: [String: WebResource]
  /// What a browser loads for the chat page the first time, compressed, without headers.
  let firstLoadBytes: Int

  init(_ files: [WebFile]) {
    var linker = WebLinker(files)
    var byPath: [String: WebResource] = [:]
    for file in files where !file.name.hasSuffix(".html") {
      guard let linked = linker.linked(file.name) else { continue }
      byPath[linked.path] = WebResource(file.name, linked, .forEver)
    }
    // For other people's pages, under names that stay.
    for name in ["weir.js", "weir.d.ts"] {
      guard let linked = linker.linked(name) else { continue }
      byPath["/\(name)"] = WebResource(name, linked, .untilAsked, WebPages.libraryHeaders(name))
    }
    self.byPath = byPath
    chat = WebPages.page(WebPages.chatPage, &linker)
    operators = WebPages.page(WebPages.operatorPage, &linker)
    firstLoadBytes = linker.closure(of: WebPages.chatPage).reduce(chat?.compressedBytes ?? 0) { sum, name in
      sum + (linker.linked(name).flatMap { byPath[$0.path] }?.compressedBytes ?? 0)
    }
  }

  /// Adds the routes of all files; the page itself is answered by `chatPage`.
  package func install(in router: inout HTTPRouter) {
    for (path, resource) in byPath {
      router.get(path) { resource.response(to: $0) }
    }
  }

  /// Adds the operator's page at `/admin`: for servers that have a secret for it.
  package func installOperatorPage(in router: inout HTTPRouter) {
    guard let operators else { return }
    router.get("/admin") { request in
      WebPages.page(operators, request, host: FrontPage.shownHost(request.headers.first(name: "host")))
    }
  }

  /// The chat page for a browser that reached the server by the name `host`; nil: there is none.
  func chatPage(_ request: HTTPRequest, host: String) -> HTTPResponse? {
    chat.map { WebPages.page($0, request, host: host) }
  }

  private static func page(_ page: WebResource, _ request: HTTPRequest, host: String) -> HTTPResponse {
    var response = page.response(to: request)
    for (name, value) in WebPages.pageHeaders(host: host) { response.headers.replaceOrAdd(name: name, value: value) }
    return response
  }

  /// The page with a word for the browser about every module that it will need, so that it does not find them one behind
  /// the other.
  private static func page(_ name: String, _ linker: inout WebLinker) -> WebResource? {
    guard let linked = linker.linked(name) else { return nil }
    let mark = Array("<script type=\"module\"".utf8)
    var bytes = linked.bytes
    if let place = bytes.firstRange(of: mark)?.lowerBound {
      let modules = linked.uses.filter { $0.hasSuffix(".js") }.flatMap { linker.closure(of: $0) }
      let hints = modules.compactMap { linker.linked($0)?.path }.map { "<link rel=\"modulepreload\" href=\"\($0)\">\n" }
      bytes.insert(contentsOf: Array(hints.joined().utf8), at: place)
    }
    return WebResource(
      name, WebLinker.Linked(path: "/", hash: WebLinker.hash(bytes), bytes: bytes, uses: linked.uses), .untilAsked)
  }

  /// Nothing but our own files runs, shows or is asked; and no script turns text into elements (Trusted Types), so what
  /// people and models write stays text even where the page has a mistake.
  private static func pageHeaders(host: String) -> [(String, String)] {
    // Older browsers do not count WebSockets as 'self'.
    let policy = """
      default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' ws://\(host) wss://\(host); \
      base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'
      """
    return [
      ("Content-Security-Policy", policy),
      ("X-Frame-Options", "DENY"),
      ("Cross-Origin-Opener-Policy", "same-origin"),
      ("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()"),
      ("Vary", "Accept, Accept-Encoding"),
    ]
  }

  /// Any page may load the client, and Deno finds its types.
  private static func libraryHeaders(_ name: String) -> [(String, String)] {
    var headers = [("Access-Control-Allow-Origin", "*"), ("Cross-Origin-Resource-Policy", "cross-origin")]
    if name.hasSuffix(".js") { headers.append(("X-TypeScript-Types", "/weir.d.ts")) }
    return headers
  }
}
