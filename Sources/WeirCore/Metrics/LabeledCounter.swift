/// The values a label can have: all are known beforehand, so that no peer can grow the metrics.
package protocol MetricLabel: RawRepresentable<String>, CaseIterable, Sendable, Hashable {
  /// The label's name, as in `name="value"`.
  static var labelName: String { get }
  /// The value's place among all; constant time.
  var index: Int { get }
}

/// A counter for each value of a label.
package final class LabeledCounter<Label: MetricLabel>: Sendable {
  private let counters: [Counter]

  package init() {
    counters = Label.allCases.map { _ in Counter() }
  }

  /// The counter of one value.
  package subscript(_ label: Label) -> Counter { counters[label.index] }
}
