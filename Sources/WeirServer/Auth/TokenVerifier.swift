import FoundationEssentials
import WeirCore

/// Checks JSON Web Tokens (RFC 7519) against the configured keys. A pure function of token and time.
///
/// The header and the claims are decoded here and not by JWTKit, whose header parser traps on a number beyond Int64:
/// any stranger could end the process with one request. JWTKit does the cryptography.
struct TokenVerifier: Sendable {
  /// Longer tokens are refused unread. Real ones have a few hundred bytes; a request's headers end at 16 KiB anyhow.
  static let maximumTokenBytes = 8192

  let keys: [VerificationKey]
  let issuer: String?
  let audience: String?
  let leewaySeconds: Int64
  let accessClaims: AccessClaims

  init(keys: [VerificationKey], auth: WeirConfiguration.Auth) {
    self.keys = keys
    issuer = auth.issuer
    audience = auth.audience
    leewaySeconds = auth.leeway.components.seconds
    accessClaims = AccessClaims(auth)
  }

  /// The token's user, if the token is good at `now` (seconds since 1970). Costs some twenty microseconds with a secret,
  /// fifty to a hundred and fifty with a public key: little enough for an event loop, much enough for `TokenCache`.
  func verify(_ token: String, now: Int64) throws(AuthError) -> Identity {
    if token.utf8.count > TokenVerifier.maximumTokenBytes { throw .tokenTooLong }
    let bytes = Array(token.utf8)
    let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 3 else { throw .malformedToken("it has not three parts") }
    guard let headerBytes = Base64URL.decode(parts[0]), let claimBytes = Base64URL.decode(parts[1]),
      let signature = Base64URL.decode(parts[2])
    else { throw .malformedToken("it is not base64url") }
    guard let header = try? JSONDecoder().decode(Header.self, from: Data(headerBytes)) else {
      throw .malformedToken("its header is not JSON with an alg")
    }
    // RFC 7515 §4.1.11: extensions that are not understood and are critical make a token invalid.
    if header.hasCriticalExtensions { throw .malformedToken("it demands extensions that are not supported") }
    let candidates = try candidates(for: header)
    let signed = Array(bytes[..<parts[1].endIndex])
    guard candidates.contains(where: { $0.isValid(signature: signature, over: signed) }) else { throw .badSignature }
    guard let claims = try? JSONDecoder().decode(Claims.self, from: Data(claimBytes)) else {
      throw .malformedToken("its claims are not JSON of the right types")
    }
    var identity = try identity(claims, now: now)
    identity.access = try access(Data(claimBytes))
    return identity
  }

  /// The keys that may have signed a token with this header: of its algorithm, and of its id if it names one.
  private func candidates(for header: Header) throws(AuthError) -> [VerificationKey] {
    let ofAlgorithm = keys.filter { $0.algorithm.rawValue == header.alg }
    if ofAlgorithm.isEmpty { throw .unsupportedAlgorithm(AuthError.cleaned(header.alg)) }
    guard let id = header.kid else { return ofAlgorithm }
    // A key without an id answers to every id: issuers put ids of their own into their tokens.
    let named = ofAlgorithm.filter { $0.id == id }
    let candidates = named.isEmpty ? ofAlgorithm.filter { $0.id == nil } : named
    if candidates.isEmpty { throw .unknownKey(AuthError.cleaned(id)) }
    return candidates
  }

  private func identity(_ claims: Claims, now: Int64) throws(AuthError) -> Identity {
    let expiresAt = claims.exp.map(TokenVerifier.seconds)
    if let expiresAt, now >= expiresAt.addingClamped(leewaySeconds) { throw .expired }
    if let nbf = claims.nbf, now < TokenVerifier.seconds(nbf).addingClamped(-leewaySeconds) { throw .notYetValid }
    if let issuer, claims.iss != issuer { throw .wrongIssuer }
    if let audience, claims.aud?.names.contains(audience) != true { throw .wrongAudience }
    guard let user = claims.sub, Identity.isUserName(user) else { throw .badSubject }
    return Identity(user: user, expiresAt: expiresAt)
  }

  /// What the token says of plan, lane and tenant, by the configured names of the claims.
  private func access(_ claims: Data) throws(AuthError) -> Access {
    guard let texts = try? JSONDecoder().decode(TextClaims.self, from: claims, configuration: accessClaims) else {
      throw .malformedToken("its claims are not JSON of the right types")
    }
    var access = Access()
    access.plan = try text(texts.plan, accessClaims.plan)
    access.lane = try text(texts.lane, accessClaims.lane)
    access.tenant = try text(texts.tenant, accessClaims.tenant)
    return access
  }

  private func text(_ claim: TextClaims.Claim, _ name: String) throws(AuthError) -> String {
    switch claim {
    case .absent: return ""
    case .text(let text) where AccessClaims.isValue(text): return text
    case .text, .other: throw .badClaim(AuthError.cleaned(name))
    }
  }

  /// A NumericDate (RFC 7519 §2), which may have a fraction and any size.
  private static func seconds(_ date: Double) -> Int64 {
    // Beyond 2^62 either way the exact value does not matter, and Int64 could not hold it.
    Int64(min(max(date, -0x1p62), 0x1p62).rounded(.down))
  }
}

extension Int64 {
  /// The sum, or the largest or least number if that is beyond.
  fileprivate func addingClamped(_ other: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? (other > 0 ? .max : .min) : sum
  }
}

/// What of a token's header matters.
private struct Header: Decodable {
  let alg: String
  let kid: String?
  let hasCriticalExtensions: Bool

  private enum Key: CodingKey {
    case alg, kid, crit
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    alg = try container.decode(String.self, forKey: .alg)
    kid = try container.decodeIfPresent(String.self, forKey: .kid)
    hasCriticalExtensions = container.contains(.crit)
  }
}

/// What of a token's claims matters.
private struct Claims: Decodable {
  /// One name or several (RFC 7519 §4.1.3).
  struct Audience: Decodable {
    let names: [String]

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let name = try? container.decode(String.self) {
        names = [name]
      } else {
        names = try container.decode([String].self)
      }
    }
  }

  let sub: String?
  let exp: Double?
  let nbf: Double?
  let iss: String?
  let aud: Audience?
}

/// Claims whose names are configured.
private struct TextClaims: DecodableWithConfiguration {
  enum Claim {
    /// Not there, or null: issuers write that for "none".
    case absent
    case text(String)
    /// A number, a list, ...
    case other
  }

  struct Key: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  let plan: Claim
  let lane: Claim
  let tenant: Claim

  init(from decoder: any Decoder, configuration: AccessClaims) throws {
    let container = try decoder.container(keyedBy: Key.self)
    func claim(_ name: String) throws -> Claim {
      let key = Key(stringValue: name)
      if !container.contains(key) { return .absent }
      if try container.decodeNil(forKey: key) { return .absent }
      return (try? container.decode(String.self, forKey: key)).map(Claim.text) ?? .other
    }
    plan = try claim(configuration.plan)
    lane = try claim(configuration.lane)
    tenant = try claim(configuration.tenant)
  }
}
