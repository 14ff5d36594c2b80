/// Times as providers write them in headers, in milliseconds. What makes no sense is nil; no time is longer than a day,
/// since all of them are advice.
enum ProviderTime {
  private static let longestMs = 86_400_000.0

  /// A number of milliseconds.
  static func milliseconds(_ text: String) -> Int? { bounded(Double(text)) }

  /// `Retry-After` (RFC 9110 §10.2.3): seconds, which some write with a fraction, or a date.
  static func retryAfterMs(_ text: Substring, wallClockMs: UInt64) -> Int? {
    if let seconds = Double(text) { return bounded(seconds * 1000) }
    return httpDateMs(text).map { untilMs($0, wallClockMs: wallClockMs) }
  }

  /// How long until a moment; 0 if it has been.
  static func untilMs(_ moment: UInt64, wallClockMs: UInt64) -> Int {
    moment > wallClockMs ? Int(min(Double(moment - wallClockMs), longestMs)) : 0
  }

  private static func bounded(_ milliseconds: Double?) -> Int? {
    guard let milliseconds, milliseconds.isFinite, milliseconds >= 0 else { return nil }
    // Rounded up: what is told too early is refused again.
    return Int(min(milliseconds, longestMs).rounded(.up))
  }

  /// A length of time as OpenAI writes it: "6m0s", "1s", "20ms", "1h2m3.5s"; a bare number is seconds.
  static func durationMs(_ text: Substring) -> Int? {
    if let seconds = Double(text) { return bounded(seconds * 1000) }
    var rest = text
    var sum = 0.0
    while !rest.isEmpty {
      let number = rest.prefix { $0.isNumber || $0 == "." }
      rest = rest.dropFirst(number.count)
      let unit = rest.prefix { !$0.isNumber && $0 != "." }
      rest = rest.dropFirst(unit.count)
      guard let count = Double(number), let length = unitMs(unit) else { return nil }
      sum += count * length
    }
    return text.isEmpty ? nil : bounded(sum)
  }

  private static func unitMs(_ unit: Substring) -> Double? {
    switch unit {
    case "d": 86_400_000
    case "h": 3_600_000
    case "m": 60_000
    case "s": 1000
    case "ms": 1
    case "us", "µs", "μs": 0.001
    case "ns": 0.000001
    default: nil
    }
  }

  /// A moment in the form of RFC 3339, "2026-01-31T12:00:00Z", as milliseconds since 1970.
  static func rfc3339Ms(_ text: Substring) -> UInt64? {
    guard let split = text.firstIndex(where: { $0 == "T" || $0 == "t" || $0 == " " }) else { return nil }
    let date = text[..<split].split(separator: "-", omittingEmptySubsequences: false)
    let rest = text[text.index(after: split)...]
    guard date.count == 3, let year = number(date[0]), let month = number(date[1]), let day = number(date[2]),
      let zoneStart = rest.firstIndex(where: { "Zz+-".contains($0) }), let offset = zone(rest[zoneStart...]),
      let time = secondsOfDay(rest[..<zoneStart])
    else { return nil }
    return moment(year: year, month: month, day: day, seconds: time - offset)
  }

  private static func zone(_ text: Substring) -> Double? {
    guard let sign = text.first else { return nil }
    if sign == "Z" || sign == "z" { return text.count == 1 ? 0 : nil }
    let parts = text.dropFirst().split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let hours = number(parts[0]), let minutes = number(parts[1]), hours < 24, minutes < 60
    else { return nil }
    return Double(hours * 3600 + minutes * 60) * (sign == "-" ? -1 : 1)
  }

  private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

  /// A moment in one of the three forms of RFC 9110 §5.6.7, as milliseconds since 1970: "Sun, 06 Nov 1994 08:49:37 GMT",
  /// "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994".
  static func httpDateMs(_ text: Substring) -> UInt64? {
    let words = text.split { $0 == " " || $0 == "," || $0 == "-" }
    guard words.count >= 5 else { return nil }
    if let month = months.firstIndex(of: words[1].lowercased()) {
      guard let day = number(words[2]), let time = secondsOfDay(words[3]), let year = number(words[4]) else {
        return nil
      }
      return moment(year: year, month: month + 1, day: day, seconds: time)
    }
    guard let day = number(words[1]), let month = months.firstIndex(of: words[2].lowercased()),
      let year = number(words[3]), let time = secondsOfDay(words[4])
    else { return nil }
    // Two digits that would be far in the future are of the past century; these dates are of now.
    return moment(year: words[3].count == 2 ? 2000 + year : year, month: month + 1, day: day, seconds: time)
  }

  private static func number(_ text: Substring) -> Int? {
    guard 1...4 ~= text.utf8.count, text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }) else { return nil }
    return Int(text)
  }

  private static func secondsOfDay(_ text: Substring) -> Double? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 3, let hours = number(parts[0]), let minutes = number(parts[1]), hours < 24, minutes < 60,
      parts[2].first?.isNumber == true, let seconds = Double(parts[2]), 0..<61 ~= seconds
    else { return nil }
    return Double(hours * 3600 + minutes * 60) + seconds
  }

  private static func moment(year: Int, month: Int, day: Int, seconds: Double) -> UInt64? {
    guard 1970...9999 ~= year, 1...12 ~= month, 1...31 ~= day else { return nil }
    // Years that begin in March put the leap day last; 146,097 days are 400 years.
    let shifted = month > 2 ? year : year - 1
    let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
    let days = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    let milliseconds = Double(days) * 86_400_000 + seconds * 1000
    return milliseconds >= 0 ? UInt64(milliseconds) : nil
  }
}
