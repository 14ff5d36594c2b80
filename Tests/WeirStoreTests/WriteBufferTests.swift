import Testing
import WeirCore
import WeirWire

@testable import WeirStore

/// What is gathered in memory before it becomes a table file.
@Suite("The write buffer") struct WriteBufferTests: HasStore {
  let rig: StoreRig

  init() throws {
    var options = StoreOptions(durability: .os)
    // The smallest that the configuration lets through.
    options.writeBufferBytes = 1 << 20
    rig = try StoreRig(options)
  }

  @Test("small as it may be, many small writes share a table file")
  func gathers() async throws {
    for sequence in 1...200 as ClosedRange<UInt64> {
      // A whole answer writes to all column families.
      let text = StoreWrite.turnText("u", sequence, offset: 0, text: Array("hello".utf8), marks: [])
      let answer = Sample.message(1000 + sequence, "hello", role: .assistant, turn: sequence)
      let usage = StoreWrite.usage("u", UsageKey(day: 1, model: "demo", promptVersion: ""), UsageFigures())
      for entry in [
        Sample.sending("u", "c", sequence), JournalEntry(writes: [text]),
        JournalEntry(writes: [.message("u", "c", answer), .endTurn("u", sequence), usage]),
      ] {
        #expect(await journal.commit(entry) == .committed)
      }
    }
    // Table files and logs are numbered together.
    let numbers = Files.names(in: directory.path).compactMap { name in
      name.split(separator: ".").first.flatMap { Int($0) }
    }
    #expect((numbers.max() ?? 0) < 20, "200 answers made \(numbers.max() ?? 0) files")
    close()
  }
}
