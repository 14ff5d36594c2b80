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
  /// What tokens are checked with, as read from files: made first, used when all else of a reload is well.
  package struct Keys: Sendable {
    fileprivate let verifier: TokenVerifier

    /// Loads the configured keys. Reads files: for start-up and reload only.
    package init(_ auth: WeirConfiguration.Auth) async throws(ConfigurationError) {
      verifier = TokenVerifier(keys: try await KeyLoader.load(auth), auth: auth)
    }
  }

  /// Changed as a whole: what old keys have verified is forgotten in the moment in which new ones count.
  private struct State {
    var verifier: TokenVerifier
    var cache: TokenCache
    /// How often the keys have been changed.
    var generation = 0
  }

  private let state: NIOLockedValueBox<State>
  private let cacheCapacity: Int
  private let now: @Sendable () -> Int64

  /// Whether devices on this machine need no token, because there is no key to check it with.
  package var isOpen: Bool { state.withLockedValue { $0.verifier.keys.isEmpty } }

  /// Loads the configured keys. Reads files: for start-up only. `now` gives seconds since 1970.
  package convenience init(
    _ auth: WeirConfiguration.Auth, cacheCapacity: Int = 16384,
    now: @escaping @Sendable () -> Int64 = { Int64(time(nil)) }
  ) async throws(ConfigurationError) {
    self.init(try await Keys(auth), cacheCapacity: cacheCapacity, now: now)
  }

  /// Checks tokens with these keys.
  package init(
    _ keys: Keys, cacheCapacity: Int = 16384, now: @escaping @Sendable () -> Int64 = { Int64(time(nil)) }
  ) {
    self.cacheCapacity = max(1, cacheCapacity)
    self.now = now
    state = NIOLockedValueBox(State(verifier: keys.verifier, cache: TokenCache(capacity: max(1, cacheCapacity))))
  }

  /// Checks tokens with these keys from now on. Connections that are open stay open until their token expires.
  package func adopt(_ keys: Keys) {
    state.withLockedValue { state in
      state.verifier = keys.verifier
      state.cache = TokenCache(capacity: cacheCapacity)
      state.generation += 1
    }
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
    let (verifier, generation) = state.withLockedValue { ($0.verifier, $0.generation) }
    let identity = try verifier.verify(token, now: now())
    state.withLockedValue { state in
      // The keys may have been changed meanwhile; what the old ones found good is not kept then.
      if state.generation == generation { state.cache.insert(identity, for: digest) }
    }
    return identity
  }

  /// The user a token stands for, if it has been verified lately and has not expired. About a microsecond.
  package func cachedIdentity(token: String) -> Identity? {
    if token.utf8.count > TokenVerifier.maximumTokenBytes { return nil }
    return cachedIdentity(SHA256.hash(data: Array(token.utf8)))
  }

  private func cachedIdentity(_ digest: SHA256Digest) -> Identity? {
    let time = now()
    return state.withLockedValue { state in
      guard let identity = state.cache.identity(for: digest) else { return nil }
      if let end = identity.expiresAt, time - state.verifier.leewaySeconds >= end {
        state.cache.remove(digest)
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
