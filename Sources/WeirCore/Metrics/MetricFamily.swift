/// A metric's name, meaning and values, as Prometheus reads them.
struct MetricFamily: Sendable {
  enum Values: Sendable {
    case counter(Counter)
    case gauge(Gauge)
    case labeled(name: String, [(value: String, counter: Counter)])
    case histogram(Histogram)
  }

  let name: String
  let help: String
  let values: Values

  /// Adds the family's lines.
  func render(into text: inout String) {
    text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    switch values {
    case .counter(let counter):
      text += "\(name) \(counter.total)\n"
    case .gauge(let gauge):
      text += "\(name) \(gauge.current)\n"
    case .labeled(let label, let counters):
      for (value, counter) in counters {
        text += "\(name){\(label)=\"\(value)\"} \(counter.total)\n"
      }
    case .histogram(let histogram):
      let snapshot = histogram.snapshot
      for (bound, count) in zip(histogram.bounds, snapshot.cumulative) {
        text += "\(name)_bucket{le=\"\(seconds(bound))\"} \(count)\n"
      }
      text += "\(name)_bucket{le=\"+Inf\"} \(snapshot.count)\n"
      text += "\(name)_sum \(seconds(snapshot.sumNanoseconds))\n\(name)_count \(snapshot.count)\n"
    }
  }

  private var type: String {
    switch values {
    case .counter, .labeled: "counter"
    case .gauge: "gauge"
    case .histogram: "histogram"
    }
  }

  private func seconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds) / 1_000_000_000 }
}

/// Makes metrics and remembers them in order.
struct MetricList {
  private(set) var families: [MetricFamily] = []

  mutating func counter(_ name: String, _ help: String) -> Counter {
    let counter = Counter()
    families.append(MetricFamily(name: name, help: help, values: .counter(counter)))
    return counter
  }

  mutating func gauge(_ name: String, _ help: String) -> Gauge {
    let gauge = Gauge()
    families.append(MetricFamily(name: name, help: help, values: .gauge(gauge)))
    return gauge
  }

  mutating func labeled<Label: MetricLabel>(_ name: String, _ help: String) -> LabeledCounter<Label> {
    let counter = LabeledCounter<Label>()
    let values = Label.allCases.map { (value: $0.rawValue, counter: counter[$0]) }
    families.append(MetricFamily(name: name, help: help, values: .labeled(name: Label.labelName, values)))
    return counter
  }

  mutating func histogram(_ name: String, _ help: String, _ bounds: [UInt64]) -> Histogram {
    let histogram = Histogram(boundsNanoseconds: bounds)
    families.append(MetricFamily(name: name, help: help, values: .histogram(histogram)))
    return histogram
  }
}
