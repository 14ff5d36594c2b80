import WeirCore

/// Which rows of the usage ledger are wanted, and how.
struct UsageQuery: Sendable, Equatable {
  enum Format: String, Sendable {
    case csv
    case json
  }

  /// Days since 1970, UTC.
  var days: ClosedRange<UInt32>
  /// nil: all users.
  var user: UserID?
  var format = Format.json

  init(days: ClosedRange<UInt32>, user: UserID? = nil, format: Format = .json) {
    self.days = days
    self.user = user
    self.format = format
  }

  /// Reads it from a request's target; `today` is what is meant where no day is given.
  init(_ target: RequestTarget, today: UInt32) throws(InvalidRequest) {
    let first = try Self.day("from", target) ?? today
    let last = try Self.day("to", target) ?? max(first, today)
    guard first <= last else { throw InvalidRequest("The parameter from must not be after to; swap them.") }
    days = first...last
    let name = target.queryValue("user") ?? ""
    user = name.isEmpty ? nil : name
    if let text = target.queryValue("format") {
      guard let format = Format(rawValue: text) else {
        throw InvalidRequest("The parameter format must be csv or json; correct it.")
      }
      self.format = format
    }
  }

  private static func day(_ name: String, _ target: RequestTarget) throws(InvalidRequest) -> UInt32? {
    guard let text = target.queryValue(name) else { return nil }
    guard let day = UTCDate.day(text: text) else {
      throw InvalidRequest("The parameter \(name) must be a day as 2026-01-31; correct it.")
    }
    return day
  }
}
