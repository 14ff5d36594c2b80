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
    guard text.utf8.count >= minimumSecretBytes else { return nil }
    let keys = JWTKeyCollection()
    await keys.add(hmac: HMACKey(from: text), digestAlgorithm: .sha256)
    return await make(id, .hs256, keys)
  }

  /// A public key, a certificate, or a private key's public half. nil: none that is taken.
  static func pem(_ text: String, id: String?) async -> VerificationKey? {
    let keys = JWTKeyCollection()
    if let key = try? ES256PublicKey(pem: text) {
      await keys.add(ecdsa: key)
      return await make(id, .es256, keys)
    }
    if let key = try? ES256PublicKey(certificate: text) {
      await keys.add(ecdsa: key)
      return await make(id, .es256, keys)
    }
    if let key = try? EdDSA.PublicKey(pem: text) {
      await keys.add(eddsa: key)
      return await make(id, .edDSA, keys)
    }
    if let key = try? Insecure.RSA.PublicKey(pem: text) {
      await keys.add(rsa: key, digestAlgorithm: .sha256)
      return await make(id, .rs256, keys)
    }
    if let key = try? Insecure.RSA.PublicKey(certificatePEM: text) {
      await keys.add(rsa: key, digestAlgorithm: .sha256)
      return await make(id, .rs256, keys)
    }
    guard let key = SigningKey(pem: text) else { return nil }
    return await make(id, key.algorithm, key.collection(id: nil))
  }

  private static func make(_ id: String?, _ algorithm: Algorithm, _ keys: JWTKeyCollection) async -> VerificationKey? {
    guard let verifier = try? await keys.getKey(), verifier.name == algorithm.rawValue else { return nil }
    return VerificationKey(id: id, algorithm: algorithm, verifier: verifier)
  }
}
