import Crypto
import NIOCore
import WeirCore
import WeirStore
import WeirUpstream
import WeirWire

/// What shards share: the threads that do what shards may not wait for.
struct ShardServices: Sendable {
  let journal: Journal
  let reader: StoreReader
  let upstream: UpstreamDriver
  let memory: MemoryLedger
}

/// The world of one shard, on its event loop. Wishes gather while the loop works through one round of events and are
/// handed over together at its end (rule 2): a thousand devices that send in one round cost one wake-up of the journal.
final class LoopEffects: ShardEffects {
  private let services: ShardServices
  private let shard: Int
  private var generator = BufferedSystemRandom()
  private var entries: [(entry: JournalEntry, token: UInt64)] = []
  private var questions: [(question: StoreRead, token: UInt64)] = []
  private var requests: [UpstreamRequest] = []
  private var cancelled: [CallID] = []
  /// The earliest time the core wants to be ticked at.
  private(set) var wakeTime: MonotonicTime?
  /// Asks the shard to call `handOver` and to look at `wakeTime` at the end of this round.
  var onWish: () -> Void = {}

  init(shard: Int, services: ShardServices) {
    self.shard = shard
    self.services = services
  }

  var now: MonotonicTime { MonotonicTime(nanoseconds: NIODeadline.now().uptimeNanoseconds) }

  var wallClockMs: UInt64 { WallClock.nowMs() }

  func random() -> UInt64 { generator.next() }

  func append(_ entry: JournalEntry, token: UInt64) {
    entries.append((entry, token))
    onWish()
  }

  func read(_ question: StoreRead, token: UInt64) {
    questions.append((question, token))
    onWish()
  }

  func submit(_ request: UpstreamRequest) {
    requests.append(request)
    onWish()
  }

  func cancel(_ call: CallID) {
    cancelled.append(call)
    onWish()
  }

  func wake(at time: MonotonicTime) {
    if let wakeTime, wakeTime <= time { return }
    wakeTime = time
    onWish()
  }

  func digest(_ bytes: [UInt8]) -> [UInt8] { Array(SHA256.hash(data: bytes)) }

  func account(bytes: Int) -> MemoryPressure { services.memory.account(bytes) }

  /// The wish to be woken is being fulfilled.
  func takeWake() { wakeTime = nil }

  /// Gives what has gathered to the threads that do it.
  func handOver() {
    if !entries.isEmpty {
      services.journal.append(contentsOf: entries, shard: shard)
      entries.removeAll(keepingCapacity: true)
    }
    if !questions.isEmpty {
      for (question, token) in questions { services.reader.read(question, shard: shard, token: token) }
      questions.removeAll(keepingCapacity: true)
    }
    if !requests.isEmpty {
      services.upstream.submit(contentsOf: requests)
      requests.removeAll(keepingCapacity: true)
    }
    if !cancelled.isEmpty {
      for call in cancelled { services.upstream.cancel(call) }
      cancelled.removeAll(keepingCapacity: true)
    }
  }
}
