/// A metric's name, meaning and values, as Prometheus reads them.
package struct MetricFamily: Sendable {
  enum Values: Sendable {
    case counter(Counter)
    case gauge(Gauge)
    case labeled(name: String, [(value: String, counter: Counter)])
    case histogram(Histogram)
    /// Rows that come to be while the process runs, each with its labels.
    case counters(@Sendable () -> [(labels: [(name: String, value: String)], total: UInt64)])
    case histograms(@Sendable () -> [(labels: [(name: String, value: String)], histogram: Histogram)])
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
    case .histogram(let histogram): render(histogram, labels: [], into: &text)
    case .counters(let rows):
      for row in rows() { text += "\(name)\(Self.braces(row.labels)) \(row.total)\n" }
    case .histograms(let rows):
      for row in rows() { render(row.histogram, labels: row.labels, into: &text) }
    }
  }

  private func render(_ histogram: Histogram, labels: [(name: String, value: String)], into text: inout String) {
    let snapshot = histogram.snapshot
    for (bound, count) in zip(histogram.bounds, snapshot.cumulative) {
      text += "\(name)_bucket\(Self.braces(labels + [("le", "\(seconds(bound))")])) \(count)\n"
    }
    let braces = Self.braces(labels)
    text += "\(name)_bucket\(Self.braces(labels + [("le", "+Inf")])) \(snapshot.count)\n"
    text += "\(name)_sum\(braces) \(seconds(snapshot.sumNanoseconds))\n\(name)_count\(braces) \(snapshot.count)\n"
  }

  /// Labels as the text format wants them: values come from the configuration and may hold anything.
  package static func braces(_ labels: [(name: String, value: String)]) -> String {
    if labels.isEmpty { return "" }
    var text = "{"
    for (index, label) in labels.enumerated() {
      if index > 0 { text += "," }
      text += "\(label.name)=\""
      for scalar in label.value.unicodeScalars {
        switch scalar {
        case "\\": text += "\\\\"
        case "\"": text += "\\\""
        case "\n": text += "\\n"
        default: text.unicodeScalars.append(scalar)
        }
      }
      text += "\""
    }
    return text + "}"
  }

  private var type: String {
    switch values {
    case .counter, .labeled, .counters: "counter"
    case .gauge: "gauge"
    case .histogram, .histograms: "histogram"
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

  mutating func add(_ name: String, _ help: String, _ values: MetricFamily.Values) {
    families.append(MetricFamily(name: name, help: help, values: values))
  }

  mutating func histogram(_ name: String, _ help: String, _ bounds: [UInt64]) -> Histogram {
    let histogram = Histogram(boundsNanoseconds: bounds)
    families.append(MetricFamily(name: name, help: help, values: .histogram(histogram)))
    return histogram
  }
}
