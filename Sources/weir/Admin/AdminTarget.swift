import ArgumentParser
import Foundation

/// Which server is asked, and as whom.
struct AdminTarget: ParsableArguments {
  @Option(help: "The server, as http://HOST:PORT or https://HOST:PORT.")
  var url = "http://127.0.0.1:8080"
  @Option(help: "File with the operator's secret, in place of WEIR_ADMIN_SECRET.")
  var secretFile: String?
  @Option(help: "PEM file with the certificates to trust, for servers that the system does not know.")
  var caFile: String?

  func client() throws -> AdminClient {
    do throws(AdminFailure) {
      return AdminClient(place: try AdminPlace(url), secret: try secret(), caFile: caFile)
    } catch {
      throw Failing.exit("The server cannot be asked:", error.description, code: 64)
    }
  }

  private func secret() throws(AdminFailure) -> String {
    let text: String
    if let secretFile {
      guard let data = FileManager.default.contents(atPath: secretFile), let read = String(data: data, encoding: .utf8)
      else { throw AdminFailure("\"\(secretFile)\" cannot be read as text; correct the path.") }
      text = read
    } else if let variable = ProcessInfo.processInfo.environment["WEIR_ADMIN_SECRET"] {
      text = variable
    } else {
      throw AdminFailure(
        "There is no secret: set WEIR_ADMIN_SECRET to the server's admin.secret, or give --secret-file.")
    }
    let secret = text.trimmingCharacters(in: .whitespacesAndNewlines)
    // It goes into a header.
    guard !secret.isEmpty, secret.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
      throw AdminFailure("The secret must be printable ASCII without spaces; correct it.")
    }
    return secret
  }
}

/// Why the server did not answer as it should, in words that end with what to do.
struct AdminFailure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// A server's address.
struct AdminPlace: Sendable, Equatable {
  let host: String
  let port: Int
  let isSecure: Bool

  init(_ url: String) throws(AdminFailure) {
    guard let parts = URLComponents(string: url), let host = parts.host, !host.isEmpty,
      parts.scheme == "http" || parts.scheme == "https", ["", "/"].contains(parts.path), parts.query == nil
    else { throw AdminFailure("\"\(url)\" is no server; write --url http://HOST:PORT.") }
    isSecure = parts.scheme == "https"
    port = parts.port ?? (isSecure ? 443 : 80)
    // Brackets belong to the URL, not to the IPv6 address in it.
    self.host = host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : host
  }
}
