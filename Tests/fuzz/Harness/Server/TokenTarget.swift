import Crypto
import WeirCore

@testable import WeirServer

#if canImport(FuzzSupport)
  import FuzzSupport
#endif

/// JSON Web Tokens. The fuzzer cannot sign, so every second input is a header and claims that are signed for it.
enum TokenTarget {
  private static let secret = "0123456789abcdef0123456789abcdef"
  private static let now: Int64 = 1_700_000_000

  static let target = FuzzTarget("jwt") {
    var auth = WeirConfiguration.Auth()
    auth.audience = "weir"
    auth.jwtSecret = Secret(secret)
    let settings = auth
    guard let keys = wait({ try? await KeyLoader.load(settings) }) ?? nil else { throw Finding("no key") }
    let verifier = TokenVerifier(keys: keys, auth: auth)
    return { bytes in
      var input = FuzzInput(bytes)
      let isSigned = input.byte() & 1 == 1
      let token = isSigned ? sign(input.bytes) : String(decoding: input.bytes, as: UTF8.self)
      let identity: Identity
      do throws(AuthError) {
        identity = try verifier.verify(token, now: now)
      } catch {
        // What is told of it is fit for a log line: no control character of the token's is in it.
        let isClean = error.description.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
        return try promise(isClean, "an error does not repeat control characters")
      }
      try promise(hasSignature(token), "nobody is let in without our signature")
      try promise(Identity.isUserName(identity.user), "a user has a name")
      try promise(identity.expiresAt.map { $0 >= now - verifier.leewaySeconds } ?? true, "no token outlives its time")
      for name in [identity.access.plan, identity.access.lane, identity.access.tenant] {
        try promise(AccessClaims.isValue(name), "a claim can be a name")
      }
    }
  }

  /// Header and claims, on a line each, as a token.
  private static func sign(_ bytes: [UInt8]) -> String {
    let lines = bytes.split(separator: UInt8(ascii: "\n"), maxSplits: 1, omittingEmptySubsequences: false)
    let signed = lines.map { encode(Array($0)) }.joined(separator: ".")
    return signed + "." + encode(signature(of: Array(signed.utf8)))
  }

  private static func hasSignature(_ token: String) -> Bool {
    let parts = token.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 3 else { return false }
    let signed = Array(token.utf8.prefix(parts[0].count + 1 + parts[1].count))
    return String(parts[2]) == encode(signature(of: signed))
  }

  private static func signature(of bytes: [UInt8]) -> [UInt8] {
    Array(HMAC<SHA256>.authenticationCode(for: bytes, using: SymmetricKey(data: Array(secret.utf8))))
  }

  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  /// base64url without padding, by hand: what is tested must not test itself.
  private static func encode(_ bytes: [UInt8]) -> String {
    var text: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var bits: UInt32 = 0
      for byte in group { bits = bits << 8 | UInt32(byte) }
      bits <<= UInt32(8 * (3 - group.count))
      for place in 0...group.count { text.append(alphabet[Int(bits >> UInt32(18 - 6 * place)) & 63]) }
    }
    return String(decoding: text, as: UTF8.self)
  }
}
