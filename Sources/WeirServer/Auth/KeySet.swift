import FoundationEssentials
import JWTKit

/// Reads JSON Web Key Sets (RFC 7517): what issuers publish, with old and new keys side by side while they rotate them.
enum KeySet {
  /// More keys than any issuer has; each costs a signature check for a token that names none.
  static let maximumKeys = 64

  struct Unusable: Error, Equatable {
    let sentence: String
  }

  /// The keys of the set that check tokens. Others, such as keys for encryption or of other curves, are passed over
  /// (RFC 7517 §5); a set with none that does is refused, so that a wrong file does not lock everybody out in silence.
  static func read(_ bytes: [UInt8]) async -> Result<[VerificationKey], Unusable> {
    guard let set = try? JSONDecoder().decode(Members.self, from: Data(bytes)) else {
      return .failure(Unusable(sentence: "it must be a JSON object with a list \"keys\" of JSON Web Keys"))
    }
    guard set.keys.count <= maximumKeys else {
      return .failure(Unusable(sentence: "it has \(set.keys.count) keys and may have \(maximumKeys)"))
    }
    var keys: [VerificationKey] = []
    for member in set.keys {
      if let member = member.key, member.isForSignatures, let key = await member.verificationKey() { keys.append(key) }
    }
    if !keys.isEmpty { return .success(keys) }
    return .failure(
      Unusable(
        sentence: "none of its keys checks signatures of a kind that is taken: kty EC with P-256, OKP with Ed25519, "
          + "RSA of 2048 bits or more, oct of \(VerificationKey.minimumSecretBytes) bytes or more"))
  }

  private struct Members: Decodable {
    let keys: [Lenient]
  }

  /// What is not even shaped like a key is passed over too.
  private struct Lenient: Decodable {
    let key: Member?

    init(from decoder: any Decoder) throws { key = try? Member(from: decoder) }
  }

  /// The members of a key that matter here (RFC 7517 §4, RFC 7518 §6, RFC 8037 §2).
  private struct Member: Decodable {
    let kty: String
    let kid: String?
    let use: String?
    let keyOperations: [String]?
    let alg: String?
    let crv: String?
    let x: String?
    let y: String?
    let n: String?
    let e: String?
    let k: String?

    private enum CodingKeys: String, CodingKey {
      case kty, kid, use, alg, crv, x, y, n, e, k
      case keyOperations = "key_ops"
    }

    var isForSignatures: Bool { use ?? "sig" == "sig" && keyOperations?.contains("verify") ?? true }

    /// nil: not of a kind that is taken, or damaged.
    func verificationKey() async -> VerificationKey? {
      switch kty {
      case "EC":
        guard crv == "P-256", isMeant(for: .es256), let x, let y,
          let key = try? ES256PublicKey(parameters: (x: x, y: y))
        else { return nil }
        return await .public(.es256(key), id: kid)
      case "OKP":
        guard crv == "Ed25519", isMeant(for: .edDSA), let x, let key = try? EdDSA.PublicKey(x: x, curve: .ed25519)
        else { return nil }
        return await .public(.edDSA(key), id: kid)
      case "RSA":
        guard isMeant(for: .rs256), let n, let e, let key = try? Insecure.RSA.PublicKey(modulus: n, exponent: e) else {
          return nil
        }
        return await .public(.rs256(key), id: kid)
      case "oct":
        guard isMeant(for: .hs256), let k, let bytes = Base64URL.decode(k.utf8) else { return nil }
        return await .secret(bytes: bytes, id: kid)
      default: return nil
      }
    }

    private func isMeant(for algorithm: VerificationKey.Algorithm) -> Bool {
      alg ?? algorithm.rawValue == algorithm.rawValue
    }
  }
}
