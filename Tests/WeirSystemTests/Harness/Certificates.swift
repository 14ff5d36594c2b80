import Foundation
import NIOSSL

/// A certificate authority and a server certificate for 127.0.0.1, made by openssl when they are needed.
struct Certificates: Sendable {
  let authority: String
  let certificate: String
  let key: String

  static func make(in directory: TemporaryDirectory) async throws -> Certificates {
    let made = Certificates(
      authority: directory.file("ca.pem"), certificate: directory.file("server.pem"), key: directory.file("server.key"))
    let authorityKey = directory.file("ca.key")
    let request = directory.file("server.csr")
    let names = try directory.write("subjectAltName=IP:127.0.0.1,DNS:localhost\n", to: "names.cnf")
    try await openssl(
      "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
      "/CN=Weir test authority", "-addext", "basicConstraints=critical,CA:TRUE", "-keyout", authorityKey, "-out",
      made.authority)
    try await openssl(
      "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost", "-keyout",
      made.key, "-out", request)
    try await openssl(
      "x509", "-req", "-in", request, "-CA", made.authority, "-CAkey", authorityKey, "-CAcreateserial", "-days", "2",
      "-extfile", names, "-out", made.certificate)
    return made
  }

  /// What a client needs that trusts this authority.
  func clientContext() throws -> NIOSSLContext {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.trustRoots = .file(authority)
    return try NIOSSLContext(configuration: configuration)
  }

  private static func openssl(_ arguments: String...) async throws {
    let result = try await ChildProcess.run("/usr/bin/env", ["openssl"] + arguments)
    if result.exit != .code(0) { throw HTTPReply.Unexpected(what: "openssl \(arguments): \(result.err)") }
  }
}
