import Foundation
import WeirServer

/// The server's state as text for a terminal: lanes, endpoints, shards and the slowest turns, in tables.
struct StateView {
  /// Columns of the terminal; longer lines are cut.
  var width = 100
  /// With ANSI colours.
  var isColored = false

  func text(_ state: AdminState, at place: String) -> String {
    var lines = [
      title(
        "weir \(state.version)  \(place)  up \(Self.span(state.uptimeMs))"
          + "  retries left \(Int((state.retryBudgetLeft * 100).rounded())) %" + (state.isDraining ? "  STOPPING" : ""))
    ]
    lines += table(
      ["LANE", "WAITING", "RUNNING", "OLDEST"],
      state.lanes.map {
        [$0.name, "\($0.waiting)", "\($0.running)", $0.waiting > 0 ? Self.span($0.oldestWaitMs) : "-"]
      })
    lines += table(
      ["POOL", "ENDPOINT", "STATE", "RUNNING", "LIMIT", "FIRST TOKEN", "HELD", "REQUESTS LEFT", "TOKENS LEFT"],
      state.endpoints.map { endpoint in
        [
          endpoint.pool, endpoint.name, endpoint.state, "\(endpoint.inFlight)", "\(endpoint.limit)",
          endpoint.latencyMs.map(Self.span) ?? "-", endpoint.heldForMs > 0 ? Self.span(endpoint.heldForMs) : "-",
          endpoint.remainingRequests.map { "\($0)" } ?? "-", endpoint.remainingTokens.map { "\($0)" } ?? "-",
        ]
      }, marks: state.endpoints.map { $0.state == "closed" ? nil : $0.state == "open" ? 31 : 33 })
    lines += table(
      ["SHARD", "SESSIONS", "DEVICES", "TURNS"],
      state.shards.map { ["\($0.index)", "\($0.sessions)", "\($0.devices)", "\($0.turns)"] })
    lines += table(
      ["SLOWEST TURN", "USER", "MODEL", "LANE", "STATE", "AGE", "BYTES"],
      state.slowestTurns.map {
        ["\($0.turnID)", $0.user, $0.model, $0.lane, $0.state, Self.span($0.ageMs), "\($0.answerBytes)"]
      })
    return lines.joined(separator: "\n") + "\n"
  }

  private func title(_ text: String) -> String { painted(cut(text), 1) }

  /// A table under an empty line, or nothing if it has no rows. `marks` are colours of rows.
  private func table(_ head: [String], _ rows: [[String]], marks: [Int?] = []) -> [String] {
    if rows.isEmpty { return [] }
    // Names come from users and operators: they may hold anything, and must not break the table.
    let rows = rows.map { $0.map { TerminalText.harmless($0).replacing("\n", with: " ").replacing("\t", with: " ") } }
    let widths = head.indices.map { column in
      min(40, max(head[column].count, rows.map { $0[column].count }.max() ?? 0))
    }
    func line(_ cells: [String]) -> String {
      var line = ""
      for (cell, width) in zip(cells, widths) {
        let shown = cell.count > width ? cell.prefix(width - 1) + "…" : cell[...]
        line += shown + String(repeating: " ", count: width - shown.count + 2)
      }
      while line.last == " " { line.removeLast() }
      return cut(line)
    }
    let body = rows.enumerated().map { index, row in
      painted(line(row), index < marks.count ? marks[index] : nil)
    }
    return ["", painted(line(head), 2)] + body
  }

  private func cut(_ line: String) -> String { line.count > width ? line.prefix(width - 1) + "…" : line }

  /// Select Graphic Rendition (ECMA-48 §8.3.117).
  private func painted(_ text: String, _ code: Int?) -> String {
    guard isColored, let code else { return text }
    return "\u{1B}[\(code)m\(text)\u{1B}[0m"
  }

  /// A span of time in its two largest units.
  static func span(_ milliseconds: Int) -> String {
    if milliseconds < 1000 { return "\(milliseconds)ms" }
    let seconds = milliseconds / 1000
    if seconds < 10 { return String(format: "%.1fs", Double(milliseconds) / 1000) }
    if seconds < 60 { return "\(seconds)s" }
    if seconds < 3600 { return "\(seconds / 60)m\(seconds % 60)s" }
    if seconds < 86_400 { return "\(seconds / 3600)h\(seconds / 60 % 60)m" }
    return "\(seconds / 86_400)d\(seconds / 3600 % 24)h"
  }
}
