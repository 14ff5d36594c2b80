package import NIOHTTP1

/// Which code answers which request, by method and path. A value: built at start-up, then read by every connection.
package struct HTTPRouter: Sendable {
  /// What answers a request.
  package enum Route: Sendable {
    /// At once, on the connection's event loop: it must not block.
    case immediate(@Sendable (HTTPRequest) -> HTTPResponse)
    /// After some time, anywhere.
    case later(@Sendable (HTTPRequest) async -> HTTPResponse)
  }

  private var routes: [String: [String: Route]] = [:]

  package init() {}

  /// Answers GET and HEAD on exactly this path at once.
  package mutating func get(_ path: String, _ answer: @escaping @Sendable (HTTPRequest) -> HTTPResponse) {
    add(.GET, path, .immediate(answer))
  }

  /// Answers `method` on exactly this path. A route for GET answers HEAD too.
  package mutating func add(_ method: HTTPMethod, _ path: String, _ route: Route) {
    routes[path, default: [:]][method.rawValue] = route
  }

  /// The route for a request, or the refusal if there is none.
  package func route(_ method: HTTPMethod, _ path: String) -> Route {
    guard let methods = routes[path] else {
      return .immediate { _ in
        .text("There is nothing at this path; the page at / says what this server offers.", status: .notFound)
      }
    }
    if let route = methods[method.rawValue] { return route }
    if method == .HEAD, let route = methods["GET"] { return route }
    var allowed = Set(methods.keys)
    if allowed.contains("GET") { allowed.insert("HEAD") }
    let list = allowed.sorted().joined(separator: ", ")
    return .immediate { _ in
      var response = HTTPResponse.text("This path takes \(list) only.", status: .methodNotAllowed)
      response.headers.add(name: "Allow", value: list)
      return response
    }
  }
}
