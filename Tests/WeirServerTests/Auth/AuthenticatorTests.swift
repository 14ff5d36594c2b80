import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import Testing

@testable import WeirServer

@Suite("Who may connect")
struct AuthenticatorTests {
  private let home = try? SocketAddress(ipAddress: "127.0.0.1", port: 5000)

  @Test(
    "a token is found in each of its places",
    arguments: [
      (["Authorization": "Bearer T.o.k"], "/"), (["authorization": "bEARER   T.o.k"], "/?token=other"),
      (["Sec-WebSocket-Protocol": "weir.v1, weir.token.T.o.k"], "/"),
      (["Sec-WebSocket-Protocol": "bearer.T.o.k,weir.v1"], "/?access_token=other"), ([:], "/?token=T.o.k"),
      ([:], "/chat?a=b&access_token=T%2Eo.k#x"), (["Authorization": "Basic YTpi"], "/?token=T.o.k"),
    ] as [([String: String], String)])
  func tokenPlaces(headers: [String: String], uri: String) {
    let credentials = Credentials(
      headers: HTTPHeaders(headers.map { ($0.key, $0.value) }), target: RequestTarget(uri))
    #expect(credentials.token?.hasPrefix("T.o.k") == true)
  }

  @Test(
    "no token is found where there is none",
    arguments: [
      (["Authorization": "Bearer "], "/"), (["Authorization": "Bearer"], "/?tok=a"),
      (["Sec-WebSocket-Protocol": "weir.v1, weir.token."], "/token"),
    ] as [([String: String], String)])
  func noToken(headers: [String: String], uri: String) {
    let credentials = Credentials(
      headers: HTTPHeaders(headers.map { ($0.key, $0.value) }), target: RequestTarget(uri))
    #expect(credentials.token == nil)
  }

  @Test("32,000 spaces in a subprotocol header are read once, not 32,000 times")
  func manySpaces() {
    let header = "b" + String(repeating: " ", count: 32_000) + "x, weir.token.T"
    let started = ContinuousClock.now
    let credentials = Credentials(headers: ["Sec-WebSocket-Protocol": header], target: RequestTarget("/"))
    #expect(credentials.token == "T")
    // Quadratic work would take minutes in a debug build.
    #expect(started.duration(to: .now) < .seconds(5))
  }

  @Test("an entry with a token is never one to choose")
  func tokenProtocols() {
    #expect(Credentials.isTokenProtocol("weir.token.abc"))
    #expect(Credentials.isTokenProtocol("bearer.abc"))
    #expect(!Credentials.isTokenProtocol("weir.v1"))
    #expect(!Credentials.isTokenProtocol("weir.v1.json"))
  }

