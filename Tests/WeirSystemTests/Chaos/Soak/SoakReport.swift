import Foundation

/// What a soak has shown: a table, the samples, a picture, and whether anything grew.
struct SoakReport {
  /// A straight line through samples (least squares), and how far they are from it.
  struct Line {
    let start: Double
    /// A second.
    let slope: Double
    /// Standard deviation of what is left.
    let noise: Double
    let seconds: Double

    init?(_ points: [(x: Double, y: Double)]) {
      guard points.count >= 3, let first = points.first, let last = points.last, last.x > first.x else { return nil }
      let count = Double(points.count)
      let meanX = points.reduce(0) { $0 + $1.x } / count
      let meanY = points.reduce(0) { $0 + $1.y } / count
      let spread = points.reduce(0) { $0 + ($1.x - meanX) * ($1.x - meanX) }
      let slope = points.reduce(0) { $0 + ($1.x - meanX) * ($1.y - meanY) } / spread
      self.slope = slope
      start = meanY + slope * (first.x - meanX)
      let rest = points.reduce(0) { sum, point in
        let off = point.y - (meanY + slope * (point.x - meanX))
        return sum + off * off
      }
      noise = (rest / count).squareRoot()
      seconds = last.x - first.x
    }

    /// What the line gains from its beginning to its end.
    var gain: Double { slope * seconds }
  }

  private let plan: SoakPlan
  private let samples: [SoakSample]
  private let tally: SoakTally
  private let memory: Line?
  private let descriptors: Line?

  init(_ plan: SoakPlan, _ samples: [SoakSample], _ tally: SoakTally) {
    self.plan = plan
    self.samples = samples
    self.tally = tally
    // Of the process that lived to the end.
    let steady = samples.filter { $0.seconds >= plan.steadyFrom / .seconds(1) && $0.pid == samples.last?.pid }
    memory = Line(steady.map { ($0.seconds, Double($0.bytes) / 1_048_576) })
    descriptors = Line(steady.map { ($0.seconds, Double($0.descriptors)) })
  }

  /// What grew beyond the noise, in words. A short run's line is as steep as its noise makes it, so that noise decides,
  /// and what a healthy process may differ by.
  var growths: [String] {
    guard let memory, let descriptors else { return ["there are too few samples to see growth: run it for longer"] }
    var growths: [String] = []
    if memory.gain > max(12, 3 * memory.noise) {
      growths.append("memory grew by \(decimal(memory.gain)) MiB in \(Int(memory.seconds)) s")
    }
    if descriptors.gain > max(8, 3 * descriptors.noise) {
      growths.append("descriptors grew by \(decimal(descriptors.gain)) in \(Int(descriptors.seconds)) s")
    }
    return growths
  }

  var table: String {
    var rows: [(String, String)] = [
      ("length", "\(decimal(plan.minutes)) min"), ("users, slow devices", "\(plan.users), \(plan.slowDevices)"),
      ("turns", "\(tally.turns)"), ("of them broken off, with a reason", "\(tally.brokenOff)"),
      ("connections made", "\(tally.reconnects)"), ("messages sent again", "\(tally.sentAgain)"),
      ("conversations compared", "\(tally.compared)"),
    ]
    rows += SoakTrouble.allCases.map { ($0.rawValue, "\(tally.troubles[$0] ?? 0)") }
    if let memory, let descriptors {
      rows += [
        ("memory at the end", "\((samples.last?.bytes ?? 0) >> 20) MiB"),
        ("memory, slope", "\(decimal(memory.slope * 3600)) MiB/h (noise \(decimal(memory.noise)) MiB)"),
        ("descriptors, slope", "\(decimal(descriptors.slope * 3600)) /h (noise \(decimal(descriptors.noise)))"),
        ("slopes over the last", "\(Int(memory.seconds)) s"),
      ]
    }
    rows.append(("promises broken", "\(tally.broken.count)"))
    let width = rows.map(\.0.count).max() ?? 0
    return
      (["soak (seed \(plan.seed))"]
      + rows.map { "  \($0.0.padding(toLength: width, withPad: " ", startingAt: 0))  \($0.1)" })
      .joined(separator: "\n")
  }

  /// Writes table, samples and picture.
  func write() throws {
    try FileManager.default.createDirectory(atPath: plan.output, withIntermediateDirectories: true)
    let rows = samples.map { "\(decimal($0.seconds)),\($0.bytes),\($0.descriptors),\($0.turns),\($0.pid)" }
    let files = [
      ("soak.txt", table + "\n" + tally.broken.map { "broken: \($0)\n" }.joined()),
      ("soak.csv", (["seconds,bytes,descriptors,turns,pid"] + rows).joined(separator: "\n") + "\n"),
      ("soak.svg", SoakPlot(samples, steadyFrom: plan.steadyFrom / .seconds(1)).svg),
    ]
    for (name, text) in files {
      try Data(text.utf8).write(to: URL(fileURLWithPath: plan.output).appending(path: name))
    }
  }

  private func decimal(_ value: Double) -> String { String(format: "%.1f", value) }
}
