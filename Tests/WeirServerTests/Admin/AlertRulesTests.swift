import Foundation
import Testing
import WeirCore
import WeirUpstream

@testable import WeirServer

@Suite("The alert rules for Prometheus")
struct AlertRulesTests {
  private struct Rule {
    var name: String
    var expression = ""
    var lines: [String] = []
  }

  /// The rules of the file: each begins at `- alert:`, and its expression is one line or an indented block.
  private func rules() throws -> [Rule] {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Sources/WeirServer/Resources/prometheus-alerts.yml")
    var rules: [Rule] = []
    var isExpression = false
    for line in try String(contentsOf: path, encoding: .utf8).split(separator: "\n") {
      let text = line.trimmingCharacters(in: .whitespaces)
      if text.hasPrefix("#") { continue }
      if text.hasPrefix("- alert: ") {
        rules.append(Rule(name: String(text.dropFirst(9))))
        continue
      }
      guard !rules.isEmpty else { continue }
      // Members of a rule stand eight columns in; what is deeper goes on with the member before.
      if line.prefix(while: { $0 == " " }).count == 8 { isExpression = text.hasPrefix("expr: ") }
      if isExpression {
        let piece = text.hasPrefix("expr: ") ? String(text.dropFirst(6)) : text
        if piece != ">-" { rules[rules.count - 1].expression += piece + " " }
      }
      rules[rules.count - 1].lines.append(text)
    }
    return rules
  }

  private let page: String

  init() throws {
    let upstream = try UpstreamDriver(configuration: UpstreamConfiguration(WeirConfiguration()), sinks: [{ _ in }])
    page = Metrics().prometheusText() + upstream.metrics.prometheusText() + ProcessMetrics.prometheusText()
    upstream.shutdown()
  }

  @Test("every metric in a rule is one that the server has, as the kind it is used as")
  func metrics() throws {
    var types: [String: String] = [:]
    for line in page.split(separator: "\n") where line.hasPrefix("# TYPE ") {
      let words = line.split(separator: " ")
      types[String(words[2])] = String(words[3])
    }
    let rules = try rules()
    #expect(rules.count >= 15)
    for rule in rules {
      let names = rule.expression.matches(of: #/\b(?:weir|process)_[a-z_]+/#).map { String($0.0) }
      #expect(!names.isEmpty, "\(rule.name)")
      for name in names {
        let isBucket = name.hasSuffix("_bucket")
        let type = types[isBucket ? String(name.dropLast(7)) : name]
        #expect(type != nil, "\(rule.name): there is no \(name)")
        #expect((type == "histogram") == isBucket, "\(rule.name): \(name)")
        // A counter says something only as a rate, and a gauge has none.
        let isRated = rule.expression.contains("rate(\(name)")
        #expect(isRated == (type != "gauge"), "\(rule.name): \(name)")
      }
    }
  }

  @Test("every label value in a rule is one that the server gives")
  func labels() throws {
    for rule in try rules() {
      for match in rule.expression.matches(of: #/(weir_[a-z_]+)\{([a-z_]+)=~?"([^"]+)"\}/#) {
        for value in match.3.split(separator: "|") {
          #expect(page.contains("\n\(match.1){\(match.2)=\"\(value)\"}"), "\(rule.name): \(match.0)")
        }
      }
    }
  }

  @Test("every rule says how urgent it is, what is wrong and what to do, and its brackets match")
  func shape() throws {
    let rules = try rules()
    #expect(Set(rules.map(\.name)).count == rules.count)
    for rule in rules {
      let text = rule.lines.joined(separator: "\n")
      #expect(text.contains("labels: {severity: page}") || text.contains("labels: {severity: ticket}"), "\(rule.name)")
      for member in ["for: ", "summary: ", "description: "] {
        #expect(rule.lines.contains { $0.hasPrefix(member) }, "\(rule.name) has no \(member)")
      }
      for (opening, closing) in [("(", ")"), ("[", "]"), ("{", "}")] as [(Character, Character)] {
        let (open, closed) = (rule.expression.count { $0 == opening }, rule.expression.count { $0 == closing })
        #expect(open == closed, "\(rule.name)")
      }
      // Plain YAML: what has a colon or begins with a brace is quoted.
      for line in rule.lines where line.hasPrefix("summary: ") || line.hasPrefix("description: ") {
        let value = line[line.index(after: line.firstIndex(of: ":") ?? line.startIndex)...].dropFirst()
        #expect(value.hasPrefix("\"") || (!value.contains(": ") && !value.hasPrefix("{")), "\(rule.name): \(line)")
      }
    }
  }
}
