// The sums of the usage ledger while they are being made.

internal import WeirCore

/// Adds to rows of the usage ledger. The journal's thread is the only one that writes them, so what it wrote last is what
/// the database has: a row that was added to lately needs no read.
struct UsageRows {
  /// Rows in a generation; two are kept. With keys of the usual length, both together take about 1 MiB.
  static let generation = 2048

  /// Rows that the entry being added changes, then those of the batch, then those that were committed: each hides the
  /// ones behind it.
  private var ofEntry: [[UInt8]: UsageFigures] = [:]
  private var ofBatch: [[UInt8]: UsageFigures] = [:]
  private var young: [[UInt8]: UsageFigures] = [:]
  private var old: [[UInt8]: UsageFigures] = [:]

  /// Committed rows that are remembered.
  var remembered: Int { young.count + old.count }

  /// Adds to a row, and returns what it comes to. `stored` is asked if the row is not remembered.
  mutating func add(
    _ more: UsageFigures, to key: [UInt8], _ stored: () throws(StoreError) -> UsageFigures?
  ) throws(StoreError) -> UsageFigures {
    var sum: UsageFigures
    if let known = ofEntry[key] ?? ofBatch[key] ?? young[key] ?? old[key] {
      sum = known
    } else {
      sum = try stored() ?? UsageFigures()
    }
    sum += more
    ofEntry[key] = sum
    return sum
  }

  /// The entry is part of the batch.
  mutating func keepEntry() {
    if ofEntry.isEmpty { return }
    ofBatch.merge(ofEntry) { _, new in new }
    ofEntry.removeAll(keepingCapacity: true)
  }

  /// The entry is not stored.
  mutating func dropEntry() { ofEntry.removeAll(keepingCapacity: true) }

  /// The batch is in the database.
  mutating func keepBatch() {
    for (key, figures) in ofBatch {
      if young.count == Self.generation {
        old = young
        young = [:]
      }
      young[key] = figures
    }
    ofBatch.removeAll(keepingCapacity: ofBatch.count <= Self.generation)
  }

  /// All rows whose keys begin with `prefix` are gone from the database, or will be with the batch being made, which holds
  /// nothing else.
  mutating func forget(_ prefix: [UInt8]) {
    young = young.filter { !$0.key.starts(with: prefix) }
    old = old.filter { !$0.key.starts(with: prefix) }
  }

  /// What the database has of the batch's rows is not known.
  mutating func dropBatch() {
    dropEntry()
    ofBatch = [:]
    young = [:]
    old = [:]
  }
}
