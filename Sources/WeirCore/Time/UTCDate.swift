/// Days and months of the wall clock, in UTC, as plain numbers: what budgets and the ledger count by.
package enum UTCDate {
  private static let dayMs: UInt64 = 86_400_000

  /// Days since 1970-01-01.
  package static func day(ofMs ms: UInt64) -> UInt32 { UInt32(clamping: ms / dayMs) }

  /// Months since January 1970.
  package static func month(ofMs ms: UInt64) -> UInt32 {
    let date = civil(day: day(ofMs: ms))
    return UInt32((date.year - 1970) * 12 + date.month - 1)
  }

  package static func msToNextDay(fromMs ms: UInt64) -> UInt64 { dayMs - ms % dayMs }

  package static func msToNextMonth(fromMs ms: UInt64) -> UInt64 {
    let today = day(ofMs: ms)
    let this = month(ofMs: ms)
    var next = today + 1
    while month(ofMs: UInt64(next) * dayMs) == this { next += 1 }
    return UInt64(next) * dayMs - ms
  }

  /// "2026-11-21".
  package static func text(day: UInt32) -> String {
    let date = civil(day: day)
    func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(date.year)-\(two(date.month))-\(two(date.day))"
  }

  /// The day that "2026-11-21" names; nil: it names none.
  package static func day(text: String) -> UInt32? {
    let pieces = text.split(separator: "-", omittingEmptySubsequences: false)
    guard pieces.count == 3, pieces[0].utf8.count == 4, pieces.dropFirst().allSatisfy({ $0.utf8.count == 2 }),
      let year = Int(pieces[0]), let month = Int(pieces[1]), let date = Int(pieces[2]), year >= 1970,
      (1...12).contains(month), (1...31).contains(date)
    else { return nil }
    let day = days(year: year, month: month, day: date)
    return civil(day: day) == (year, month, date) ? day : nil
  }

  /// The proleptic Gregorian calendar counted in eras of 400 years that begin in March, so that the day that leap years
  /// add comes last (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms").
  private static func civil(day: UInt32) -> (year: Int, month: Int, day: Int) {
    let shifted = Int(day) + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
  }

  private static func days(year: Int, month: Int, day: Int) -> UInt32 {
    let shiftedYear = month <= 2 ? year - 1 : year
    let era = shiftedYear / 400
    let yearOfEra = shiftedYear % 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return UInt32(clamping: era * 146_097 + dayOfEra - 719_468)
  }
}
