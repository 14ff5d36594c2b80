import Foundation
import Logging
import NIOConcurrencyHelpers
import Testing

@testable import WeirServer

@Suite("Log lines")
struct LineLogHandlerTests {
  /// The lines that `body` logs.
  private func lines(json: Bool, level: Logger.Level = .info, _ body: (Logger) -> Void) -> [String] {
    let written = NIOLockedValueBox<[String]>([])
    let logger = Logger(label: "weir.test") { label in
      LineLogHandler(
        label: label, level: LogLevelBox(level), isJSON: json, millisecondsSince1970: { 1_700_000_000_123 },
        write: { line in written.withLockedValue { $0.append(String(decoding: line, as: UTF8.self)) } })
    }
    body(logger)
    return written.withLockedValue { $0 }
  }

  @Test("a text line has time, level, message and sorted metadata")
  func text() {
    let found = lines(json: false) { logger in
      var logger = logger
      logger[metadataKey: "request_id"] = "abc"
      logger.warning("slow", metadata: ["after": "1 s", "b": ""])
      logger.debug("not written")
    }
    #expect(found == ["2023-11-14T22:13:20.123Z WARNING slow after=\"1 s\" b=\"\" request_id=abc\n"])
  }

  @Test("a JSON line is a JSON object, and metadata cannot take the place of its fields")
  func json() throws {
    let found = lines(json: true) { logger in
      logger.info("a \"b\"\n\u{1}", metadata: ["message": "forged", "n": "1"])
    }
    let line = try #require(found.first)
    #expect(found.count == 1 && line.hasSuffix("}\n"))
    let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String])
    #expect(
      object == [
        "time": "2023-11-14T22:13:20.123Z", "level": "info", "logger": "weir.test", "message": "a \"b\"\n\u{1}",
        "metadata.message": "forged", "n": "1",
      ])
  }

  @Test("what is logged cannot forge a line", arguments: [true, false])
  func forging(json: Bool) {
    let found = lines(json: json) { logger in
      logger.info("one\n2023-11-14T22:13:20.123Z INFO two\r", metadata: ["k": "a\nb"])
    }
    #expect(found.count == 1)
    #expect(found.first?.filter { $0.isNewline }.count == 1)
  }
}
