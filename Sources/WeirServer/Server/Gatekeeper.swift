import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import WebSocket
import WeirCore

/// Who may come in: addresses by their limits, requests by their tokens. Thread-safe; every answer is there at once. What
/// it goes by can be changed while connections come and go.
final class Gatekeeper: Sendable {
  /// Why a request is refused.
  enum Refusal: Error {
    case auth(AuthError)
    /// The address has shown too many bad tokens, or has too many connections; come back after so many seconds.
    case address(String, retryAfterSeconds: Int)
  }

  private let guardian: AddressGuard
  private let authenticator: Authenticator
  private let addresses: NIOLockedValueBox<ClientAddress>
  private let now: @Sendable () -> MonotonicTime

  init(
    _ configuration: WeirConfiguration, authenticator: Authenticator,
    now: @escaping @Sendable () -> MonotonicTime = {
      MonotonicTime(nanoseconds: NIODeadline.now().uptimeNanoseconds)
    }
  ) {
    guardian = AddressGuard(configuration.addresses)
    addresses = NIOLockedValueBox(ClientAddress(configuration.proxies))
    self.authenticator = authenticator
    self.now = now
  }

  /// From now on these limits, proxies and keys count.
  func adopt(_ configuration: WeirConfiguration, keys: Authenticator.Keys) {
    guardian.adopt(configuration.addresses)
    addresses.withLockedValue { $0 = ClientAddress(configuration.proxies) }
    authenticator.adopt(keys)
  }

  /// From now on these keys count.
  func adopt(_ keys: Authenticator.Keys) { authenticator.adopt(keys) }

  /// Brings the figures about addresses up to date.
  func refresh(_ metrics: Metrics) {
    for (limit, count) in guardian.refusals { metrics.addressesRefused[limit].mirror(count) }
  }

  /// Whether the peer's connection begins with a PROXY header.
  func expectsProxyHeader(from peer: SocketAddress?) -> Bool {
    addresses.withLockedValue { $0 }.expectsProxyHeader(from: peer)
  }

  /// A place for a connection from this address, given back when nobody holds the ticket any more; nil: it has no more.
  /// A proxy that tells its clients' addresses in each request needs none for itself.
  /// `place` is the connection's among those that the process has descriptors for: the ticket holds it.
  func ticket(for client: SocketAddress?, place: ConnectionPlaces.Place? = nil) -> ConnectionTicket? {
    if addresses.withLockedValue({ $0 }).expectsForwardedFor(from: client) {
      return ConnectionTicket(nil, nil, place: place)
    }
    return ticket(for: client.flatMap { IPAddress($0) }, place: place)
  }

  private func ticket(for address: IPAddress?, place: ConnectionPlaces.Place?) -> ConnectionTicket? {
    guard case .allowed = guardian.admit(address, now: now()) else { return nil }
    return ConnectionTicket(guardian, address, place: place)
  }

  /// Who the upgrade request is from, and the ticket that its device holds while it is connected.
  func admit(_ request: UpgradeRequest) throws(Refusal) -> (Identity, ConnectionTicket?) {
    let client = address(of: request.remoteAddress, forwardedFor: request.headers.values(of: "X-Forwarded-For"))
    let identity = try authenticate(Credentials(request), peer: request.remoteAddress, client: client)
    let own = request.attachment as? ConnectionTicket
    if own?.isEmpty != true { return (identity, own) }
    guard let ticket = ticket(for: client, place: own?.place) else {
      throw .address("Your address has as many connections as it may have.", retryAfterSeconds: 5)
    }
    return (identity, ticket)
  }

  /// Who the HTTP request is from.
  func identify(_ request: HTTPRequest) throws(Refusal) -> Identity {
    let client = address(of: request.remote, forwardedFor: request.headers["x-forwarded-for"])
    let credentials = Credentials(headers: request.headers, target: request.target)
    return try authenticate(credentials, peer: request.remote, client: client)
  }

  /// The address that whoever sent the request counts under, as far as it can be told.
  func client(of request: HTTPRequest) -> String {
    Self.name(address(of: request.remote, forwardedFor: request.headers["x-forwarded-for"]), request.remote)
  }

  /// Same, of an upgrade.
  func client(of request: UpgradeRequest) -> String {
    let forwarded = request.headers.values(of: "X-Forwarded-For")
    return Self.name(address(of: request.remoteAddress, forwardedFor: forwarded), request.remoteAddress)
  }

  private static func name(_ address: IPAddress?, _ peer: SocketAddress?) -> String {
    address.map { "\($0)" } ?? peer?.ipAddress ?? ""
  }

  private func address(of peer: SocketAddress?, forwardedFor headers: @autoclosure () -> [String]) -> IPAddress? {
    addresses.withLockedValue { $0 }.client(peer: peer, forwardedFor: headers())
  }

  private func authenticate(
    _ credentials: Credentials, peer: SocketAddress?, client: IPAddress?
  ) throws(Refusal) -> Identity {
    let time = now()
    // Before any cryptography is done for it.
    if case .refused(_, let wait) = guardian.mayLogIn(client, now: time) {
      throw .address("Your address has shown too many bad tokens.", retryAfterSeconds: Int(wait.seconds.rounded(.up)))
    }
    do throws(AuthError) {
      return try authenticator.authenticate(credentials, remote: peer)
    } catch {
      if error.isFailedLogin { guardian.loginFailed(client, now: time) }
      throw .auth(error)
    }
  }
}

/// A connection's place among those of its address. Whoever needs the connection holds the ticket; the place is free again
/// when the last of them lets go.
final class ConnectionTicket: Sendable {
  private let guardian: AddressGuard?
  private let address: IPAddress?
  /// The connection's place in the process.
  let place: ConnectionPlaces.Place?

  init(_ guardian: AddressGuard?, _ address: IPAddress?, place: ConnectionPlaces.Place? = nil) {
    self.guardian = guardian
    self.address = address
    self.place = place
  }

  /// It stands for a proxy's connection, whose clients are counted one by one.
  var isEmpty: Bool { guardian == nil }

  deinit { guardian?.closed(address) }
}
