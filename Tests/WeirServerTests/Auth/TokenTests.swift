import Testing

@testable import WeirServer

@Suite("Tokens")
struct TokenTests {
  /// Keys of all four algorithms, read once: RSA keys take their time to check.
  private static let keys = Task {
    let directory = try TemporaryDirectory()
    var auth = WeirConfiguration.Auth()
    auth.jwtSecret = Secret(Fixture.secret)
    auth.jwtKeyFiles = [
      try directory.write(Fixture.ecPublic, as: "ec.pem"), try directory.write(Fixture.rsaPublic, as: "rsa.pem"),
      try directory.write(Fixture.edPublic, as: "ed.pem"),
    ]
    return try await KeyLoader.load(auth)
  }

  /// Who `token` is for, or why it is refused.
  private func outcome(
    _ token: String, at now: Int64 = Fixture.issuedAt, with keys: [VerificationKey]? = nil,
    auth: WeirConfiguration.Auth = WeirConfiguration.Auth()
  ) async throws -> Result<Identity, AuthError> {
    let keys = if let keys { keys } else { try await TokenTests.keys.value }
    let verifier = TokenVerifier(keys: keys, auth: auth)
    return Result { () throws(AuthError) in try verifier.verify(token, now: now) }
  }

  /// Why `token` is refused; nil: it is not.
  private func refusal(_ token: String, at now: Int64 = Fixture.issuedAt) async throws -> AuthError? {
    if case .failure(let error) = try await outcome(token, at: now) { error } else { nil }
  }

  @Test(
    "tokens that openssl signed are accepted", arguments: [Fixture.hs256, Fixture.es256, Fixture.rs256, Fixture.edDSA])
  func foreignTokens(token: String) async throws {
    let expected = Identity(user: "ann", expiresAt: Fixture.issuedAt + 3600)
    #expect(try await outcome(token) == .success(expected))
  }

  @Test(
    "tokens that weir signs are accepted, by the public half of the key",
    arguments: [
      (Fixture.rsaPrivate, Fixture.rsaPublic, "RS256"), (Fixture.ecPrivate, Fixture.ecPublic, "ES256"),
      (Fixture.edPrivate, Fixture.edPublic, "EdDSA"), (Fixture.ecPrivate, Fixture.certificate, "ES256"),
      (Fixture.edPrivate, Fixture.edPrivate, "EdDSA"),
    ])
  func ownTokens(privatePEM: String, publicPEM: String, algorithm: String) async throws {
    let minter = try TokenMinter(privateKeyPEM: privatePEM)
    #expect(minter.algorithm == algorithm)
    let token = try await minter.mint(user: "bob", now: Fixture.issuedAt, lifetimeSeconds: 60)
    let key = try #require(await VerificationKey.pem(publicPEM, id: nil))
    let expected = Identity(user: "bob", expiresAt: Fixture.issuedAt + 60)
    #expect(try await outcome(token, with: [key]) == .success(expected))
  }

