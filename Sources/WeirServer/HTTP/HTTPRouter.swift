package import NIOHTTP1

/// Which code answers which request, by method and path. A value: built at start-up, then read by every connection.
package struct HTTPRouter: Sendable {
  /// What answers a request.
  package enum Route: Sendable {
    /// At once, on the connection's event loop: it must not block.
    case immediate(@Sendable (HTTPRequest) -> HTTPResponse)
    /// After some time, anywhere.
    case later(@Sendable (HTTPRequest) async -> HTTPResponse)
    /// Bit by bit, or after any time: called on the connection's event loop, must not block, and answers through the
    /// stream, which stays on that loop.
    case stream(@Sendable (HTTPRequest, HTTPResponseStream) -> Void)
  }

  /// A route and what it takes.
  package struct Endpoint: Sendable {
    package var route: Route
    /// The largest body; nil: `HTTPLimits.bodyBytes`.
    package var bodyBytes: Int?
    /// Looks at a request whose body has not been read. With an answer, the body is thrown away as it comes and the route
    /// is not called: who may not ask costs no memory. On the connection's event loop; must not block.
    package var refusal: (@Sendable (HTTPRequest) -> HTTPResponse?)?

    package init(
      _ route: Route, bodyBytes: Int? = nil, refusal: (@Sendable (HTTPRequest) -> HTTPResponse?)? = nil
    ) {
      self.route = route
      self.bodyBytes = bodyBytes
      self.refusal = refusal
    }
  }

  /// Which pages of other sites may read the answers; nil: none.
  package var crossOrigin: CrossOrigin?

  private var endpoints: [String: [String: Endpoint]] = [:]
  /// By the beginning of the path, which ends in a slash.
  private var families: [(prefix: String, methods: [String: Endpoint])] = []
  /// What the bodies of all connections with these routes share.
  package let bodies: BodyRoom

  /// No routes yet.
  package init(bodies: BodyRoom = BodyRoom()) { self.bodies = bodies }

  /// Answers GET and HEAD on exactly this path at once.
  package mutating func get(_ path: String, _ answer: @escaping @Sendable (HTTPRequest) -> HTTPResponse) {
    add(.GET, path, .immediate(answer))
  }

  /// Answers `method` on exactly this path. A route for GET answers HEAD too.
  package mutating func add(_ method: HTTPMethod, _ path: String, _ route: Route) {
    add(method, path, Endpoint(route))
  }

  /// Answers `method` on exactly this path. A route for GET answers HEAD too.
  package mutating func add(_ method: HTTPMethod, _ path: String, _ endpoint: Endpoint) {
    endpoints[path, default: [:]][method.rawValue] = endpoint
  }

  /// Answers `method` on all paths that go on behind `prefix`, which ends in a slash, unless a path has routes of its own.
  package mutating func add(_ method: HTTPMethod, below prefix: String, _ endpoint: Endpoint) {
    if let index = families.firstIndex(where: { $0.prefix == prefix }) {
      families[index].methods[method.rawValue] = endpoint
    } else {
      families.append((prefix, [method.rawValue: endpoint]))
    }
  }

  private func methods(_ path: String) -> [String: Endpoint]? {
    if let methods = endpoints[path] { return methods }
    return families.first { path.utf8.count > $0.prefix.utf8.count && path.hasPrefix($0.prefix) }?.methods
  }

  /// What answers a request, or refuses it if nothing does.
  package func endpoint(_ method: HTTPMethod, _ path: String) -> Endpoint {
    guard let methods = methods(path) else {
      return Endpoint(
        .immediate { _ in
          .text("There is nothing at this path; the page at / says what this server offers.", status: .notFound)
        })
    }
    if let endpoint = methods[method.rawValue] { return endpoint }
    if method == .HEAD, let endpoint = methods["GET"] { return endpoint }
    var allowed = Set(methods.keys)
    if allowed.contains("GET") { allowed.insert("HEAD") }
    let list = allowed.sorted().joined(separator: ", ")
    return Endpoint(
      .immediate { _ in
        var response = HTTPResponse.text("This path takes \(list) only.", status: .methodNotAllowed)
        response.headers.add(name: "Allow", value: list)
        return response
      })
  }
}
