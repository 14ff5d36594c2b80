import Foundation
import Testing

@testable import WeirServer

/// JSON Web Key Sets. The keys are those of `Fixture`, written as JWK by openssl and Python.
@Suite("Key sets")
struct KeySetTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
  }

  private static let ec =
    #""kty":"EC","crv":"P-256","x":"T2bG4THkuM3VQV76yl2PkZ9VwKlIC3xXjTR3Q0-ViwQ","#
    + #""y":"ZT8_t6M3P9YyJODf4VdMM1MPF4Eyotnxfbx0l_ALCWY""#
  private static let okp = #""kty":"OKP","crv":"Ed25519","x":"ofFYk7zQ9p4ECqkWEpj75L6t9iXtlrV3fegegHzHvDg""#
  private static let rsa =
    #""kty":"RSA","e":"AQAB","n":"xot4O72cmFeGgs1sgwTofdzla8G4Li6XjGioSFIzDs2LrA0glkZt_MsdV5j0kZc7T8Tb-o3jAo01vdfSD"#
    + "ZNvj8PIN8MRoCjl7z9VRRJafugSdxH1mQ_ruQVblTo3e9GjWPO8RJOFtT09uQLTZ8hrEvEaui3_dX33vnS_L1qlLJUcg0PMqbrweaREcUK6"
    + "58oB7wHTDBIlJSVfzpINWP_nHjnWPUTp0Z2GJJsRv26y6sA0W8kA71aXBfHJ95Wd1KXgAO5hf-ukCwr-vRgVYkdXG3vHkz6a43Hoh0siUnx"
    + #"no4hh6B3NxC_fEa1_ryskMj4Rebm4BREoeDx1yhmIqugOhQ""#
  private static let oct = #""kty":"oct","k":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY""#

  private func authenticator(_ keys: String...) async throws -> Authenticator {
    let path = try directory.write(#"{"keys":[\#(keys.map { "{\($0)}" }.joined(separator: ","))]}"#, as: "jwks.json")
    return try await Authenticator.at { $0.jwksFiles = [path] }
  }

  @Test("each kind of key checks its tokens, alone and beside the others")
  func kinds() async throws {
    let tokens = [
      (Self.ec, Fixture.es256), (Self.okp, Fixture.edDSA), (Self.rsa, Fixture.rs256), (Self.oct, Fixture.hs256),
    ]
    for (key, token) in tokens {
      let alone = try await authenticator(key)
      #expect(try alone.identity(token: token).user == "ann", "\(key)")
      for (other, strange) in tokens where other != key {
        #expect(throws: AuthError.self, "\(key) and \(other)") { try alone.identity(token: strange) }
      }
    }
    let all = try await authenticator(Self.ec, Self.okp, Self.rsa, Self.oct)
    for (_, token) in tokens { #expect(try all.identity(token: token).user == "ann") }
    // A public key's text is no secret for HS256.
    #expect(throws: AuthError.self) { try all.identity(token: Fixture.confused) }
  }

  @Test("a token that names a key is checked with that one only")
  func keyIDs() async throws {
    let old = #"\#(Self.oct),"kid":"old","alg":"HS256","use":"sig""#
    let new = #""kty":"oct","kid":"new","k":"ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA""#
    let authenticator = try await authenticator(old, new)
    func token(_ secret: String, _ id: String?) async throws -> String {
      try await TokenMinter(secret: secret, id: id).mint(user: "ann", now: Fixture.issuedAt, lifetimeSeconds: 60)
    }
    let reversed = String(Fixture.secret.reversed())
    #expect(try authenticator.identity(token: try await token(Fixture.secret, "old")).user == "ann")
    #expect(try authenticator.identity(token: try await token(reversed, "new")).user == "ann")
    let crossed = try await token(reversed, "old")
    #expect(throws: AuthError.badSignature) { try authenticator.identity(token: crossed) }
    let gone = try await token(Fixture.secret, "older")
    #expect(throws: AuthError.unknownKey("\"older\"")) { try authenticator.identity(token: gone) }
  }

  @Test(
    "keys for other ends, other curves or of too few bits are passed over, and damaged ones too",
    arguments: [
      #"\#(oct),"use":"enc""#, #"\#(oct),"key_ops":["encrypt"]"#, #"\#(oct),"alg":"HS512""#, #"\#(rsa),"alg":"PS256""#,
      #""kty":"EC","crv":"P-384","x":"AA","y":"AA""#, #""kty":"EC","crv":"P-256","x":"AA","y":"AA""#,
      #""kty":"oct","k":"c2hvcnQ""#, #""kty":"oct","k":"not base64!""#, #""kty":"RSA","e":"AQAB","n":"xot4O72cmFeG""#,
      #""kty":"RSA","e":"","n":"""#, #""kty":"OKP","crv":"X25519","x":"AA""#, #""kty":"OKP","crv":"Ed25519","x":"AA""#,
      #""kty":"new""#, #""kid":"nothing""#, #""kty":7"#, "",
    ])
  func passedOver(key: String) async throws {
    let authenticator = try await authenticator(key, Self.okp)
    #expect(try authenticator.identity(token: Fixture.edDSA).user == "ann")
    // Alone it opens the server to nobody: that is an error, and never a server without keys.
    let error = await #expect(throws: ConfigurationError.self) { try await self.authenticator(key) }
    #expect(error?.problems.map(\.key) == ["auth.jwksFiles"])
  }

  @Test(
    "what is no key set is refused with the file's name",
    arguments: ["", "[]", "{}", #"{"keys":{}}"#, #"{"keys":[]}"#, "-----BEGIN PUBLIC KEY-----", "{\"keys\":[\u{0}]}"])
  func noSet(text: String) async throws {
    let path = try directory.write(text, as: "jwks.json")
    let error = await #expect(throws: ConfigurationError.self) {
      try await Authenticator.at { $0.jwksFiles = [path] }
    }
    #expect(error?.problems.first?.sentence.contains(path) == true)
  }

  @Test("a set of more keys than anybody has is refused")
  func tooMany() async throws {
    let keys = Array(repeating: "{\(Self.oct)}", count: KeySet.maximumKeys + 1).joined(separator: ",")
    let path = try directory.write(#"{"keys":[\#(keys)]}"#, as: "jwks.json")
    let error = await #expect(throws: ConfigurationError.self) {
      try await Authenticator.at { $0.jwksFiles = [path] }
    }
    #expect(error?.problems.first?.sentence.contains("65 keys and may have 64") == true)
  }

  @Test("files are told to have changed by what they are now, also behind a link")
  func stamps() throws {
    let one = try directory.write("one", as: "one")
    let two = try directory.write("two!", as: "two")
    let link = directory.path + "/link"
    try link.point(to: one)
    var auth = WeirConfiguration()
    auth.auth.jwksFiles = [link]
    auth.auth.jwtKeyFiles = ["kid=\(two)"]
    let before = FileStamps(auth)
    #expect(FileStamps(auth) == before)
    try link.point(to: two)
    let moved = FileStamps(auth)
    #expect(moved != before)
    _ = try directory.write("three", as: "two")
    #expect(FileStamps(auth) != moved)
    #expect(FileStamps(paths: ["/nonexistent"]) == FileStamps(paths: ["/nonexistent"]))
    #expect(FileStamps(paths: ["/nonexistent"]) != FileStamps(paths: [one]))
  }
}

extension String {
  /// Makes this path a symbolic link, in place of what is there.
  fileprivate func point(to target: String) throws {
    try? FileManager.default.removeItem(atPath: self)
    try FileManager.default.createSymbolicLink(atPath: self, withDestinationPath: target)
  }
}
