import Crypto
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import WebSocket

/// Lets in whoever brings the operator's secret as bearer token, and slows down whoever guesses. Thread-safe.
final class AdminGate: Sendable {
  /// Wrong secrets that one address may bring at once, and how long it takes until it may bring another.
  private static let burst = 5
  private static let secondsPerGuess = 10.0
  /// Addresses that are told apart; all others share one account.
  private static let maximumAddresses = 1024

  private struct Guesses {
    var count = 0.0
    var at = 0.0
  }

  private let digest: SHA256Digest
  private let gatekeeper: Gatekeeper?
  private let guesses = NIOLockedValueBox<[String: Guesses]>([:])
  /// Seconds on a clock that never goes back.
  private let now: @Sendable () -> Double

  /// `gatekeeper` tells whom a proxy speaks for; without it the peer counts.
  init(
    secret: Secret, gatekeeper: Gatekeeper? = nil,
    now: @escaping @Sendable () -> Double = { Double(NIODeadline.now().uptimeNanoseconds) / 1e9 }
  ) {
    digest = SHA256.hash(data: Array(secret.value.utf8))
    self.gatekeeper = gatekeeper
    self.now = now
  }

  /// The address that a request for an operator's connection counts under.
  func client(of request: UpgradeRequest) -> String {
    gatekeeper?.client(of: request) ?? request.remoteAddress?.ipAddress ?? ""
  }

  /// What comes of a secret that somebody brings.
  enum Verdict: Equatable {
    case right
    case wrong
    /// It was not looked at: the address has guessed too often, and may come again after so many seconds.
    case wait(seconds: Int)
  }

  /// What is said to those who guess too fast, and to those who are wrong.
  static let slowDown = "There were too many wrong secrets from this address; wait, then bring the right one."
  static let notRight = "The operator's secret is needed: send it as Authorization: Bearer SECRET."

  /// Whether `secret` is the operator's; nil, or a wrong one, counts against the address.
  func check(_ secret: String?, from address: String) -> Verdict {
    let wait = wait(for: address)
    if wait > 0 { return .wait(seconds: Int(wait.rounded(.up))) }
    if let secret, isRight(secret) { return .right }
    note(address)
    return .wrong
  }

  /// Why a request is not answered; nil: it is the operator's.
  func refusal(_ request: HTTPRequest) -> HTTPResponse? {
    let secret = Credentials.bearer(request.headers.first(name: "authorization"))
    switch check(secret, from: gatekeeper?.client(of: request) ?? request.remote?.ipAddress ?? "") {
    case .right: return nil
    case .wait(let seconds):
      var response = HTTPResponse.text(Self.slowDown, status: .tooManyRequests)
      response.headers.add(name: "Retry-After", value: "\(seconds)")
      return response
    case .wrong:
      var response = HTTPResponse.text(Self.notRight, status: .unauthorized)
      response.headers.add(name: "WWW-Authenticate", value: "Bearer")
      return response
    }
  }

  /// Compares digests, whose comparison takes the same time wherever they differ: neither the secret's length nor how much
  /// of it was right can be measured.
  private func isRight(_ token: String) -> Bool { SHA256.hash(data: Array(token.utf8)) == digest }

  /// Seconds until the address may try again.
  private func wait(for address: String) -> Double {
    let time = now()
    return guesses.withLockedValue { guesses in
      guard let known = guesses[address] ?? guesses[Self.others] else { return 0 }
      let count = Self.count(known, at: time)
      return max(0, (count - Double(Self.burst) + 1) * Self.secondsPerGuess)
    }
  }

  private func note(_ address: String) {
    let time = now()
    guesses.withLockedValue { guesses in
      if guesses[address] == nil, guesses.count >= Self.maximumAddresses {
        guesses = guesses.filter { Self.count($0.value, at: time) > 0 }
      }
      let isKnown = guesses[address] != nil || guesses.count < Self.maximumAddresses
      let key = isKnown ? address : Self.others
      guesses[key] = Guesses(count: Self.count(guesses[key] ?? Guesses(), at: time) + 1, at: time)
    }
  }

  /// No address is called that.
  private static let others = "others"

  private static func count(_ guesses: Guesses, at time: Double) -> Double {
    max(0, guesses.count - (time - guesses.at) / secondsPerGuess)
  }
}
