import Crypto
import Foundation

/// HMAC-SHA-256, for tokens that the code under test would not sign.
enum HMAC256 {
  static func base64URL(of text: String, secret: String) -> String {
    let code = HMAC<SHA256>.authenticationCode(
      for: Data(text.utf8), using: SymmetricKey(data: Data(secret.utf8)))
    return Data(code).base64EncodedString().replacingOccurrences(of: "+", with: "-")
      .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
  }
}
