/// The figures of one measurement, as an aligned table or as one line of JSON.
struct Report {
  /// Where a distribution is read for a plot of it.
  private static let shares = [
    0.01, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999, 1,
  ]
  private let name: String
  private var rows: [(label: String, value: String, unit: String)] = []
  private var json = JSONLine()

  init(_ name: String) {
    self.name = name
    json.add("bench", name)
  }

  mutating func add(_ key: String, _ label: String, _ value: Double, _ unit: String = "", digits: Int = 0) {
    rows.append((label, JSONLine.decimal(value, digits: digits), unit))
    json.add(key, value, digits: max(3, digits))
  }

  mutating func add(_ key: String, _ label: String, _ value: some BinaryInteger, _ unit: String = "") {
    rows.append((label, String(value), unit))
    json.add(key, value)
  }

  mutating func add(_ key: String, _ label: String, text: String) {
    rows.append((label, text, ""))
    json.add(key, text)
  }

  /// Adds finished JSON that the table has no room for.
  mutating func add(_ key: String, json value: String) { json.add(key, raw: value) }

  /// p50, p99 and the longest, in milliseconds, and in JSON the whole distribution; nothing if there are none.
  mutating func add(_ key: String, _ label: String, _ histogram: LatencyHistogram) {
    guard let middle = histogram.percentile(0.5), let high = histogram.percentile(0.99) else { return }
    for (suffix, word, value) in [("p50", "p50", middle), ("p99", "p99", high), ("max", "longest", histogram.maximum)] {
      add("\(key)_\(suffix)_ms", "\(label) \(word)", Double(value) / 1e6, "ms", digits: 3)
    }
    let points = Self.shares.compactMap { share in
      histogram.percentile(share).map { "[\(share),\(JSONLine.decimal(Double($0) / 1e6, digits: 4))]" }
    }
    json.add("\(key)_curve", raw: "[\(points.joined(separator: ","))]")
  }

  func show(json isJSON: Bool) {
    if isJSON {
      print(json.text)
      return
    }
    let labels = rows.reduce(0) { max($0, $1.label.count) }
    let values = rows.reduce(0) { max($0, $1.value.count) }
    print(name)
    for row in rows {
      let gap = String(repeating: " ", count: values - row.value.count)
      print("  \(row.label.padded(to: labels))  \(gap)\(row.value)\(row.unit.isEmpty ? "" : " " + row.unit)")
    }
  }
}
