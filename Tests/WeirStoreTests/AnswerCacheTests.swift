import Glibc
import NIOCore
import Synchronization
import Testing
import WeirCore
import WeirWire

@testable import WeirStore

@Suite("Answers kept for equal calls")
struct AnswerCacheTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func open(_ change: (inout StoreOptions) -> Void = { _ in }) throws -> (Store, TestJournal) {
    var options = StoreOptions(durability: .os)
    change(&options)
    let store = try Store.open(directory: directory.path, options: options)
    return (store, try TestJournal(store))
  }

  private func close(_ store: Store, _ journal: TestJournal) {
    journal.journal.shutdown()
    store.close()
  }

  private var full: CachedAnswer {
    CachedAnswer(
      text: Array("warum{\"x\":\"größe\"}".utf8),
      marks: [Sample.mark(0, .reasoning, signature: "p"), Sample.mark(5, .toolCall, id: "c", tool: "t")],
      reason: .toolCalls,
      usage: Usage(inputTokens: 1, outputTokens: 2, cachedInputTokens: 3, estimated: true, reasoningTokens: 4),
      model: "demo", expiresAtMs: .max)
  }

  /// Waits for RocksDB's threads to bring about what they are to; no longer than a slow machine could take.
  private func settles(_ cache: AnswerCache, _ isSo: () -> Bool) async -> Bool {
    let start = ContinuousClock.now
    while !isSo() || cache.property("rocksdb.num-running-compactions") > 0 {
      if start.duration(to: .now) > .seconds(60) { return false }
      await Task.yield()
    }
    return true
  }

  @Test("an answer comes back whole under its key and no other, also after a restart, and the last one holds")
  func roundTrip() async throws {
    var (store, journal) = try open()
    let key: [UInt8] = [0, 255, 7]
    #expect(store.answer(.cached(key: key)) == .cached(nil))
    #expect(await journal.commit(.cache(key: key, Sample.answer("first"))) == .committed)
    #expect(await journal.commit(.cache(key: key, full), .cache(key: [0, 255], Sample.answer(""))) == .committed)
    for _ in 0..<2 {
      #expect(store.answer(.cached(key: key)) == .cached(full))
      #expect(store.answer(.cached(key: [0, 255])) == .cached(Sample.answer("")))
      for other in [[0], [0, 255, 7, 0], [7]] as [[UInt8]] {
        #expect(store.answer(.cached(key: other)) == .cached(nil))
      }
      close(store, journal)
      (store, journal) = try open()
    }
    close(store, journal)
  }

  @Test("an answer is used up to the millisecond before it expires")
  func expiry() async throws {
    let clock = Clock()
    let (store, journal) = try open { $0.nowMs = { clock.now.load(ordering: .relaxed) } }
    _ = await journal.commit(.cache(key: [1], Sample.answer(expiresAtMs: 5000)))
    for (time, isThere) in [(0, true), (4999, true), (5000, false), (.max, false)] as [(UInt64, Bool)] {
      clock.now.store(time, ordering: .relaxed)
      #expect(store.answer(.cached(key: [1])) == .cached(isThere ? Sample.answer(expiresAtMs: 5000) : nil))
    }
    close(store, journal)
  }

  private final class Clock: Sendable {
    let now = Atomic<UInt64>(0)
  }

  @Test("a record that is no answer is as good as none", arguments: 1...4 as ClosedRange<UInt64>)
  func damagedRecords(seed: UInt64) async throws {
    let (store, journal) = try open()
    let cache = try #require(try store.handles().cache)
    var random = SeededRandom(seed: seed)
    let whole = encoded(full)
    for _ in 0..<500 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        switch Int.random(in: 0..<3, using: &random) {
        case 0: bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes.removeLast(Int.random(in: 1..<bytes.count, using: &random))
        default:
          bytes.insert(UInt8.random(in: 0...255, using: &random), at: Int.random(in: 0..<bytes.count, using: &random))
        }
        if bytes.count < 2 { bytes = whole }
      }
      try bytes.withUnsafeBytes { (raw) throws in try cache.put([1], raw) }
      guard case .cached(let answer) = store.answer(.cached(key: [1])) else {
        Issue.record("no answer to the question, seed \(seed), \(bytes)")
        continue
      }
      // What passes for an answer can be used as one.
      if let answer { #expect(answer.isSound, "seed \(seed), \(bytes)") }
    }
    close(store, journal)
  }

  private func encoded(_ answer: CachedAnswer) -> [UInt8] {
    var buffer = ByteBuffer()
    answer.encode(into: &buffer)
    return Array(buffer.readableBytesView)
  }

  @Test("an answer whose parts do not fit its text is as good as none")
  func unsound() async throws {
    let (store, journal) = try open()
    let text = "größe"
    let good: [[PlacedMark]] = [[], [Sample.mark(0, .text)], [Sample.mark(2, .reasoning), Sample.mark(7, .text)]]
    let bad: [[PlacedMark]] = [
      [Sample.mark(8, .text)], [Sample.mark(.max, .text)], [Sample.mark(3, .text)],
      [Sample.mark(1, .text), Sample.mark(1, .reasoning)], [Sample.mark(2, .text), Sample.mark(1, .reasoning)],
    ]
    for marks in good + bad {
      _ = await journal.commit(.cache(key: [1], Sample.answer(text, marks: marks)))
      let expected = good.contains(marks) ? Sample.answer(text, marks: marks) : nil
      #expect(store.answer(.cached(key: [1])) == .cached(expected), "\(marks)")
    }
    var notText = Sample.answer()
    notText.text = [0x61, 0xFF]
    _ = await journal.commit(.cache(key: [1], notText))
    #expect(store.answer(.cached(key: [1])) == .cached(nil))
    close(store, journal)
  }

  @Test("keeping an answer alone commits nothing, and one of an entry that is not stored is not kept")
  func besideTheBatch() async throws {
    let (store, journal) = try open()
    #expect(await journal.commit(.cache(key: [1], Sample.answer())) == .committed)
    #expect(journal.journal.metrics.batches == 0)
    #expect(journal.journal.metrics.committed == 1)
    let tooLong = String(repeating: "c", count: 65)
    guard
      case .failed = await journal.commit(.cache(key: [2], Sample.answer()), .message("u", tooLong, Sample.message(1)))
    else {
      Issue.record("stored")
      return
    }
    #expect(store.answer(.cached(key: [2])) == .cached(nil))
    for key in [[], [UInt8](repeating: 1, count: 1025)] as [[UInt8]] {
      guard case .failed = await journal.commit(.cache(key: key, Sample.answer())),
        case .failed(let sentence) = store.answer(.cached(key: key))
      else {
        Issue.record("a key of \(key.count) bytes")
        continue
      }
      #expect(sentence.contains("1 to 1024 bytes, not \(key.count)"))
    }
    close(store, journal)
  }

  @Test("past its size the oldest answers go, the youngest stay, and few files are open")
  func size() async throws {
    let limit = 1 << 20
    let (store, journal) = try open { $0.cacheLimitBytes = limit }
    let cache = try #require(try store.handles().cache)
    var random = SeededRandom(seed: 3)
    let count = 400
    for number in 0..<count {
      // Text that does not compress, so that sizes are what they seem.
      let text = (0..<8192).map { _ in UInt8.random(in: 0x20...0x7E, using: &random) }
      let answer = CachedAnswer(
        text: text, marks: [], reason: .complete, usage: nil, model: "\(number)", expiresAtMs: .max)
      _ = await journal.commit(.cache(key: Array("\(number)".utf8), answer))
      // Else the writing may be quicker than the disk, and answers are dropped.
      if number % 16 == 15 { try cache.flush() }
    }
    #expect(journal.journal.metrics.droppedAnswers == 0)
    #expect(await settles(cache) { cache.property("rocksdb.live-sst-files-size") <= UInt64(limit) })
    func isKept(_ number: Int) -> Bool {
      guard case .cached(let answer?) = store.answer(.cached(key: Array("\(number)".utf8))) else { return false }
      return answer.model == "\(number)"
    }
    #expect(try store.statistics().answerCacheBytes > 0)
    let kept = (0..<count).filter(isKept)
    #expect(kept == Array((count - kept.count)..<count), "not the youngest")
    // A file goes as a whole, and is at most an eighth of the room.
    #expect(kept.count > limit / 8192 / 2, "\(kept.count)")
    #expect(kept.count < count / 2)
    close(store, journal)
  }

  @Test("many starts with a few answers each do not leave a file each")
  func smallFiles() async throws {
    for number in 0..<20 {
      let (store, journal) = try open()
      _ = await journal.commit(.cache(key: [UInt8(number)], Sample.answer("\(number)")))
      close(store, journal)
    }
    let (store, journal) = try open()
    let cache = try #require(try store.handles().cache)
    #expect(await settles(cache) { cache.property("rocksdb.num-files-at-level0") < 15 })
    for number in 0..<20 {
      #expect(store.answer(.cached(key: [UInt8(number)])) == .cached(Sample.answer("\(number)")))
    }
    close(store, journal)
  }

  @Test("size 0 keeps nothing and gives the room back")
  func off() async throws {
    var (store, journal) = try open()
    _ = await journal.commit(.cache(key: [1], Sample.answer()))
    close(store, journal)
    #expect(Files.names(in: directory.path("answer-cache")).isEmpty == false)
    (store, journal) = try open { $0.cacheLimitBytes = 0 }
    #expect(Files.names(in: directory.path("answer-cache")).isEmpty)
    #expect(await journal.commit(.cache(key: [1], Sample.answer()), Sample.using("u")) == .committed)
    #expect(store.answer(.cached(key: [1])) == .cached(nil))
    #expect(try store.ledger().count == 1)
    close(store, journal)
  }

  @Test("damaged files cost the answers, not the start", arguments: ["CURRENT", "MANIFEST-", ".sst"])
  func damagedFiles(which: String) async throws {
    var (store, journal) = try open()
    _ = await journal.commit(.cache(key: [1], Sample.answer()), Sample.using("u"))
    close(store, journal)
    let place = directory.path("answer-cache")
    for name in Files.names(in: place) where name.hasPrefix(which) || name.hasSuffix(which) {
      let bytes = Files.read("\(place)/\(name)")
      try Files.write(bytes.map { $0 ^ 0x55 }, to: "\(place)/\(name)")
    }
    (store, journal) = try open()
    #expect(store.answer(.cached(key: [1])) == .cached(nil))
    #expect(try store.ledger().count == 1)
    #expect(await journal.commit(.cache(key: [2], Sample.answer())) == .committed)
    close(store, journal)
  }

  @Test("a cache that cannot be made is done without")
  func unusable() async throws {
    try Files.write([1], to: directory.path("answer-cache"))
    let (store, journal) = try open()
    #expect(try store.handles().cache == nil)
    #expect(await journal.commit(.cache(key: [1], Sample.answer()), Sample.using("u")) == .committed)
    #expect(store.answer(.cached(key: [1])) == .cached(nil))
    close(store, journal)
  }

  @Test("a copy of the data is made without the answers")
  func checkpoint() async throws {
    let (store, journal) = try open()
    _ = await journal.commit(.cache(key: [1], Sample.answer()), Sample.using("u"))
    try store.checkpoint(to: directory.path("copy"))
    #expect(!Files.names(in: directory.path("copy")).contains("answer-cache"))
    let copy = try Store.open(directory: directory.path("copy"))
    #expect(try copy.ledger().count == 1)
    #expect(copy.answer(.cached(key: [1])) == .cached(nil))
    copy.close()
    close(store, journal)
  }
}
