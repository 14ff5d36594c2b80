import Testing

@testable import WeirUpstream

@Suite("Event stream")
struct EventStreamParserTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let stream: String
    let events: [String]
    var testDescription: String { name }
  }

  static let cases = [
    Case(name: "one event", stream: "data: a\n\n", events: ["a"]),
    Case(name: "no space behind the colon", stream: "data:a\n\n", events: ["a"]),
    Case(name: "one space is taken, not two", stream: "data:  a\n\n", events: [" a"]),
    Case(name: "CRLF", stream: "data: a\r\n\r\ndata: b\r\n\r\n", events: ["a", "b"]),
    Case(name: "CR alone", stream: "data: a\r\rdata: b\r\r", events: ["a", "b"]),
    Case(name: "mixed line ends", stream: "data: a\r\n\ndata: b\n\rdata: c\r\r\n", events: ["a", "b", "c"]),
    Case(name: "comments", stream: ": ping\n\n:\n\ndata: a\n: in between\n\n", events: ["a"]),
    Case(name: "data of several lines", stream: "data: a\ndata: b\ndata\ndata: c\n\n", events: ["a\nb\n\nc"]),
    Case(name: "data of several lines with CRLF", stream: "data: a\r\ndata: b\r\n\r\n", events: ["a\nb"]),
    Case(name: "data of several lines, the first empty", stream: "data:\ndata: b\n\n", events: ["\nb"]),
    Case(name: "other fields", stream: "event: x\nid: 1\nretry: 5\ndata: a\ndatum: b\n\n", events: ["a"]),
    Case(name: "a field named error", stream: "error: {}\n\n", events: ["{}"]),
    Case(name: "byte order mark", stream: "\u{FEFF}data: a\n\n", events: ["a"]),
    Case(name: "a mark later is no mark", stream: "data: a\n\n\u{FEFF}data: b\n\n", events: ["a"]),
    Case(name: "empty data", stream: "data:\n\ndata: \n\n", events: ["", ""]),
    Case(name: "no blank line at the end", stream: "data: a\n\ndata: b\n", events: ["a", "b"]),
    Case(name: "no line end at the end", stream: "data: a\n\ndata: b", events: ["a", "b"]),
    Case(name: "characters of several bytes", stream: "data: ä€😀\n\ndata: 水\n\n", events: ["ä€😀", "水"]),
    Case(name: "leading blank lines", stream: "\n\r\n\ndata: a\n\n", events: ["a"]),
    Case(name: "nothing", stream: "", events: []),
  ]

  @Test("an event stream brings the same events wherever it is split", arguments: cases)
  func splits(_ test: Case) {
    let bytes = Array(test.stream.utf8)
    #expect(events(of: [bytes]) == test.events)
    for cut in 0...bytes.count {
      #expect(events(of: [Array(bytes[..<cut]), Array(bytes[cut...])]) == test.events, "cut at \(cut)")
      for second in cut...bytes.count {
        let pieces = [Array(bytes[..<cut]), Array(bytes[cut..<second]), Array(bytes[second...])]
        #expect(events(of: pieces) == test.events, "cut at \(cut) and \(second)")
      }
    }
    #expect(events(of: bytes.map { [$0] }) == test.events)
  }

  @Test("an event that lies whole in the input is not copied")
  func inPlace() {
    var parser = EventStreamParser(maximumEventBytes: 100)
    let bytes = Array("data: abc\n\n".utf8)
    var index = 0
    #expect(parser.next(in: bytes.span, at: &index) == .event(6..<9))
    #expect(parser.next(in: bytes.span, at: &index) == .needsMore)
    #expect(index == bytes.count)
  }

  @Test("a line or an event over the limit ends the stream, and memory stays bounded")
  func tooLong() {
    let whole = "data: " + String(repeating: "x", count: 101) + "\n\n"
    let lines = String(repeating: "data: xxxxxxxxx\n", count: 11) + "\n"
    let endless = String(repeating: "x", count: 200)
    for stream in [whole, lines, endless] {
      for size in [1, 7, 1000] {
        var parser = EventStreamParser(maximumEventBytes: 100)
        #expect(feed(&parser, Array(stream.utf8), pieceSize: size) == .tooLong, "\(stream.prefix(20)) by \(size)")
      }
    }
    var parser = EventStreamParser(maximumEventBytes: 100)
    let fits = "data: " + String(repeating: "x", count: 100) + "\n\n"
    #expect(feed(&parser, Array(fits.utf8), pieceSize: 9) == .needsMore)
  }

  private func feed(_ parser: inout EventStreamParser, _ bytes: [UInt8], pieceSize: Int) -> EventStreamParser.Step {
    var start = 0
    while start < bytes.count {
      let piece = Array(bytes[start..<min(bytes.count, start + pieceSize)])
      start += piece.count
      var index = 0
      while true {
        let step = parser.next(in: piece.span, at: &index)
        if step == .tooLong { return step }
        if step == .needsMore { break }
      }
    }
    return .needsMore
  }

  @Test("a comment over the limit ends the stream wherever it is split", arguments: [0, 1, 600, 1018])
  func longComment(cut: Int) {
    let bytes = Array((":" + String(repeating: "c", count: 1016) + "\ndata: a\n\n").utf8)
    #expect(events(of: [Array(bytes[..<cut]), Array(bytes[cut...])]) == [])
  }

  private func events(of pieces: [[UInt8]]) -> [String] {
    var parser = EventStreamParser(maximumEventBytes: 1000)
    var found: [String] = []
    for piece in pieces {
      var index = 0
      reading: while true {
        switch parser.next(in: piece.span, at: &index) {
        case .needsMore, .tooLong: break reading
        case .event(let range): found.append(String(decoding: piece[range], as: UTF8.self))
        case .assembledEvent:
          let data = parser.takeAssembled()
          found.append(String(decoding: data, as: UTF8.self))
          parser.reuse(data)
        }
      }
    }
    if parser.finish() == .assembledEvent { found.append(String(decoding: parser.takeAssembled(), as: UTF8.self)) }
    return found
  }
}
