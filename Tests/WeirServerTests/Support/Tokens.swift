import Foundation

@testable import WeirServer

/// Tokens that no honest issuer makes.
enum Tokens {
  /// base64url without padding.
  static func encode(_ text: String) -> String {
    Data(text.utf8).base64EncodedString().replacingOccurrences(of: "+", with: "-")
      .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
  }

  /// A token with any header and claims, signed with `Fixture.secret` whatever its header says.
  static func signed(header: String = #"{"alg":"HS256"}"#, claims: String) -> String {
    let input = "\(encode(header)).\(encode(claims))"
    return input + "." + HMAC256.base64URL(of: input, secret: Fixture.secret)
  }

  /// A token without a signature.
  static func unsigned(header: String, claims: String = #"{"sub":"ann"}"#) -> String {
    "\(encode(header)).\(encode(claims))."
  }
}

extension Authenticator {
  /// One with these settings, at a fixed time.
  static func at(
    _ now: Int64 = Fixture.issuedAt, cacheCapacity: Int = 16, _ change: (inout WeirConfiguration.Auth) -> Void
  ) async throws -> Authenticator {
    var auth = WeirConfiguration.Auth()
    change(&auth)
    return try await Authenticator(auth, cacheCapacity: cacheCapacity, now: { now })
  }
}
