import NIOSSL

/// A self-signed certificate for `localhost`, good until 2125, that protects nothing.
enum TestCertificate {
  static let certificate = """
    -----BEGIN CERTIFICATE-----
    MIIBlTCCATugAwIBAgIULdw2Qn2pBCEZ5xfngRWWS0FrxQkwCgYIKoZIzj0EAwIw
    FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTEwMzQxNVoYDzIxMjYxMDI4
    MTAzNDE1WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
    PQMBBwNCAAT3DlY2yBG+343azcyR5z0XBX0U/IOZ/JLDQNMiUQn9faJ8nuSBbgpZ
    zKK1VnpfuqmS2sjPf80NZZONTDu+h/dyo2kwZzAdBgNVHQ4EFgQUvvAYlIdoTa2D
    CJ81wPIdjtG7Gu8wHwYDVR0jBBgwFoAUvvAYlIdoTa2DCJ81wPIdjtG7Gu8wDwYD
    VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
    SAAwRQIgUXxjZMdRx3V8ObNJ/BQpQQ+N+ISglreMcZ8KVT/oDAMCIQDEUJC0qSKb
    /nXkeXNPr8fazXAjeAzfVzH5iI7OiS/teA==
    -----END CERTIFICATE-----
    """

  static let key = """
    -----BEGIN PRIVATE KEY-----
    MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgCrKaMg9gHNw10pxY
    bYdz+pMwO3udSSHPCHz70kDJ6cShRANCAAT3DlY2yBG+343azcyR5z0XBX0U/IOZ
    /JLDQNMiUQn9faJ8nuSBbgpZzKK1VnpfuqmS2sjPf80NZZONTDu+h/dy
    -----END PRIVATE KEY-----
    """

  static func serverContext() throws -> NIOSSLContext {
    let chain = try NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8))
    let key = try NIOSSLPrivateKey(bytes: Array(key.utf8), format: .pem)
    return try NIOSSLContext(
      configuration: .makeServerConfiguration(
        certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key)))
  }

  static func clientContext() throws -> NIOSSLContext {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8)))
    return try NIOSSLContext(configuration: configuration)
  }
}
