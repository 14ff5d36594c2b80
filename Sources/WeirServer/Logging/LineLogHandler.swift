import FoundationEssentials
import Glibc
package import Logging

/// Writes each event as one line, with one `write`, so that lines of several threads never mix. Line breaks in what is
/// logged are escaped: nobody can forge a line by what they send.
package struct LineLogHandler: LogHandler {
  /// The process's level, unless this logger was given one of its own.
  package var logLevel: Logger.Level {
    get { ownLevel ?? sharedLevel.level }
    set { ownLevel = newValue }
  }
  package var metadata: Logger.Metadata = [:]
  package var metadataProvider: Logger.MetadataProvider?
  private var ownLevel: Logger.Level?
  private let sharedLevel: LogLevelBox
  private let label: String
  private let isJSON: Bool
  private let write: @Sendable ([UInt8]) -> Void
  private let clock: @Sendable () -> Int

  /// A handler that gives each line, with its line feed, to `write`.
  package init(
    label: String, level: LogLevelBox, isJSON: Bool,
    millisecondsSince1970 clock: @escaping @Sendable () -> Int = LineLogHandler.now,
    write: @escaping @Sendable ([UInt8]) -> Void = LineLogHandler.standardError
  ) {
    self.label = label
    self.isJSON = isJSON
    self.write = write
    self.clock = clock
    sharedLevel = level
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    var all = metadata
    if let provided = metadataProvider?.get() { all.merge(provided) { _, new in new } }
    if let given = event.metadata { all.merge(given) { _, new in new } }
    if let error = event.error { all["error"] = "\(error)" }
    var line: [UInt8] = []
    line.reserveCapacity(256)
    if isJSON {
      appendJSON(event, all, to: &line)
    } else {
      appendText(event, all, to: &line)
    }
    line.append(UInt8(ascii: "\n"))
    write(line)
  }

  private func appendText(_ event: LogEvent, _ metadata: Logger.Metadata, to line: inout [UInt8]) {
    line.append(contentsOf: "\(timestamp()) \(event.level.rawValue.uppercased()) ".utf8)
    LineLogHandler.append(oneLine: event.message.description, to: &line)
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      line.append(contentsOf: " \(key)=".utf8)
      let text = value.description
      if text.isEmpty || text.utf8.contains(where: { $0 <= 0x20 || $0 == UInt8(ascii: "\"") || $0 == 0x7F }) {
        JSONText.append(text, to: &line)
      } else {
        line.append(contentsOf: text.utf8)
      }
    }
  }

  private func appendJSON(_ event: LogEvent, _ metadata: Logger.Metadata, to line: inout [UInt8]) {
    func field(_ name: String, _ value: String) {
      line.append(UInt8(ascii: line.isEmpty ? "{" : ","))
      JSONText.append(name, to: &line)
      line.append(UInt8(ascii: ":"))
      JSONText.append(value, to: &line)
    }
    field("time", timestamp())
    field("level", event.level.rawValue)
    field("logger", label)
    field("message", event.message.description)
    for (key, value) in metadata.sorted(by: { $0.key < $1.key }) {
      // The fields above keep their meaning whatever the metadata says.
      let isTaken = ["time", "level", "logger", "message"].contains(key)
      field(isTaken ? "metadata.\(key)" : key, value.description)
    }
    line.append(UInt8(ascii: "}"))
  }

  /// Control characters as JSON escapes them; everything else as it is.
  private static func append(oneLine text: String, to line: inout [UInt8]) {
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) {
      line.append(contentsOf: text.utf8)
      return
    }
    var quoted: [UInt8] = []
    JSONText.append(text, to: &quoted)
    line.append(contentsOf: quoted)
  }

  /// RFC 3339, in UTC, to the millisecond.
  private func timestamp() -> String {
    let now = clock()
    var seconds = now / 1000
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func digits(_ number: Int, _ count: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, count - text.count)) + text
    }
    let date = "\(Int(parts.tm_year) + 1900)-\(digits(Int(parts.tm_mon) + 1, 2))-\(digits(Int(parts.tm_mday), 2))"
    let time = "\(digits(Int(parts.tm_hour), 2)):\(digits(Int(parts.tm_min), 2)):\(digits(Int(parts.tm_sec), 2))"
    return "\(date)T\(time).\(digits(now % 1000, 3))Z"
  }

  /// The time people know.
  package static let now: @Sendable () -> Int = { Int(Date().timeIntervalSince1970 * 1000) }

  /// One `write` to standard error. What it does not take is lost: a log must never hold up the server.
  package static let standardError: @Sendable ([UInt8]) -> Void = { line in
    line.withUnsafeBytes { buffer in _ = Glibc.write(2, buffer.baseAddress, buffer.count) }
  }
}
