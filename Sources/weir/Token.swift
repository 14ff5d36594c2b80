import ArgumentParser
import Foundation
import WeirServer

/// `weir token`: mints a token for a user.
struct Token: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "token",
    abstract: "Make a token with which a user's devices may connect.",
    discussion: """
      Signs with the secret in --secret-file or WEIR_JWT_SECRET (HS256), or with the private key in --key-file (ES256, \
      RS256 or EdDSA, by the key's kind). The token goes to standard output, alone.
      """)

  @Option(help: "The user's name.")
  var user: String
  @Option(help: "How long the token is valid, such as 30m, 24h or 90d.")
  var ttl = "24h"
  @Option(help: "File with the secret that the server has.")
  var secretFile: String?
  @Option(help: "PEM file with the private key whose public key the server has.")
  var keyFile: String?
  @Option(help: "HS256, ES256, RS256 or EdDSA: fail if the key is for another algorithm.")
  var alg: String?
  @Option(help: "The key's id, if the server has several (kid).")
  var kid: String?
  @Option(help: "Who makes the token (iss).")
  var issuer: String?
  @Option(help: "Whom the token is for (aud).")
  var audience: String?
  @Option(help: "The user's plan, as the server's configuration names it (weir_plan).")
  var plan: String?
  @Option(help: "The best lane the user may use, in place of the plan's (weir_lane).")
  var lane: String?
  @Option(help: "The customer of the application that the user belongs to (weir_tenant).")
  var tenant: String?

  func run() async throws {
    do {
      let minter = try minter()
      if let alg, alg != minter.algorithm {
        throw TokenMinter.Failure(description: "The key signs with \(minter.algorithm), not \(alg); correct --alg.")
      }
      let token = try await minter.mint(
        user: user, now: Int64(Date().timeIntervalSince1970), lifetimeSeconds: try lifetime(), issuer: issuer,
        audience: audience, plan: plan, lane: lane, tenant: tenant)
      print(token)
    } catch let failure as TokenMinter.Failure {
      throw Failing.exit("No token was made:", failure.description, code: failure.exitCode)
    }
  }

  private func minter() throws(TokenMinter.Failure) -> TokenMinter {
    switch (secretFile, keyFile) {
    case (.some, .some):
      throw TokenMinter.Failure(description: "Give --secret-file or --key-file, not both.")
    case (let path?, nil):
      return try TokenMinter(secret: try text(of: path), id: kid)
    case (nil, let path?):
      return try TokenMinter(privateKeyPEM: try text(of: path), id: kid)
    case (nil, nil):
      let environment = ProcessInfo.processInfo.environment
      guard let secret = environment["WEIR_JWT_SECRET"] ?? environment["WEIR_AUTH_JWT_SECRET"] else {
        throw TokenMinter.Failure(
          description: "There is nothing to sign with: give --secret-file or --key-file, or set WEIR_JWT_SECRET.")
      }
      return try TokenMinter(secret: secret, id: kid)
    }
  }

  private func text(of path: String) throws(TokenMinter.Failure) -> String {
    guard let data = FileManager.default.contents(atPath: path), let text = String(data: data, encoding: .utf8) else {
      throw TokenMinter.Failure(description: "\"\(path)\" cannot be read as text; correct the path.")
    }
    return text.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// Seconds.
  private func lifetime() throws(TokenMinter.Failure) -> Int64 {
    let units: [Character: Int64] = ["s": 1, "m": 60, "h": 3600, "d": 86400]
    guard let last = ttl.last, let unit = units[last], let amount = Int64(ttl.dropLast()), amount > 0,
      case let (seconds, overflow) = amount.multipliedReportingOverflow(by: unit), !overflow
    else {
      throw TokenMinter.Failure(description: "\"\(ttl)\" is no time; write --ttl as 30m, 24h or 90d.")
    }
    return seconds
  }
}
