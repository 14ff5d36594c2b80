import Testing

@testable import weir

@Suite("Mock provider")
struct MockProviderTests {
  private static let usual = MockAnswer(tokens: 10, rate: 50, delay: 0)

  @Test("a token's event has the size that was measured at a real provider")
  func eventSize() {
    let prefix = Array("10a\r\n".utf8)
    #expect(MockEvents.token.starts(with: prefix))
    #expect(MockEvents.token.count == prefix.count + 266 + 2)
    #expect(MockEvents.stampOffset > prefix.count)
  }

  @Test("requests are found wherever reads cut them, also several in a row", arguments: [1, 3, 50, 10_000])
  func requests(piece: Int) {
    let body = #"{"messages":[{"content":"[[tokens=9]] old"},{"content":"[[tokens=3 rate=7 delay=20ms]] new"}]}"#
    let post = "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)"
    let stream = Array((post + "GET /v1/models HTTP/1.1\r\n\r\n" + post).utf8)
    var request = MockRequest()
    var found: [String] = []
    for start in Swift.stride(from: 0, to: stream.count, by: piece) {
      stream[start..<min(stream.count, start + piece)].withUnsafeBytes { request.append($0) }
      search: while true {
        switch request.next(Self.usual) {
        case .more: break search
        case .completion(let answer, let bytes):
          found.append("\(answer.tokens) \(answer.rate) \(answer.delay) \(bytes == body.utf8.count)")
        case .other: found.append("other")
        case .broken:
          found.append("broken")
          break search
        }
      }
    }
    #expect(found == ["3 7.0 20000000 true", "other", "3 7.0 20000000 true"])
  }

  @Test("a body that is larger than any real one is refused before it comes")
  func tooLarge() {
    var request = MockRequest()
    Array("POST / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n".utf8).withUnsafeBytes { request.append($0) }
    guard case .broken = request.next(Self.usual) else {
      Issue.record("the request was taken")
      return
    }
  }

  @Test(
    "directives that make no sense change nothing",
    arguments: ["", "[[", "]]", "]][[", "[[tokens]]", "[[tokens=x rate=-y delay=5]]", "[[]]"])
  func directives(text: String) {
    let bytes = Array(text.utf8)
    let answer = Self.usual.directed(by: bytes[...])
    #expect(answer.tokens == Self.usual.tokens)
    #expect(answer.rate == Self.usual.rate)
    #expect(answer.delay == Self.usual.delay)
  }

  @Test("an answer owes its tokens when they are due, and never more than there are")
  func owed() {
    var running = MockStream.Running(answer: Self.usual, bodyBytes: 0, start: 1_000_000_000)
    #expect(running.owed(at: 999_999_999) == 0)
    #expect(running.owed(at: 1_000_000_000) == 1)
    running.sent = 1
    #expect(running.due == 1_020_000_000)
    #expect(running.owed(at: 1_019_999_999) == 0)
    #expect(running.owed(at: 1_060_000_000) == 3)
    #expect(running.owed(at: 90_000_000_000) == 9)
    var unpaced = MockStream.Running(answer: MockAnswer(tokens: 5, rate: 0, delay: 0), bodyBytes: 0, start: 1)
    #expect(unpaced.owed(at: 1) == 5)
    unpaced.sent = 5
    #expect(unpaced.owed(at: 1) == 0)
  }

  @Test("streams come out of the queue in the order in which they are due")
  func queue() {
    var queue = DueQueue()
    let times: [UInt64] = (0..<200).map { UInt64($0) &* 7919 % 211 }
    for (stream, due) in times.enumerated() { queue.insert(stream, due: due) }
    #expect(queue.pop(due: 0) == times.firstIndex(of: 0))
    var last: UInt64 = 0
    var count = 1
    while let first = queue.first {
      #expect(first >= last)
      last = first
      #expect(queue.pop(due: first).map { times[$0] } == first)
      count += 1
    }
    #expect(count == times.count)
    #expect(queue.pop(due: .max) == nil)
  }
}
