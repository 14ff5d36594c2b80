package import WeirCore

/// The figures of one endpoint. The upstream thread writes them; any thread reads.
package final class EndpointMetrics: Sendable {
  package let name: String
  /// Attempts made.
  package let started = Counter()
  /// Attempts by how they ended.
  package let ended = LabeledCounter<UpstreamOutcome>()
  /// Pieces of text received: about as many as tokens.
  package let deltas = Counter()
  /// Text received, in bytes of UTF-8.
  package let textBytes = Counter()
  /// Tokens as the provider counted them.
  package let promptTokens = Counter()
  package let answerTokens = Counter()
  /// Attempts under way.
  package let inFlight = Gauge()
  /// Attempts it may have under way; it adapts.
  package let limit = Gauge()
  /// A `BreakerFigure`.
  package let breaker = Gauge()
  /// From an attempt's start to its first text.
  package let firstToken = Histogram(boundsNanoseconds: Histogram.modelBounds)

  init(name: String) {
    self.name = name
  }

  /// All of it as plain numbers.
  package var snapshot: EndpointFigures { EndpointFigures(self) }
}

/// A breaker's state as a number, for a graph.
package enum BreakerFigure: Int, Sendable {
  case closed = 0
  case halfOpen = 1
  case open = 2

  init(_ state: CircuitBreaker.State) {
    switch state {
    case .closed: self = .closed
    case .halfOpen: self = .halfOpen
    case .open: self = .open
    }
  }
}

/// The figures of one endpoint at a moment. They are read one by one, so sums may differ by what happened meanwhile.
package struct EndpointFigures: Sendable, Equatable {
  package let name: String
  package let started: UInt64
  package let ended: [UpstreamOutcome: UInt64]
  package let deltas: UInt64
  package let textBytes: UInt64
  package let promptTokens: UInt64
  package let answerTokens: UInt64
  package let inFlight: Int
  package let limit: Int
  /// How many first tokens came within each of `Histogram.modelBounds`, and in all.
  package let firstTokenWithin: [UInt64]

  fileprivate init(_ metrics: EndpointMetrics) {
    name = metrics.name
    started = metrics.started.total
    ended = Dictionary(uniqueKeysWithValues: UpstreamOutcome.allCases.map { ($0, metrics.ended[$0].total) })
    deltas = metrics.deltas.total
    textBytes = metrics.textBytes.total
    promptTokens = metrics.promptTokens.total
    answerTokens = metrics.answerTokens.total
    inFlight = metrics.inFlight.current
    limit = metrics.limit.current
    firstTokenWithin = metrics.firstToken.snapshot.cumulative
  }
}
