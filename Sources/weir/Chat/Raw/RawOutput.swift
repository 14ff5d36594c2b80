import Foundation
import WeirClient

/// How raw mode shows what comes and goes.
struct RawOutput {
  enum Binary: Equatable {
    /// A dump for people at a terminal and in a pipe alike.
    case dump
    case hex
    case base64
  }

  enum Direction: String {
    case `in`
    case out
  }

  /// One thing to show.
  enum Event: Equatable {
    case open(subprotocol: String?)
    case text(String)
    case binary([UInt8])
    /// A frame of our schema, as canonical JSON.
    case frame(String)
    /// Sent only: a received ping is answered by the layer below.
    case ping([UInt8])
    case pong([UInt8], roundTrip: Duration?)
    case close(code: UInt16, reason: String)
    /// What went wrong, in a sentence.
    case trouble(String)
  }

  /// Text that goes to stdout, and text that goes to stderr; lines without their end.
  struct Lines: Equatable {
    var out: [String] = []
    var notes: [String] = []
  }

  var json = false
  var timestamps = false
  var binary: Binary = .dump
  /// Marks what came with `<`, so that it can be told from what was typed.
  var marks = false

  /// `time` is milliseconds since 1970.
  func lines(_ event: Event, _ direction: Direction, time: UInt64) -> Lines {
    if json { return Lines(out: [jsonLine(event, direction, time: time).text]) }
    let stamp = timestamps ? "[\(Self.timestamp(time))] " : ""
    // What this side sends was typed just now: only JSON repeats it.
    guard direction == .in else { return Lines() }
    let prefix = stamp + (marks ? "< " : "")
    switch event {
    case .text(let text): return Lines(out: [prefix + text])
    case .frame(let text): return Lines(out: [prefix + text])
    case .binary(let bytes):
      switch binary {
      case .hex: return Lines(out: [prefix + Hex.encode(bytes)])
      case .base64: return Lines(out: [prefix + Data(bytes).base64EncodedString()])
      case .dump:
        let dump = HexDump.lines(bytes)
        return Lines(out: [prefix + "(\(bytes.count) bytes)"] + dump)
      }
    case .open(let subprotocol):
      return Lines(notes: [stamp + "connected" + (subprotocol.map { ", subprotocol \($0)" } ?? "")])
    case .ping(let payload): return Lines(notes: [stamp + "ping\(Self.payload(payload))"])
    case .trouble(let sentence): return Lines(notes: [stamp + sentence])
    case .pong(let payload, let roundTrip):
      let took = roundTrip.map { " round trip \(JSONLine.decimal($0.inMilliseconds, digits: 3)) ms" } ?? ""
      return Lines(notes: [stamp + "pong\(roundTrip == nil ? Self.payload(payload) : "")\(took)"])
    case .close(let code, let reason):
      return Lines(notes: [stamp + "closed with \(code)" + (reason.isEmpty ? "" : ": \(reason)")])
    }
  }

  private func jsonLine(_ event: Event, _ direction: Direction, time: UInt64) -> JSONLine {
    var line = JSONLine()
    line.add("time", Self.timestamp(time))
    line.add("dir", direction.rawValue)
    switch event {
    case .open(let subprotocol):
      line.add("type", "open")
      line.add("data", subprotocol ?? "")
    case .trouble(let sentence):
      line.add("type", "error")
      line.add("data", sentence)
    case .text(let text):
      line.add("type", "text")
      line.add("data", text)
    case .frame(let text):
      line.add("type", "frame")
      line.add("data", raw: text)
    case .binary(let bytes):
      line.add("type", "binary")
      line.add("data", binary == .hex ? Hex.encode(bytes) : Data(bytes).base64EncodedString())
    case .ping(let payload):
      line.add("type", "ping")
      line.add("data", String(decoding: payload, as: UTF8.self))
    case .pong(let payload, let roundTrip):
      line.add("type", "pong")
      line.add("data", String(decoding: payload, as: UTF8.self))
      if let roundTrip { line.add("round_trip_ms", roundTrip.inMilliseconds) }
    case .close(let code, let reason):
      line.add("type", "close")
      line.add("code", code)
      line.add("data", reason)
    }
    return line
  }

  private static func payload(_ bytes: [UInt8]) -> String {
    if bytes.isEmpty { return "" }
    let isPlain = bytes.allSatisfy { (0x20..<0x7F).contains($0) }
    return " " + (isPlain ? String(decoding: bytes, as: UTF8.self) : Hex.encode(bytes))
  }

  /// RFC 3339 in UTC with milliseconds. By Howard Hinnant's `civil_from_days`, so that no locale has a say.
  static func timestamp(_ milliseconds: UInt64) -> String {
    func two(_ value: UInt64) -> String { value < 10 ? "0\(value)" : "\(value)" }
    let seconds = milliseconds / 1_000
    let shifted = seconds / 86_400 + 719_468
    let era = shifted / 146_097
    let day = shifted - era * 146_097
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365
    let dayOfYear = day - (365 * year + year / 4 - year / 100)
    let month = (5 * dayOfYear + 2) / 153
    let date = two(dayOfYear - (153 * month + 2) / 5 + 1)
    let civilMonth = month < 10 ? month + 3 : month - 9
    let civilYear = year + era * 400 + (civilMonth <= 2 ? 1 : 0)
    let clock = "\(two(seconds / 3_600 % 24)):\(two(seconds / 60 % 60)):\(two(seconds % 60))"
    let fraction = String(milliseconds % 1_000 + 1_000).dropFirst()
    return "\(civilYear)-\(two(civilMonth))-\(date)T\(clock).\(fraction)Z"
  }
}
