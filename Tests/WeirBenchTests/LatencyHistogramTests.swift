import Testing

@testable import weir

@Suite("Latency histogram")
struct LatencyHistogramTests {
  @Test("a percentile is less than one percent above the true one", arguments: [1, 7, 1000, 123_456_789] as [UInt64])
  func accuracy(step: UInt64) throws {
    var histogram = LatencyHistogram()
    for number in 1...1000 { histogram.record(UInt64(number) * step) }
    for share in [0.01, 0.5, 0.9, 0.99, 1] {
      let exact = UInt64((share * 1000).rounded(.up)) * step
      let found = try #require(histogram.percentile(share))
      #expect(found >= exact)
      #expect(Double(found) <= Double(exact) * 1.01)
    }
    #expect(histogram.maximum == 1000 * step)
  }

  @Test("the shortest and the longest possible times are taken")
  func extremes() {
    var histogram = LatencyHistogram()
    #expect(histogram.percentile(0.5) == nil)
    histogram.record(0)
    histogram.record(.max)
    #expect(histogram.percentile(0.5) == 0)
    #expect(histogram.percentile(1) == .max)
  }

  @Test("two histograms joined are one of all")
  func joining() {
    var (left, right, all) = (LatencyHistogram(), LatencyHistogram(), LatencyHistogram())
    for number in 1...500 as ClosedRange<UInt64> {
      left.record(number)
      right.record(number * 1000)
      all.record(number)
      all.record(number * 1000)
    }
    left.add(right)
    #expect(left.count == all.count)
    for share in [0.1, 0.5, 0.51, 0.99] { #expect(left.percentile(share) == all.percentile(share)) }
  }
}
