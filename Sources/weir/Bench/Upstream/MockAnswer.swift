/// How long and how fast the mock provider answers.
struct MockAnswer {
  var tokens: Int
  /// A second; 0: as fast as they are taken.
  var rate: Double
  /// Nanoseconds before the first token.
  var delay: UInt64

  /// Nanoseconds from one token to the next.
  var interval: Double { rate > 0 ? 1e9 / rate : 0 }

  /// The same with the directives of the last question in a request's body applied.
  func directed(by body: ArraySlice<UInt8>) -> MockAnswer {
    let open = Array("[[".utf8)
    let close = Array("]]".utf8)
    var answer = self
    guard var end = lastIndex(of: close, in: body, before: body.endIndex) else { return answer }
    guard let start = lastIndex(of: open, in: body, before: end) else { return answer }
    end = max(end, start + open.count)
    for word in String(decoding: body[(start + open.count)..<end], as: UTF8.self).split(separator: " ") {
      let parts = word.split(separator: "=", maxSplits: 1)
      guard parts.count == 2 else { continue }
      switch parts[0] {
      case "tokens": answer.tokens = Int(parts[1]).map { min(max(0, $0), 1_000_000) } ?? answer.tokens
      case "rate": answer.rate = Double(parts[1]).map { min(max(0, $0), 1e6) } ?? answer.rate
      case "delay" where parts[1].hasSuffix("ms"):
        answer.delay = UInt64(parts[1].dropLast(2)).map { min($0, 3_600_000) * 1_000_000 } ?? answer.delay
      default: break
      }
    }
    return answer
  }

  private func lastIndex(of pattern: [UInt8], in body: ArraySlice<UInt8>, before end: Int) -> Int? {
    var index = end - pattern.count
    while index >= body.startIndex {
      if body[index..<index + pattern.count].elementsEqual(pattern) { return index }
      index -= 1
    }
    return nil
  }
}
