import NIOConcurrencyHelpers
package import WeirCore

/// Keeps one address from taking what is everybody's. Thread-safe; every call returns at once, so event loops call it
/// directly. The time is handed in.
///
/// The order of calls: `admit` when a client's address is known, `closed` when what was admitted ends, `mayLogIn` before a
/// token is looked at, `loginFailed` when it was refused. Connections of trusted proxies are not admitted as such; what
/// comes through them is, by the client's address.
package final class AddressGuard: Sendable {
  private struct State {
    var table: AddressTable
    var refusals: [AddressTable.Limit: UInt64] = [:]
  }

  private let state: NIOLockedValueBox<State>

  package init(_ addresses: WeirConfiguration.Addresses = WeirConfiguration.Addresses()) {
    state = NIOLockedValueBox(State(table: AddressTable(AddressTable.Limits(addresses))))
  }

  /// Uses other limits from now on; what has been counted stays.
  package func adopt(_ addresses: WeirConfiguration.Addresses) {
    state.withLockedValue { $0.table.adopt(AddressTable.Limits(addresses)) }
  }

  /// Whether the address may have one more connection. If so it has: `closed` must follow. nil, a peer without an
  /// address, has no limit.
  package func admit(_ address: IPAddress?, now: MonotonicTime) -> AddressTable.Decision {
    decide(address) { $0.admit($1, now: now) }
  }

  /// A connection that was admitted has ended.
  package func closed(_ address: IPAddress?) {
    guard let address else { return }
    state.withLockedValue { $0.table.closed(address) }
  }

  /// Whether the address may show a token. Asked before the token is looked at.
  package func mayLogIn(_ address: IPAddress?, now: MonotonicTime) -> AddressTable.Decision {
    decide(address) { $0.mayLogIn($1, now: now) }
  }

  /// A token that the address showed was refused.
  package func loginFailed(_ address: IPAddress?, now: MonotonicTime) {
    guard let address else { return }
    state.withLockedValue { $0.table.loginFailed(address, now: now) }
  }

  /// How many addresses are remembered.
  package var count: Int { state.withLockedValue { $0.table.count } }

  /// How often each limit was the reason of a refusal, since the start.
  package var refusals: [AddressTable.Limit: UInt64] { state.withLockedValue { $0.refusals } }

  private func decide(
    _ address: IPAddress?, _ question: (inout AddressTable, IPAddress) -> AddressTable.Decision
  ) -> AddressTable.Decision {
    guard let address else { return .allowed }
    return state.withLockedValue { state in
      let decision = question(&state.table, address)
      if case .refused(let limit, _) = decision { state.refusals[limit, default: 0] += 1 }
      return decision
    }
  }
}

extension AddressTable.Limits {
  /// The limits of the configuration.
  package init(_ addresses: WeirConfiguration.Addresses) {
    self.init()
    connectionsPerSecond = addresses.connectionsPerSecond
    maximumConnections = addresses.maximumConnections
    failedLoginsPerMinute = addresses.failedLogins
    exempt = addresses.exempt
    maximumTracked = addresses.maximumTracked
  }
}

extension AddressTable.Decision {
  /// What to tell a refused client: a sentence with a way out, and whole seconds for `Retry-After` (RFC 9110 §10.2.3),
  /// which is 429's companion (RFC 6585 §4). nil: it was not refused.
  package var refusal: (sentence: String, retryAfterSeconds: Int)? {
    guard case .refused(let limit, let wait) = self else { return nil }
    let (whole, rest) = wait.nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    let seconds = max(1, Int(whole) + (rest > 0 ? 1 : 0))
    let sentence =
      switch limit {
      case .connectionRate: "Too many new connections from your address. Try again in \(seconds) s."
      case .connections: "Your address has all the connections it may have. Close one, then try again."
      case .failedLogins: "Too many refused tokens from your address. Get a good one, and try again in \(seconds) s."
      }
    return (sentence, seconds)
  }
}
