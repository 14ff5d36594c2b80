import Testing

@testable import WeirServer

@Suite("Keys")
struct KeyTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  @Test("of several secrets the token's key id chooses, and an unknown id is refused")
  func keyIDs() async throws {
    let old = try directory.write(Fixture.secret + "\n", as: "old")
    let new = try directory.write(String(Fixture.secret.reversed()), as: "new")
    let authenticator = try await Authenticator.at { $0.jwtSecretFiles = ["old=\(old)", "new=\(new)"] }
    func token(_ secret: String, _ id: String?) async throws -> String {
      try await TokenMinter(secret: secret, id: id).mint(user: "ann", now: Fixture.issuedAt, lifetimeSeconds: 60)
    }
    let reversed = String(Fixture.secret.reversed())
    #expect(try authenticator.identity(token: try await token(Fixture.secret, "old")).user == "ann")
    #expect(try authenticator.identity(token: try await token(reversed, "new")).user == "ann")
    #expect(try authenticator.identity(token: try await token(reversed, nil)).user == "ann")
    let crossed = try await token(Fixture.secret, "new")
    #expect(throws: AuthError.badSignature) { try authenticator.identity(token: crossed) }
    let unknown = try await token(Fixture.secret, "ol\u{1B}d")
    #expect(throws: AuthError.unknownKey("\"ol?d\"")) { try authenticator.identity(token: unknown) }
  }

  @Test("keys that cannot be used are told, all at once, by their file")
  func badKeys() async throws {
    let short = try directory.write("short", as: "short")
    let pem = try directory.write(Fixture.rsaPublic, as: "rsa.pem")
    let text = try directory.write("hello", as: "text.pem")
    let error = await #expect(throws: ConfigurationError.self) {
      try await Authenticator.at { auth in
        auth.jwtSecret = Secret("too short")
        auth.jwtSecretFiles = [short, pem, "/nonexistent"]
        auth.jwtKeyFiles = [text, "k=\(directory.path)"]
      }
    }
    let sentences = error?.problems.map(\.sentence) ?? []
    #expect(sentences.count == 6)
    #expect(sentences[0].contains("32 bytes or more") && !sentences[0].contains("too short\""))
    #expect(sentences[1].contains(short))
    #expect(sentences[2].contains("name it in auth.jwtKeyFiles"))
    #expect(sentences[3] == "\"/nonexistent\" cannot be read: there is no such file; correct the path")
    #expect(sentences[4].contains("must be a PEM public key"))
    #expect(sentences[5].contains("it is a directory"))
  }

  @Test("a key file's entry may name a key id, or have a = in its path")
  func entries() {
    #expect(KeyLoader.split("/a/b").id == nil && KeyLoader.split("/a/b").path == "/a/b")
    #expect(KeyLoader.split("k=/a=b").id == "k" && KeyLoader.split("k=/a=b").path == "/a=b")
    #expect(KeyLoader.split("=/a=b").id == nil && KeyLoader.split("=/a=b").path == "/a=b")
  }

  @Test("a minter refuses what would make a bad token")
  func minter() async throws {
    #expect(throws: TokenMinter.Failure.self) { try TokenMinter(secret: "short") }
    #expect(throws: TokenMinter.Failure.self) { try TokenMinter(privateKeyPEM: Fixture.rsaPublic) }
    let minter = try TokenMinter(secret: Fixture.secret)
    for (user, lifetime) in [
      ("", Int64(60)), (String(repeating: "u", count: 257), 60), ("u", 0), ("u", -1), ("u", .max),
    ] {
      await #expect(throws: TokenMinter.Failure.self) {
        try await minter.mint(user: user, now: Fixture.issuedAt, lifetimeSeconds: lifetime)
      }
    }
  }

  @Test("base64url is read strictly")
  func base64URL() {
    #expect(Base64URL.decode(Array("".utf8)) == [])
    #expect(Base64URL.decode(Array("-_8".utf8)) == [0xFB, 0xFF])
    #expect(Base64URL.decode(Array("Zm9vYg".utf8)) == Array("foob".utf8))
    for bad in ["Z", "Zm9vY", "Zm8=", "Z+8v", "Z/8v", "Zm9 ", "Zh"] {
      #expect(Base64URL.decode(Array(bad.utf8)) == nil, "\(bad)")
    }
  }
}
