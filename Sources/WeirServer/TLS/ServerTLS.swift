package import NIOSSL

extension WeirConfiguration.TLS {
  /// The TLS side of a listener: TLS 1.2 and later, HTTP/1.1 by ALPN (RFC 7301; WebSocket begins as that). nil: TLS is
  /// off. Reads the files: for start-up only.
  package func serverContext() throws(ConfigurationError) -> NIOSSLContext? {
    guard let certificateFile, let keyFile else { return nil }
    let certificates = try ServerTLS.certificates(certificateFile)
    let key = try ServerTLS.key(keyFile)
    var configuration = TLSConfiguration.makeServerConfiguration(
      certificateChain: certificates.map { .certificate($0) }, privateKey: .privateKey(key))
    configuration.minimumTLSVersion = .tlsv12
    configuration.applicationProtocols = ["http/1.1"]
    do {
      return try NIOSSLContext(configuration: configuration)
    } catch {
      throw ServerTLS.problem(
        "tls.keyFile", keyFile,
        "it is not the key of the certificate in \(certificateFile); name the two that belong together")
    }
  }
}

/// Reads PEM files into what NIOSSL wants, with errors that name the file.
private enum ServerTLS {
  static func certificates(_ path: String) throws(ConfigurationError) -> [NIOSSLCertificate] {
    let bytes = try read("tls.certificateFile", path)
    guard let chain = try? NIOSSLCertificate.fromPEMBytes(bytes), !chain.isEmpty else {
      throw problem(
        "tls.certificateFile", path, "it holds no PEM certificate; it must begin with -----BEGIN CERTIFICATE-----")
    }
    return chain
  }

  static func key(_ path: String) throws(ConfigurationError) -> NIOSSLPrivateKey {
    let bytes = try read("tls.keyFile", path)
    guard let key = try? NIOSSLPrivateKey(bytes: bytes, format: .pem) else {
      throw problem("tls.keyFile", path, "it holds no PEM private key without a passphrase")
    }
    return key
  }

  private static func read(_ setting: String, _ path: String) throws(ConfigurationError) -> [UInt8] {
    do throws(FileContents.Failure) {
      return try FileContents.read(path)
    } catch {
      throw problem(setting, path, "it cannot be read: \(error.reason); correct the path")
    }
  }

  static func problem(_ setting: String, _ path: String, _ sentence: String) -> ConfigurationError {
    ConfigurationError([.init(key: setting, sentence: "\"\(path)\": \(sentence)")])
  }
}
