import NIOConcurrencyHelpers
import Testing
import WeirCore

@testable import WeirServer

@Suite("What a token allows")
struct AccessTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  private func authenticator(
    _ change: (inout WeirConfiguration.Auth) -> Void = { _ in }
  ) async throws -> Authenticator {
    try await Authenticator.at { auth in
      auth.jwtSecret = Secret(Fixture.secret)
      change(&auth)
    }
  }

  private func access(_ plan: String, _ lane: String, _ tenant: String) -> Access {
    var access = Access()
    (access.plan, access.lane, access.tenant) = (plan, lane, tenant)
    return access
  }

  @Test("plan, lane and tenant are read from their claims")
  func claims() async throws {
    let authenticator = try await authenticator()
    let token = Tokens.signed(claims: #"{"sub":"ann","weir_plan":"pro","weir_lane":"batch","weir_tenant":"Ä & Söhne"}"#)
    #expect(try authenticator.identity(token: token).access == access("pro", "batch", "Ä & Söhne"))
    // A second time from the cache.
    #expect(authenticator.cachedIdentity(token: token)?.access == access("pro", "batch", "Ä & Söhne"))
  }

  @Test("claims that are absent, null or empty say nothing")
  func absent() async throws {
    let authenticator = try await authenticator()
    #expect(try authenticator.identity(token: Fixture.hs256).access == Access())
    let empty = Tokens.signed(claims: #"{"sub":"ann","weir_plan":null,"weir_lane":""}"#)
    #expect(try authenticator.identity(token: empty).access == Access())
  }

  @Test("the claims' names are configured, dots and slashes and all")
  func names() async throws {
    let authenticator = try await authenticator { auth in
      auth.planClaim = "https://example.com/plan"
      auth.laneClaim = "l"
      auth.tenantClaim = "iss"
    }
    let token = Tokens.signed(
      claims: #"{"sub":"a","https://example.com/plan":"pro","weir_lane":"x","l":"y","iss":"t"}"#)
    #expect(try authenticator.identity(token: token).access == access("pro", "y", "t"))
  }

  @Test(
    "a claim that is no text, or none that can be a name, is refused by its name",
    arguments: [
      "1", "true", #"["pro"]"#, #"{"name":"pro"}"#, #""a\nb""#, #""a\u0000b""#,
      "\"" + String(repeating: "x", count: 129) + "\"",
    ])
  func wrong(value: String) async throws {
    let authenticator = try await authenticator()
    for claim in ["weir_plan", "weir_lane", "weir_tenant"] {
      let token = Tokens.signed(claims: #"{"sub":"ann","\#(claim)":\#(value)}"#)
      #expect(throws: AuthError.badClaim("\"\(claim)\"")) { try authenticator.identity(token: token) }
    }
  }

  @Test("what weir token puts in, the server reads")
  func minted() async throws {
    let minter = try TokenMinter(secret: Fixture.secret)
    let token = try await minter.mint(
      user: "ann", now: Fixture.issuedAt, lifetimeSeconds: 60, plan: "pro", lane: "batch", tenant: "acme")
    #expect(try await authenticator().identity(token: token).access == access("pro", "batch", "acme"))
    for bad in ["", "a\nb", String(repeating: "x", count: 129)] {
      await #expect(throws: TokenMinter.Failure.self) {
        try await minter.mint(user: "ann", now: Fixture.issuedAt, lifetimeSeconds: 60, tenant: bad)
      }
    }
  }

  @Test("new keys count at once, and what the old ones had verified is forgotten")
  func newKeys() async throws {
    let other = String(Fixture.secret.reversed())
    let authenticator = try await authenticator()
    #expect(try authenticator.identity(token: Fixture.hs256).user == "ann")
    var auth = WeirConfiguration.Auth()
    auth.jwtSecret = Secret(other)
    authenticator.adopt(try await Authenticator.Keys(auth))
    #expect(authenticator.cachedIdentity(token: Fixture.hs256) == nil)
    #expect(throws: AuthError.badSignature) { try authenticator.identity(token: Fixture.hs256) }
    let token = try await TokenMinter(secret: other).mint(user: "bob", now: Fixture.issuedAt, lifetimeSeconds: 60)
    #expect(try authenticator.identity(token: token).user == "bob")
  }

  @Test("a secret's file is read again, with the old secret beside the new one while both are named")
  func rotation() async throws {
    let file = try directory.write(Fixture.secret, as: "a")
    var auth = WeirConfiguration.Auth()
    auth.jwtSecretFiles = [file]
    let authenticator = Authenticator(try await Authenticator.Keys(auth), now: { Fixture.issuedAt })
    let other = String(Fixture.secret.reversed())
    let token = try await TokenMinter(secret: other).mint(user: "bob", now: Fixture.issuedAt, lifetimeSeconds: 60)
    #expect(throws: AuthError.badSignature) { try authenticator.identity(token: token) }
    auth.jwtSecretFiles = [file, try directory.write(other, as: "b")]
    authenticator.adopt(try await Authenticator.Keys(auth))
    #expect(try authenticator.identity(token: token).user == "bob")
    #expect(try authenticator.identity(token: Fixture.hs256).user == "ann")
    _ = try directory.write(other, as: "a")
    authenticator.adopt(try await Authenticator.Keys(auth))
    #expect(throws: AuthError.badSignature) { try authenticator.identity(token: Fixture.hs256) }
  }

  @Test("keys that are changed while tokens are checked leave nothing of the old ones behind")
  func concurrentChange() async throws {
    var auth = WeirConfiguration.Auth()
    auth.jwtSecret = Secret(Fixture.secret)
    let old = try await Authenticator.Keys(auth)
    auth.jwtSecret = Secret(String(Fixture.secret.reversed()))
    let new = try await Authenticator.Keys(auth)
    let authenticator = Authenticator(old, now: { Fixture.issuedAt })
    for _ in 0..<50 {
      authenticator.adopt(old)
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<4 {
          group.addTask { for _ in 0..<5 { _ = try? authenticator.identity(token: Fixture.hs256) } }
        }
        group.addTask { authenticator.adopt(new) }
      }
      #expect(authenticator.cachedIdentity(token: Fixture.hs256) == nil)
    }
  }
}
