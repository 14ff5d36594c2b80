package import WeirCore

/// The figures of one endpoint. The upstream thread writes them; any thread reads.
package final class EndpointMetrics: Sendable {
  /// The model's name as users know it.
  package let model: String
  /// Calls that got a slot.
  package let started = Counter()
  /// Calls by how they ended, those included that never got a slot.
  package let ended = LabeledCounter<UpstreamOutcome>()
  /// Pieces of text received: about as many as tokens.
  package let deltas = Counter()
  /// Text received, in bytes of UTF-8.
  package let textBytes = Counter()
  /// Tokens as the provider counted them.
  package let promptTokens = Counter()
  package let answerTokens = Counter()
  /// Calls that hold a slot.
  package let inFlight = Gauge()
  /// Calls that wait for one.
  package let queued = Gauge()
  /// From getting a slot to the first text.
  package let firstToken = Histogram(boundsNanoseconds: Histogram.modelBounds)

  init(model: String) {
    self.model = model
  }

  /// All of it as plain numbers.
  package var snapshot: EndpointSnapshot { EndpointSnapshot(self) }
}

/// The figures of one endpoint at a moment. They are read one by one, so sums may differ by what happened meanwhile.
package struct EndpointSnapshot: Sendable, Equatable {
  package let model: String
  package let started: UInt64
  package let ended: [UpstreamOutcome: UInt64]
  package let deltas: UInt64
  package let textBytes: UInt64
  package let promptTokens: UInt64
  package let answerTokens: UInt64
  package let inFlight: Int
  package let queued: Int
  /// How many first tokens came within each of `Histogram.modelBounds`, and in all.
  package let firstTokenWithin: [UInt64]

  fileprivate init(_ metrics: EndpointMetrics) {
    model = metrics.model
    started = metrics.started.total
    ended = Dictionary(uniqueKeysWithValues: UpstreamOutcome.allCases.map { ($0, metrics.ended[$0].total) })
    deltas = metrics.deltas.total
    textBytes = metrics.textBytes.total
    promptTokens = metrics.promptTokens.total
    answerTokens = metrics.answerTokens.total
    inFlight = metrics.inFlight.current
    queued = metrics.queued.current
    firstTokenWithin = metrics.firstToken.snapshot.cumulative
  }
}
