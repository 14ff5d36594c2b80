import ArgumentParser
import WeirWire

extension Bench {
  /// `weir bench history`: the newest page of conversations in a large store.
  struct History: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "history",
      abstract: "Measure how fast a conversation's newest messages come out of a large store.",
      discussion: """
        The server must serve a directory that `weir bench fill` made with the same --messages. Each device is \
        another user, asks for the newest page of one conversation, and then for the same page again; one question is \
        on the way at a time. The first is cold if neither the server nor the kernel has read it before: start the \
        server anew, and drop the kernel's pages of its files. Every message of every page is checked.
        """)

    @OptionGroup var target: TargetOptions
    @Option(help: "Messages in the store.")
    var messages = 1_000_000
    @Option(help: "Devices, each of another user, spread over the whole store.")
    var devices = 1000
    @Option(help: "Messages of a page.")
    var page = 50
    @Option(help: "Seconds to wait before the first question: the server may have to read its log.")
    var settle = 1.0

    func validate() throws {
      let users = messages / StoreFill.Layout.messagesOfUser
      try Check.range("messages", messages, StoreFill.Layout.messagesOfUser...1_000_000_000)
      try Check.range("devices", devices, 1...max(1, users))
      try Check.range("page", page, 1...StoreFill.Layout.messagesOfConversation)
      try Check.range("settle", settle, 0...600)
    }

    func run() throws {
      let place = try target.weirTarget()
      let server = try target.server()
      let loop = try LoadLoop()
      let users = messages / StoreFill.Layout.messagesOfUser
      // Each user once, in order but spread over the whole store: neighbours share no block of it.
      let chosen = (0..<devices).map { ($0 &* (users / devices)) % users }
      let load = HistoryLoad(loop, devices: devices, page: page)
      try loop.open(devices, to: place, load) { number in
        Opening(place, path: place.path(adding: "user", StoreFill.Layout.user(chosen[number])), subprotocol: "weir.v1")
      }
      loop.run(load, until: Monotonic.now() + 30_000_000_000) { load.welcomed == devices || load.problems.count > 0 }
      try load.problems.check("history")
      loop.run(load, until: Monotonic.now() + UInt64(seconds: settle))
      let cold = try load.askAll(server)
      let warm = try load.askAll(server)

      var report = Report("history")
      report.add("messages", "messages in the store", messages)
      report.add("devices", "devices", devices)
      report.add("page", "messages of a page", page)
      report.add("cold", "first time", cold.latency)
      report.add("warm", "second time", warm.latency)
      warm.span.add(to: &report, events: Double(devices), event: "page")
      report.show(json: target.json)
    }
  }
}

/// Asks for one page after the other.
final class HistoryLoad: LoadDriver {
  private static let conversation = 1
  private let loop: LoadLoop
  private let devices: Int
  private let page: Int
  private var next = 0
  private var sentAt: UInt64 = 0
  private var latency = LatencyHistogram()
  private(set) var welcomed = 0
  private(set) var problems = Problems()

  init(_ loop: LoadLoop, devices: Int, page: Int) {
    self.loop = loop
    self.devices = devices
    self.page = page
  }

  /// Asks for each device's page, and returns when all have come.
  func askAll(_ server: ServerProcess?) throws(BenchFailure) -> (latency: LatencyHistogram, span: Meter.Span) {
    latency = LatencyHistogram()
    next = 0
    let meter = Meter(server)
    ask()
    loop.run(self, until: Monotonic.now() + 120_000_000_000) { next == devices || problems.count > 0 }
    try problems.check("history")
    guard next == devices else { throw BenchFailure("A page did not come in 120 s. Look at the server's log.") }
    return (latency, meter.read())
  }

  private func ask() {
    sentAt = Monotonic.now()
    let conversation = StoreFill.Layout.conversation(Self.conversation)
    loop.links[next].send(DeviceFrames.history(of: conversation, limit: UInt32(clamping: page)))
  }

  func opened(_ link: Link, now: UInt64) { link.send(DeviceFrames.hello) }

  func closed(_ link: Link) { problems.add(link.problem ?? "closed") }

  func received(_ bytes: UnsafeRawBufferPointer, on link: Link, now: UInt64) {
    link.messages(in: bytes) { message in
      guard let frame = DeviceFrames.decode(message.payload) else {
        return problems.add("the server sent a frame that does not follow the schema")
      }
      received(frame, on: link, now)
    }
  }

  private func received(_ frame: ServerFrame, on link: Link, _ now: UInt64) {
    switch frame.frame {
    case .welcome?: welcomed += 1
    case .historyPage(let page): took(page.messages.map(\.sequence), on: link, now)
    case .error(let error): problems.add("the server refused: \(error.message)")
    default: break
    }
  }

  private func took(_ sequences: [UInt64], on link: Link, _ now: UInt64) {
    let newest = UInt64(StoreFill.Layout.messagesOfConversation)
    guard link.index == next, sequences == Array((newest - UInt64(page) + 1)...newest) else {
      return problems.add("a page came with other messages than the newest \(page). Is it the filled store?")
    }
    latency.record(now &- sentAt)
    next += 1
    if next < devices { ask() }
  }
}
