// One walk over the whole store.

internal import WeirCore
import WeirWire

/// Walks over each kind of data in one view of the database, and asks the others about each entry: an entry costs a step
/// and a few point reads, and memory does not grow with the data.
struct Verification: ~Copyable {
  let database: Database
  let view: ReadView
  private(set) var report = VerifyReport()
  private let tell: (VerifyProgress) -> Void
  private let expected: UInt64
  private var looked: UInt64 = 0
  private var clock = ProgressClock()

  static func run(_ database: Database, _ tell: (VerifyProgress) -> Void) throws(StoreError) -> VerifyReport {
    // The walk ends before this function does, so the closure does not outlive its caller's.
    withoutActuallyEscaping(tell) { tell in
      var verification = Verification(database, tell)
      verification.walk()
      return verification.report
    }
  }

  private init(_ database: Database, _ tell: @escaping (VerifyProgress) -> Void) {
    self.database = database
    self.tell = tell
    view = ReadView(database)
    expected = ColumnFamily.allCases.reduce(0) {
      database.has($1) ? $0 + database.property("rocksdb.estimate-num-keys", of: $1) : $0
    }
  }

  private mutating func walk() {
    checkMeta()
    checkUsers()
    checkConversations()
    checkList()
    checkMessages()
    checkSent()
    checkAnswers()
    checkTurns()
    checkTurnText()
    checkUsage()
  }

  // MARK: For the checks

  mutating func find(_ kind: VerifyFinding.Kind, _ sentence: String) {
    report.findingCount += 1
    if report.findings.count < Store.keptFindings { report.findings.append(.init(kind: kind, description: sentence)) }
  }

  /// Walks over a kind of data, as far as it can be read. What `body` throws concerns its entry only.
  mutating func forEach(
    _ family: ColumnFamily,
    _ body: (inout Verification, _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) throws(StoreError) ->
      Void
  ) {
    report.entries[family] = 0
    guard database.has(family) else { return }
    // All keys there can be, not only those of the layout: a strange one is to be found.
    let all = KeyRange([], [UInt8](repeating: 0xFF, count: 4096))
    var iterator = RangeIterator(database, family, all, snapshot: view.snapshot, isScan: true)
    iterator.seekToFirst()
    while iterator.isValid {
      do throws(StoreError) {
        try iterator.entry { (key, value) throws(StoreError) in try body(&self, key, value) }
      } catch {
        find(.badRecord, "\(family.rawValue): \(error.message)")
      }
      looked += 1
      report.entries[family, default: 0] += 1
      if clock.isDue() {
        tell(
          VerifyProgress(
            family: family, entries: looked, ofEntries: max(expected, looked), findings: report.findingCount))
      }
      iterator.next()
    }
    do throws(StoreError) { try iterator.check() } catch {
      find(.unreadable, "\(family.rawValue) cannot be read to its end: \(error)")
    }
  }

  /// The user that a key belongs to, with where the rest of it begins; nil, with a finding, if the key is not of the
  /// layout.
  mutating func owner(_ key: UnsafeRawBufferPointer, _ family: ColumnFamily) -> (
    keys: UserKeys, name: String, end: Int
  )? {
    if let (user, end) = KeyLayout.user(of: key), let keys = try? UserKeys(user), key.starts(with: keys.prefix) {
      return (keys, "User '\(user)'", end)
    }
    strange(key, family)
    return nil
  }

  mutating func strange(_ key: UnsafeRawBufferPointer, _ family: ColumnFamily) {
    let digits = key.prefix(64).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    find(.strangeKey, "\(family.rawValue) has a key that is none of Weir's: \(digits)\(key.count > 64 ? "…" : "").")
  }

  /// A record of another kind; nil if it is not there. One that does not decode is found where its own kind is walked.
  borrowing func get<R>(
    _ family: ColumnFamily, _ key: [UInt8], _ body: (UnsafeRawBufferPointer) throws(StoreError) -> R
  ) throws(StoreError) -> R? {
    try view.get(family, key, body)
  }
}
