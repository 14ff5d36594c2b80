import WeirCore

@testable import WeirStore

/// A store in a directory of its own, and its journal.
struct StoreRig {
  let directory: TemporaryDirectory
  let store: Store
  let journal: TestJournal

  /// Nothing waits for the disk unless the options say so: most tests are about what is kept.
  init(_ options: StoreOptions = StoreOptions(durability: .os)) throws {
    directory = try TemporaryDirectory()
    store = try Store.open(directory: directory.path, options: options)
    journal = try TestJournal(store)
  }
}

/// A suite whose tests each have a store.
protocol HasStore {
  var rig: StoreRig { get }
}

extension HasStore {
  var directory: TemporaryDirectory { rig.directory }
  var store: Store { rig.store }
  var journal: TestJournal { rig.journal }

  func close() {
    journal.journal.shutdown()
    store.close()
  }
}
