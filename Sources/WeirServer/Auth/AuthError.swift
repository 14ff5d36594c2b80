/// Why a device may not connect. What came from the device is shortened and cleaned before it is repeated.
package enum AuthError: Error, Sendable, Equatable, CustomStringConvertible {
  /// There is no token, and one is needed.
  case missingToken
  /// The token is longer than any that is taken.
  case tokenTooLong
  /// It is no JSON Web Token.
  case malformedToken(String)
  /// It is signed in a way that is not taken: `none`, or an algorithm no key is for.
  case unsupportedAlgorithm(String)
  /// It names a key that is not configured.
  case unknownKey(String)
  /// The signature does not fit.
  case badSignature
  /// Its time is over.
  case expired
  /// Its time has not come.
  case notYetValid
  /// It is from somebody else.
  case wrongIssuer
  /// It is for somebody else.
  case wrongAudience
  /// Its `sub` is missing, empty or too long.
  case badSubject
  /// A claim of plan, lane or tenant is no text, or none that can be a name.
  case badClaim(String)
  /// No key is configured, and the device is not on this machine.
  case notLoopback
  /// No key is configured, and the request came by a name that is not this machine's own, as a page that plays DNS
  /// tricks would send it.
  case foreignHost(String)
  /// No key is configured, and a proxy stands between, so that anybody could be behind it.
  case throughProxy
  /// The name in `?user=` is empty or too long.
  case badUserName

  package var description: String {
    switch self {
    case .missingToken:
      "A token is needed: send it as Authorization: Bearer TOKEN, as ?token=TOKEN, or as subprotocol weir.token.TOKEN."
    case .tokenTooLong: "The token is longer than \(TokenVerifier.maximumTokenBytes) bytes; get a shorter one."
    case .malformedToken(let why): "This is not a JSON Web Token (\(why)); get a new one."
    case .unsupportedAlgorithm(let name):
      "Tokens signed with \(name) are not accepted here; sign with the algorithm of a configured key."
    case .unknownKey(let name): "The token names the key \(name), which this server does not have; get a new token."
    case .badSignature: "The token's signature is wrong; get a token from this server's issuer."
    case .expired: "The token has expired; get a new one and connect again."
    case .notYetValid: "The token is not valid yet; check the clocks, then try again."
    case .wrongIssuer: "The token is from another issuer; get one from this server's."
    case .wrongAudience: "The token is for another audience; get one for this server."
    case .badSubject: "The token's sub must be a user's name of 1 to 256 bytes; get a new token."
    case .badClaim(let name):
      "The token's claim \(name) must be text of at most \(AccessClaims.maximumBytes) bytes; get a new token."
    case .notLoopback:
      "This server has no keys yet and answers only to its own machine; set WEIR_JWT_SECRET and bring a token."
    case .foreignHost(let host):
      "This server has no keys yet and answers to localhost, not to \(host); set WEIR_JWT_SECRET and bring a token."
    case .throughProxy:
      "This server has no keys yet and answers nobody behind a proxy; set WEIR_JWT_SECRET and bring a token."
    case .badUserName: "The name in ?user= must be 1 to 256 bytes; correct it."
    }
  }

  /// The status of the refusal: 401 if a better token helps, 403 if none does.
  package var httpStatus: Int {
    switch self {
    case .notLoopback, .foreignHost, .throughProxy: 403
    case .badUserName: 400
    default: 401
    }
  }

  /// Whether a token was shown and refused, which `AddressGuard.loginFailed` counts. Those that are only too old count
  /// too: finding that out costs as much as finding a forged one out.
  package var isFailedLogin: Bool {
    switch self {
    case .missingToken, .notLoopback, .foreignHost, .throughProxy, .badUserName: false
    case .tokenTooLong, .malformedToken, .unsupportedAlgorithm, .unknownKey, .badSignature, .expired, .notYetValid,
      .wrongIssuer, .wrongAudience, .badSubject, .badClaim:
      true
    }
  }

  /// What a device sent, fit to be repeated: printable ASCII, at most 40 characters.
  static func cleaned(_ text: String) -> String {
    let kept = text.utf8.prefix(40).map { (0x21...0x7E).contains($0) ? $0 : UInt8(ascii: "?") }
    return "\"" + String(decoding: kept, as: UTF8.self) + "\""
  }
}
