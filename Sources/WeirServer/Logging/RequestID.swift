/// Names a request or a connection in logs, so that all its lines are found by one search.
package enum RequestID {
  /// Sixteen random hexadecimal digits.
  package static func next() -> String {
    var generator = SystemRandomNumberGenerator()
    let text = String(generator.next(), radix: 16)
    return String(repeating: "0", count: 16 - text.count) + text
  }
}
