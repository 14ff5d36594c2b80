import FoundationEssentials
import JWTKit

/// Signs tokens: for `weir token`, for tests, and for a back end written in Swift.
public struct TokenMinter: Sendable {
  /// Why no token can be made, and what to do.
  public struct Failure: StartUpError {
    /// What was wrong and what to do.
    public let description: String
    /// EX_USAGE of sysexits.h.
    public var exitCode: Int32 { 64 }

    /// A failure with this sentence.
    public init(description: String) {
      self.description = description
    }
  }

  private let key: SigningKey
  private let id: String?

  /// The algorithm that tokens are signed with: HS256, ES256, RS256 or EdDSA.
  public var algorithm: String { key.algorithm.rawValue }

  /// Signs with a shared secret of 32 bytes or more (HS256).
  public init(secret: String, id: String? = nil) throws(Failure) {
    guard secret.utf8.count >= VerificationKey.minimumSecretBytes else {
      throw Failure(
        description: "The secret must be \(VerificationKey.minimumSecretBytes) bytes or more; "
          + "`openssl rand -hex 32` makes a good one.")
    }
    key = .hs256(HMACKey(from: secret))
    self.id = id
  }

  /// Signs with a private key: P-256 (ES256), RSA of 2048 bits or more (RS256) or Ed25519 (EdDSA).
  public init(privateKeyPEM pem: String, id: String? = nil) throws(Failure) {
    guard let key = SigningKey(pem: pem) else {
      throw Failure(
        description: "This is not a PEM private key of a kind that signs tokens: P-256, Ed25519, or RSA of 2048 bits "
          + "or more. `openssl genpkey -algorithm ed25519` makes one.")
    }
    self.key = key
    self.id = id
  }

  /// A token for `user`, valid from `now` (seconds since 1970) for `lifetimeSeconds`. Plan, lane and tenant go into the
  /// claims `weir_plan`, `weir_lane` and `weir_tenant`, which servers read unless they are configured otherwise.
  public func mint(
    user: String, now: Int64, lifetimeSeconds: Int64, issuer: String? = nil, audience: String? = nil,
    plan: String? = nil, lane: String? = nil, tenant: String? = nil
  ) async throws(Failure) -> String {
    guard Identity.isUserName(user) else { throw Failure(description: "The user's name must be 1 to 256 bytes.") }
    let (end, overflow) = now.addingReportingOverflow(lifetimeSeconds)
    guard lifetimeSeconds > 0, !overflow else {
      throw Failure(description: "The token must live for one second or more; correct --ttl.")
    }
    for (name, value) in [("plan", plan), ("lane", lane), ("tenant", tenant)] {
      guard let value else { continue }
      if value.isEmpty || !AccessClaims.isValue(value) {
        throw Failure(
          description: "The \(name) must be 1 to \(AccessClaims.maximumBytes) bytes of text; correct --\(name).")
      }
    }
    let claims = MintedClaims(
      sub: user, iat: now, exp: end, iss: issuer, aud: audience, plan: plan, lane: lane, tenant: tenant)
    do {
      return try await key.collection(id: id).sign(claims, kid: id.map { JWKIdentifier(string: $0) })
    } catch {
      throw Failure(description: "The token could not be signed: \(error).")
    }
  }
}

private struct MintedClaims: JWTPayload {
  let sub: String
  let iat: Int64
  let exp: Int64
  let iss: String?
  let aud: String?
  let plan: String?
  let lane: String?
  let tenant: String?

  private enum CodingKeys: String, CodingKey {
    case sub, iat, exp, iss, aud
    case plan = "weir_plan"
    case lane = "weir_lane"
    case tenant = "weir_tenant"
  }

  /// Asked for by the protocol; checking is `TokenVerifier`'s work.
  func verify(using algorithm: some JWTAlgorithm) {}
}
