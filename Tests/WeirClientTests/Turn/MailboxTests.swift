import Testing

@testable import WeirClient

@Suite("The way to a reader")
struct MailboxTests {
  @Test("elements come in order, and the end after the last")
  func order() async {
    let mailbox = Mailbox<Int>()
    for number in 0..<5 { mailbox.put(number) }
    mailbox.finish()
    mailbox.put(9)
    var got: [Int] = []
    while let number = await mailbox.next() { got.append(number) }
    #expect(got == [0, 1, 2, 3, 4])
  }

  @Test("a reader that waits is woken")
  func wakes() async {
    let mailbox = Mailbox<Int>()
    async let got = mailbox.next()
    mailbox.put(7)
    #expect(await got == 7)
    async let end = mailbox.next()
    mailbox.finish()
    #expect(await end == nil)
  }

  @Test("a cancelled reader gets nil, and nothing is lost for the next")
  func cancelled() async {
    let mailbox = Mailbox<Int>()
    let reader = Task { await mailbox.next() }
    reader.cancel()
    #expect(await reader.value == nil)
    mailbox.put(1)
    #expect(await mailbox.next() == 1)
  }

  @Test("a slow reader of a bounded mailbox learns how many it missed")
  func overflow() async {
    let mailbox = Mailbox<Int>(limit: 3) { -$0 }
    for number in 1...5 { mailbox.put(number) }
    var got: [Int] = []
    for _ in 0..<4 { if let number = await mailbox.next() { got.append(number) } }
    #expect(got == [-2, 3, 4, 5])
  }

  @Test("texts are joined only behind a reader that is far behind, and reading reports every byte")
  func joining() async {
    let writer = TurnWriter()
    let reports = Mailbox<Int>()
    let reader = writer.reader(owner: nil, portion: 10, onRead: { reports.put($0) }, onDrop: { reports.put(-$0) })
    let count = TurnWriter.eventsBeforeJoining + 10
    for _ in 0..<count { writer.put(.text("abc")) }
    var pieces: [String] = []
    for _ in 0..<TurnWriter.eventsBeforeJoining {
      if case .text(let text) = await reader.next() { pieces.append(text) }
    }
    #expect(pieces.dropLast().allSatisfy { $0 == "abc" })
    #expect(pieces.joined() == String(repeating: "abc", count: count))
    reports.finish()
    var sum = 0
    while let report = await reports.next() { sum += report }
    // What is below a portion is reported when the stream is dropped.
    #expect(sum <= count * 3 && sum > count * 3 - 10)
  }

  @Test("a dropped stream reports what was not read")
  func dropped() async {
    let writer = TurnWriter()
    let reports = Mailbox<Int>()
    do {
      let reader = writer.reader(owner: nil, portion: 100, onRead: { reports.put($0) }, onDrop: { reports.put(-$0) })
      writer.put(.text("12345"))
      writer.put(.text("678"))
      _ = await reader.next()
    }
    #expect(await reports.next() == -8)
  }
}
