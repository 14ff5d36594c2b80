import WeirCore

@testable import WeirStore

/// A store in a directory of its own, and its journal. Nothing waits for the disk: these tests are about what is kept.
struct StoreRig {
  let directory: TemporaryDirectory
  let store: Store
  let journal: TestJournal

  init() throws {
    directory = try TemporaryDirectory()
    store = try Store.open(directory: directory.path, options: StoreOptions(durability: .os))
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
