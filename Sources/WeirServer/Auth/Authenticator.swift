import Crypto
import Glibc
import NIOConcurrencyHelpers
package import NIOCore

/// Decides who a device speaks for. Thread-safe; every call returns at once, so event loops call it directly.
///
/// With keys, a device needs a token that one of them signed. Without, only devices on this machine are let in, and
/// only if they came by a local name: else any web page could reach the server through a name of its own that resolves
/// to 127.0.0.1, and its `Origin` would match its `Host`.
package final class Authenticator: Sendable {
  private let verifier: TokenVerifier
  private let cache: NIOLockedValueBox<TokenCache>
  private let now: @Sendable () -> Int64

  /// Whether devices on this machine need no token, because there is no key to check it with.
  package var isOpen: Bool { verifier.keys.isEmpty }

  /// Loads the configured keys. Reads files: for start-up only. `now` gives seconds since 1970.
  package init(
    _ auth: WeirConfiguration.Auth, cacheCapacity: Int = 16384,
    now: @escaping @Sendable () -> Int64 = { Int64(time(nil)) }
  ) async throws(ConfigurationError) {
    verifier = TokenVerifier(keys: try await KeyLoader.load(auth), auth: auth)
    cache = NIOLockedValueBox(TokenCache(capacity: max(1, cacheCapacity)))
    self.now = now
  }

  /// The user these credentials stand for. `remote` is the connection's other end.
  package func authenticate(
    _ credentials: Credentials, remote: SocketAddress?
  ) throws(AuthError) -> Identity {
    if isOpen { return try local(credentials, remote: remote) }
    guard let token = credentials.token else { throw .missingToken }
    return try identity(token: token)
  }

  /// The user a token stands for: from the cache, or by verifying it.
  package func identity(token: String) throws(AuthError) -> Identity {
    if token.utf8.count > TokenVerifier.maximumTokenBytes { throw .tokenTooLong }
    let digest = SHA256.hash(data: Array(token.utf8))
    if let identity = cachedIdentity(digest) { return identity }
    let identity = try verifier.verify(token, now: now())
    cache.withLockedValue { $0.insert(identity, for: digest) }
    return identity
  }

  /// The user a token stands for, if it has been verified lately and has not expired. About a microsecond.
  package func cachedIdentity(token: String) -> Identity? {
    if token.utf8.count > TokenVerifier.maximumTokenBytes { return nil }
    return cachedIdentity(SHA256.hash(data: Array(token.utf8)))
  }

  private func cachedIdentity(_ digest: SHA256Digest) -> Identity? {
    let time = now()
    return cache.withLockedValue { cache in
      guard let identity = cache.identity(for: digest) else { return nil }
      if let end = identity.expiresAt, time - verifier.leewaySeconds >= end {
        cache.remove(digest)
        return nil
      }
      return identity
    }
  }

  /// Who a device on this machine says it is.
  private func local(_ credentials: Credentials, remote: SocketAddress?) throws(AuthError) -> Identity {
    guard let remote, Loopback.contains(remote) else { throw .notLoopback }
    if credentials.cameThroughProxy { throw .throughProxy }
    if let host = credentials.host, !Loopback.isName(host) { throw .foreignHost(AuthError.cleaned(host)) }
    let user = credentials.user ?? "local"
    guard Identity.isUserName(user) else { throw .badUserName }
    return Identity(user: user)
  }
}
