import JWTKit

/// A key that can sign tokens.
enum SigningKey: Sendable {
  case hs256(HMACKey)
  case es256(ES256PrivateKey)
  case rs256(Insecure.RSA.PrivateKey)
  case edDSA(EdDSA.PrivateKey)

  /// The private key in a PEM text. nil: there is none of a kind that is taken.
  init?(pem: String) {
    if let key = try? ES256PrivateKey(pem: pem) {
      self = .es256(key)
    } else if let key = try? EdDSA.PrivateKey(pem: pem) {
      self = .edDSA(key)
    } else if let key = try? Insecure.RSA.PrivateKey(pem: pem) {
      self = .rs256(key)
    } else {
      return nil
    }
  }

  var algorithm: VerificationKey.Algorithm {
    switch self {
    case .hs256: .hs256
    case .es256: .es256
    case .rs256: .rs256
    case .edDSA: .edDSA
    }
  }

  /// A collection with this key alone.
  func collection(id: String?) async -> JWTKeyCollection {
    let keys = JWTKeyCollection()
    let id = id.map { JWKIdentifier(string: $0) }
    switch self {
    case .hs256(let key): await keys.add(hmac: key, digestAlgorithm: .sha256, kid: id)
    case .es256(let key): await keys.add(ecdsa: key, kid: id)
    case .rs256(let key): await keys.add(rsa: key, digestAlgorithm: .sha256, kid: id)
    case .edDSA(let key): await keys.add(eddsa: key, kid: id)
    }
    return keys
  }
}
