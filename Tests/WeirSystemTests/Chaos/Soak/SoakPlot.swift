import Foundation

/// Memory and descriptors over time, as a picture. A gap is where another process took over.
struct SoakPlot {
  private static let width = 900.0
  private static let panel = 220.0
  private static let left = 70.0
  private static let right = 20.0
  private static let top = 30.0
  private static let gap = 60.0

  private let samples: [SoakSample]
  private let steadyFrom: Double

  init(_ samples: [SoakSample], steadyFrom: Double) {
    self.samples = samples
    self.steadyFrom = steadyFrom
  }

  var svg: String {
    let height = Self.top + 2 * Self.panel + Self.gap + 40
    let memory = panel("resident memory, MiB", "#0072B2", at: Self.top) { Double($0.bytes) / 1_048_576 }
    let descriptors = panel("open descriptors", "#D55E00", at: Self.top + Self.panel + Self.gap) {
      Double($0.descriptors)
    }
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(Int(Self.width)) \(Int(height))" role="img" \
      font-family="system-ui, sans-serif" font-size="12">
      <title>Memory and descriptors of the server during the soak</title>
      <rect width="100%" height="100%" fill="#ffffff"/>
      \(memory)
      \(descriptors)
      </svg>

      """
  }

  private func panel(_ title: String, _ colour: String, at y: Double, _ value: (SoakSample) -> Double) -> String {
    let most = max(1, samples.map(value).max() ?? 1) * 1.1
    let end = max(1, samples.last?.seconds ?? 1)
    let plotWidth = Self.width - Self.left - Self.right
    func place(_ seconds: Double) -> Double { Self.left + seconds / end * plotWidth }
    func level(_ value: Double) -> Double { y + Self.panel * (1 - value / most) }
    var parts = [##"<text x="\##(Self.left)" y="\##(y - 10)" font-weight="600" fill="#222">\##(title)</text>"##]
    let shade = place(min(steadyFrom, end))
    parts.append(
      ##"<rect x="\##(number(shade))" y="\##(y)" width="\##(number(Self.width - Self.right - shade))" height="\##(Self.panel)" fill="#f2f2f2"/>"##
    )
    for step in 0...4 {
      let mark = most / 4 * Double(step)
      let at = number(level(mark))
      parts.append(
        ##"<line x1="\##(Self.left)" x2="\##(Self.width - Self.right)" y1="\##(at)" y2="\##(at)" stroke="#ddd"/>"##)
      parts.append(
        ##"<text x="\##(Self.left - 8)" y="\##(at)" text-anchor="end" dy="4" fill="#555">\##(Int(mark))</text>"##)
      let minute = end / 4 * Double(step)
      parts.append(
        ##"<text x="\##(number(place(minute)))" y="\##(y + Self.panel + 18)" text-anchor="middle" fill="#555">\##(Int(minute / 60)) min</text>"##
      )
    }
    for life in lives {
      let points = life.map { "\(number(place($0.seconds))),\(number(level(value($0))))" }.joined(separator: " ")
      parts.append(##"<polyline points="\##(points)" fill="none" stroke="\##(colour)" stroke-width="1.6"/>"##)
    }
    return parts.joined(separator: "\n")
  }

  /// The samples of each process.
  private var lives: [[SoakSample]] {
    var lives: [[SoakSample]] = []
    for sample in samples {
      if lives.last?.last?.pid == sample.pid { lives[lives.count - 1].append(sample) } else { lives.append([sample]) }
    }
    return lives
  }

  private func number(_ value: Double) -> String { String(format: "%.1f", value) }
}
