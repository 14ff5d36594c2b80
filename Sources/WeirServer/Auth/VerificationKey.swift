import JWTKit

/// A key that can check tokens. It knows its one algorithm, so that a token's header can never choose another for it.
struct VerificationKey: Sendable {
  /// The algorithms that are taken. `none` is not among them.
  enum Algorithm: String, Sendable, CaseIterable {
    case hs256 = "HS256"
    case es256 = "ES256"
    case rs256 = "RS256"
    case edDSA = "EdDSA"
  }

  /// Tokens that name a key id must name this one; nil: the key answers to every token that names none.
  let id: String?
  let algorithm: Algorithm
  private let verifier: any JWTAlgorithm

  /// Whether `signature` is this key's over `signed`.
  func isValid(signature: [UInt8], over signed: [UInt8]) -> Bool {
    // A signature of the wrong length throws; it is wrong all the same.
    (try? verifier.verify(signature, signs: signed)) ?? false
  }
}

extension VerificationKey {
  /// HS256 takes no less (RFC 7518 §3.2).
  static let minimumSecretBytes = 32

  /// A shared secret. nil: it is too short.
  static func secret(_ text: String, id: String?) async -> VerificationKey? {
    await secret(bytes: Array(text.utf8), id: id)
  }

  /// The same, as bytes.
  static func secret(bytes: [UInt8], id: String?) async -> VerificationKey? {
    guard bytes.count >= minimumSecretBytes else { return nil }
    let keys = JWTKeyCollection()
    await keys.add(hmac: HMACKey(from: bytes), digestAlgorithm: .sha256)
    return await make(id, .hs256, keys)
  }

  /// A public key's numbers.
  enum PublicNumbers: Sendable {
    case es256(ES256PublicKey)
    case edDSA(EdDSA.PublicKey)
    case rs256(Insecure.RSA.PublicKey)
  }

  /// A public key. nil: JWTKit does not take it after all.
  static func `public`(_ numbers: PublicNumbers, id: String?) async -> VerificationKey? {
    let keys = JWTKeyCollection()
    switch numbers {
    case .es256(let key):
      await keys.add(ecdsa: key)
      return await make(id, .es256, keys)
    case .edDSA(let key):
      await keys.add(eddsa: key)
      return await make(id, .edDSA, keys)
    case .rs256(let key):
      await keys.add(rsa: key, digestAlgorithm: .sha256)
      return await make(id, .rs256, keys)
    }
  }

  /// A public key, a certificate, or a private key's public half. nil: none that is taken.
  static func pem(_ text: String, id: String?) async -> VerificationKey? {
    if let key = try? ES256PublicKey(pem: text) { return await .public(.es256(key), id: id) }
    if let key = try? ES256PublicKey(certificate: text) { return await .public(.es256(key), id: id) }
    if let key = try? EdDSA.PublicKey(pem: text) { return await .public(.edDSA(key), id: id) }
    if let key = try? Insecure.RSA.PublicKey(pem: text) { return await .public(.rs256(key), id: id) }
    if let key = try? Insecure.RSA.PublicKey(certificatePEM: text) { return await .public(.rs256(key), id: id) }
    guard let key = SigningKey(pem: text) else { return nil }
    return await make(id, key.algorithm, key.collection(id: nil))
  }

  private static func make(_ id: String?, _ algorithm: Algorithm, _ keys: JWTKeyCollection) async -> VerificationKey? {
    guard let verifier = try? await keys.getKey(), verifier.name == algorithm.rawValue else { return nil }
    return VerificationKey(id: id, algorithm: algorithm, verifier: verifier)
  }
}
