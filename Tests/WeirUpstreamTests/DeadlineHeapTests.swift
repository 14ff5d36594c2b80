import Testing
import WeirCore

@testable import WeirUpstream

@Suite("Deadline heap")
struct DeadlineHeapTests {
  @Test("entries come in the order of their times, none too early")
  func order() {
    for seed in UInt64(1)...50 {
      var random = SeededRandom(seed: seed)
      var heap = DeadlineHeap()
      let times = (0..<200).map { _ in UInt64.random(in: 0..<100, using: &random) }
      for (id, time) in times.enumerated() { heap.push(MonotonicTime(nanoseconds: time), AttemptID(id)) }
      var popped: [UInt64] = []
      for now in stride(from: UInt64(0), through: 100, by: 5) {
        while let entry = heap.pop(now: MonotonicTime(nanoseconds: now)) {
          #expect(entry.time.nanoseconds <= now && times[Int(entry.attempt)] == entry.time.nanoseconds, "seed \(seed)")
          popped.append(entry.time.nanoseconds)
        }
      }
      #expect(popped == times.sorted(), "seed \(seed)")
      #expect(heap.first == nil)
    }
  }
}