  @Test("with a key, a device on this machine needs a token as everybody does")
  func keysBindAll() async throws {
    let authenticator = try await Authenticator.at { $0.jwtSecret = Secret(Fixture.secret) }
    #expect(!authenticator.isOpen)
    #expect(throws: AuthError.missingToken) {
      try authenticator.authenticate(Credentials(user: "ann"), remote: home)
    }
    let identity = try authenticator.authenticate(Credentials(token: Fixture.hs256, user: "eve"), remote: nil)
    #expect(identity.user == "ann")
  }

  @Test("without a key, a device on this machine is who it says, or local")
  func open() async throws {
    let authenticator = try await Authenticator.at { _ in }
    #expect(authenticator.isOpen)
    for host in [nil, "localhost:8080", "127.0.0.1", "[::1]:8080", "LOCALHOST", "chat.localhost", "localhost."] {
      #expect(try authenticator.authenticate(Credentials(host: host), remote: home) == Identity(user: "local"))
    }
    let six = try SocketAddress(ipAddress: "::1", port: 1)
    let mapped = try SocketAddress(ipAddress: "::ffff:127.0.0.1", port: 1)
    let unix = try SocketAddress(unixDomainSocketPath: "/x")
    for remote in [six, mapped, unix] {
      #expect(try authenticator.authenticate(Credentials(user: "ann"), remote: remote).user == "ann")
    }
  }

  @Test("without a key, nobody else is let in")
  func openForNobodyElse() async throws {
    let authenticator = try await Authenticator.at { _ in }
    for address in ["10.0.0.1", "8.8.8.8", "::2", "::ffff:10.0.0.1", "fe80::1"] {
      let remote = try SocketAddress(ipAddress: address, port: 1)
      #expect(throws: AuthError.notLoopback) { try authenticator.authenticate(Credentials(), remote: remote) }
    }
    #expect(throws: AuthError.notLoopback) { try authenticator.authenticate(Credentials(), remote: nil) }
    for name in ["", String(repeating: "x", count: 257)] {
      #expect(throws: AuthError.badUserName) {
        try authenticator.authenticate(Credentials(user: name), remote: home)
      }
    }
  }

  @Test(
    "without a key, a page that made its own name resolve to this machine is refused",
    arguments: [
      "evil.example:8080", "127.0.0.1.evil.example", "localhost.evil.example", "0.0.0.0", "", "[::2]", "[::1",
    ])
  func rebinding(host: String) async throws {
    let authenticator = try await Authenticator.at { _ in }
    #expect(throws: AuthError.foreignHost(AuthError.cleaned(host))) {
      try authenticator.authenticate(Credentials(host: host), remote: home)
    }
  }

  @Test(
    "without a key, what comes through a proxy is refused",
    arguments: ["X-Forwarded-For", "forwarded", "Via", "X-Real-IP"])
  func proxied(header: String) async throws {
    let authenticator = try await Authenticator.at { _ in }
    let credentials = Credentials(headers: [header: "1.2.3.4", "Host": "localhost"], target: RequestTarget("/"))
    #expect(throws: AuthError.throughProxy) { try authenticator.authenticate(credentials, remote: home) }
  }

  @Test("a token that was verified is known until it expires")
  func cache() async throws {
    let clock = NIOLockedValueBox(Fixture.issuedAt)
    var auth = WeirConfiguration.Auth()
    auth.jwtSecret = Secret(Fixture.secret)
    let authenticator = try await Authenticator(auth, now: { clock.withLockedValue { $0 } })
    #expect(authenticator.cachedIdentity(token: Fixture.hs256) == nil)
    let identity = try authenticator.identity(token: Fixture.hs256)
    #expect(authenticator.cachedIdentity(token: Fixture.hs256) == identity)
    clock.withLockedValue { $0 += 3600 + 30 }
    #expect(authenticator.cachedIdentity(token: Fixture.hs256) == nil)
    #expect(throws: AuthError.expired) { try authenticator.identity(token: Fixture.hs256) }
  }

  @Test("the cache of tokens stays within its bound and keeps what is used")
  func cacheBound() async throws {
    let authenticator = try await Authenticator.at(cacheCapacity: 4) { $0.jwtSecret = Secret(Fixture.secret) }
    let minter = try TokenMinter(secret: Fixture.secret)
    var tokens: [String] = []
    for number in 0..<20 {
      let token = try await minter.mint(user: "user\(number)", now: Fixture.issuedAt, lifetimeSeconds: 60)
      tokens.append(token)
      _ = try authenticator.identity(token: token)
      #expect(authenticator.cachedIdentity(token: tokens[0])?.user == "user0")
    }
    let held = tokens.filter { authenticator.cachedIdentity(token: $0) != nil }
    #expect(held.count <= 8)
  }

  @Test("a refused token is not remembered")
  func refusedIsNotCached() async throws {
    let authenticator = try await Authenticator.at { $0.jwtSecret = Secret(Fixture.secret) }
    #expect(throws: AuthError.badSignature) { try authenticator.identity(token: Fixture.confused) }
    #expect(authenticator.cachedIdentity(token: Fixture.confused) == nil)
  }

  @Test("every refusal has a sentence with a way out, and a status")
  func sentences() {
    let errors: [AuthError] = [
      .missingToken, .tokenTooLong, .malformedToken("x"), .unsupportedAlgorithm("x"), .unknownKey("x"), .badSignature,
      .expired, .notYetValid, .wrongIssuer, .wrongAudience, .badSubject, .notLoopback, .foreignHost("x"), .throughProxy,
      .badUserName, .badClaim("x"),
    ]
    for error in errors {
      #expect(error.description.hasSuffix("."))
      #expect([400, 401, 403].contains(error.httpStatus))
    }
    // Who shows no token guesses none.
    #expect(
      errors.filter { !$0.isFailedLogin } == [
        .missingToken, .notLoopback, .foreignHost("x"), .throughProxy, .badUserName,
      ])
  }
}