  @Test(
    "a changed signature, header or claim is refused",
    arguments: [Fixture.hs256, Fixture.es256, Fixture.rs256, Fixture.edDSA])
  func tampered(token: String) async throws {
    var parts = token.split(separator: ".").map(String.init)
    let signature = parts[2]
    parts[2] = String(signature.reversed())
    #expect(try await refusal(parts.joined(separator: ".")) != nil)
    parts[2] = signature
    parts[1] = Tokens.encode(#"{"sub":"eve","exp":1700003600}"#)
    #expect(try await refusal(parts.joined(separator: ".")) == .badSignature)
    #expect(try await refusal(token + "AAAA") != nil)
    #expect(try await refusal(String(token.dropLast(4))) != nil)
  }

  @Test("a token signed with another secret is refused")
  func wrongKey() async throws {
    let token = try await TokenMinter(secret: String(Fixture.secret.reversed())).mint(
      user: "ann", now: Fixture.issuedAt, lifetimeSeconds: 60)
    #expect(try await refusal(token) == .badSignature)
  }

  @Test("alg none is refused in every spelling", arguments: ["none", "None", "NONE", "nOnE", ""])
  func algNone(name: String) async throws {
    let token = Tokens.unsigned(header: #"{"alg":"\#(name)"}"#)
    #expect(try await refusal(token) == .unsupportedAlgorithm("\"\(name)\""))
  }

  @Test("HS256 with the text of a public key as its secret is refused")
  func confusion() async throws {
    let rsa = try #require(await VerificationKey.pem(Fixture.rsaPublic, id: nil))
    #expect(try await outcome(Fixture.confused, with: [rsa]) == .failure(.unsupportedAlgorithm("\"HS256\"")))
    #expect(try await refusal(Fixture.confused) == .badSignature)
  }

  @Test("a token whose header names another algorithm than its signature's is refused")
  func algorithmSwap() async throws {
    for algorithm in ["RS256", "ES256", "EdDSA"] {
      let token = Tokens.signed(header: #"{"alg":"\#(algorithm)"}"#, claims: #"{"sub":"ann"}"#)
      #expect(try await refusal(token) == .badSignature)
    }
    for algorithm in ["HS384", "HS512", "RS512", "PS256", "ES384"] {
      let token = Tokens.signed(header: #"{"alg":"\#(algorithm)"}"#, claims: #"{"sub":"ann"}"#)
      #expect(try await refusal(token) == .unsupportedAlgorithm("\"\(algorithm)\""))
    }
  }

  @Test("the token's time is checked, with the leeway")
  func time() async throws {
    let end = Fixture.issuedAt + 3600
    #expect(try await refusal(Fixture.hs256, at: end + 29) == nil)
    #expect(try await refusal(Fixture.hs256, at: end + 30) == .expired)
    let early = Tokens.signed(claims: #"{"sub":"ann","nbf":1700000031}"#)
    #expect(try await refusal(early) == .notYetValid)
    #expect(try await refusal(early, at: Fixture.issuedAt + 1) == nil)
  }

  @Test(
    "dates of any size and shape end in an answer, not in a crash",
    arguments: [
      (#"{"sub":"ann","exp":1e300}"#, true), (#"{"sub":"ann","exp":-1e300}"#, false),
      (#"{"sub":"ann","exp":9223372036854775807}"#, true), (#"{"sub":"ann","exp":1700000000.75}"#, true),
      (#"{"sub":"ann","exp":"soon"}"#, false), (#"{"sub":"ann","nbf":1e308}"#, false), (#"{"sub":"ann"}"#, true),
      (#"{"sub":"ann","nbf":-9223372036854775808,"exp":99999999999999999999}"#, true),
    ])
  func strangeDates(claims: String, isGood: Bool) async throws {
    let token = Tokens.signed(claims: claims)
    let error = try await refusal(token)
    #expect((error == nil) == isGood)
  }

  @Test(
    "headers that hostile hands made end in a refusal, not in a crash",
    arguments: [
      #"{"alg":"HS256","x":1e300}"#, #"{"alg":1}"#, #"{"kid":"a"}"#, "[]", "null", "{", #"{"alg":"HS256","kid":7}"#,
      #"{"alg":"HS256","crit":["b64"],"b64":false}"#, #"{"alg":"HS256","crit":[]}"#,
    ])
  func hostileHeaders(header: String) async throws {
    let token = Tokens.unsigned(header: header)
    #expect(try await refusal(token) != nil)
  }

  @Test("a deeply nested header ends in a refusal")
  func deepHeader() async throws {
    let deep = String(repeating: "[", count: 2500) + String(repeating: "]", count: 2500)
    let token = Tokens.unsigned(header: #"{"alg":"HS256","x":\#(deep)}"#)
    #expect(try await refusal(token) != nil)
  }

  @Test("a header with a number beyond Int64 and a good signature is accepted")
  func hugeNumberInGoodHeader() async throws {
    let token = Tokens.signed(header: #"{"alg":"HS256","x":1e300}"#, claims: #"{"sub":"ann"}"#)
    #expect(try await refusal(token) == nil)
  }

  @Test(
    "what is no token is refused",
    arguments: ["", ".", "..", "...", "a.b", "a.b.c.d", "!.!.!", "e30.e30.", "\u{1F600}.e30.e30", "e30=.e30.e30"])
  func noTokens(token: String) async throws {
    #expect(try await refusal(token) != nil)
  }

  @Test("a token longer than the limit is refused unread")
  func longToken() async throws {
    let token = String(repeating: "a", count: TokenVerifier.maximumTokenBytes + 1)
    #expect(try await refusal(token) == .tokenTooLong)
  }

  @Test("the subject must be a user's name", arguments: ["", String(repeating: "u", count: 257)])
  func badSubject(user: String) async throws {
    let token = Tokens.signed(claims: #"{"sub":"\#(user)"}"#)
    #expect(try await refusal(token) == .badSubject)
    #expect(try await refusal(Tokens.signed(claims: "{}")) == .badSubject)
  }

  @Test("issuer and audience are checked when they are configured")
  func issuerAndAudience() async throws {
    var auth = WeirConfiguration.Auth()
    auth.issuer = "me"
    auth.audience = "weir"
    let good = [
      #"{"sub":"a","iss":"me","aud":"weir"}"#, #"{"sub":"a","iss":"me","aud":["x","weir"]}"#,
    ]
    for claims in good {
      let token = Tokens.signed(claims: claims)
      #expect(try await outcome(token, auth: auth) == .success(Identity(user: "a")))
    }
    let bad: [(String, AuthError)] = [
      (#"{"sub":"a","aud":"weir"}"#, .wrongIssuer), (#"{"sub":"a","iss":"you","aud":"weir"}"#, .wrongIssuer),
      (#"{"sub":"a","iss":"me"}"#, .wrongAudience), (#"{"sub":"a","iss":"me","aud":["x"]}"#, .wrongAudience),
    ]
    for (claims, error) in bad {
      let token = Tokens.signed(claims: claims)
      #expect(try await outcome(token, auth: auth) == .failure(error))
    }
  }
}
