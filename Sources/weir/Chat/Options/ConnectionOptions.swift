import ArgumentParser
import Foundation
import WeirClient

/// Where to connect and as whom.
struct ConnectionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "A JWT, sent as Authorization: Bearer. Others can see it in the list of processes: better set WEIR_TOKEN.",
      valueName: "jwt"))
  var token: String?

  @Option(help: ArgumentHelp("A file that holds the token.", valueName: "file"))
  var tokenFile: String?

  @Option(help: ArgumentHelp("Who to be, where the server asks for no token.", valueName: "name"))
  var user: String?

  @Flag(help: "Check no TLS certificate. Whoever is in the path can read and change everything.")
  var insecure = false

  @Option(help: ArgumentHelp("Trust the certificates in this PEM file, and no others.", valueName: "file"))
  var ca: String?

  @Flag(name: .customLong("no-deflate"), help: "Do not offer compression (permessage-deflate).")
  var noDeflate = false

  @Flag(help: "Write what happens as JSON, one object per line, to stdout.")
  var json = false

  @Flag(help: "Show figures: round trips, first token, tokens per second.")
  var stats = false

  mutating func validate() throws {
    if insecure, ca != nil { throw ValidationError("--insecure checks no certificate, so --ca has no use beside it.") }
    if token != nil, tokenFile != nil { throw ValidationError("Give --token or --token-file, not both.") }
  }

  /// Whom to trust.
  var trust: WeirClientConfiguration.Trust {
    if insecure { return .anyone }
    return ca.map { .file($0) } ?? .system
  }

  /// The token from the command line, the file or the environment, in this order.
  func readToken(environment: [String: String] = ProcessInfo.processInfo.environment) throws(WeirClientError) -> String?
  {
    if let token { return token }
    guard let tokenFile else { return environment["WEIR_TOKEN"].flatMap { $0.isEmpty ? nil : $0 } }
    guard let data = FileManager.default.contents(atPath: tokenFile), data.count <= 64 * 1024 else {
      throw WeirClientError(
        code: .invalidArgument, message: "The token file \(tokenFile) cannot be read, or is no token; check the path.")
    }
    let token = String(decoding: data, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
    guard !token.isEmpty, token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw WeirClientError(
        code: .invalidArgument, message: "The token file \(tokenFile) holds no token; `weir token` makes one.")
    }
    return token
  }
}
