import NIOCore
import NIOHTTP1
import WeirServer

/// One answer of the fake provider, token by token, with what is to go wrong in it. Confined to the provider's loop.
final class FakeAnswer {
  /// What goes wrong, and before which token.
  enum Fault {
    case none
    case stall(before: Int)
    case garbage(before: Int)
    /// So many bytes of the body are sent.
    case cut(at: Int)
  }

  struct Plan {
    var events: FakeEvents
    var tokens: Int
    /// The request's limit ended it.
    var isShortened: Bool
    var streams: Bool
    var tellsUsage: Bool
    var inputTokens: Int
    var fault: Fault
    var headers: [(String, String)]
    /// Seconds.
    var firstToken: Double
    var betweenTokens: FakeDelay
  }

  private let plan: Plan
  private let stream: HTTPResponseStream
  private let provider: FakeProvider
  private var sent = 0
  private var bytes = 0
  private var timer: Scheduled<Void>?
  private var text = ""
  private var isOver = false

  init(_ plan: Plan, _ stream: HTTPResponseStream, _ provider: FakeProvider) {
    self.plan = plan
    self.stream = stream
    self.provider = provider
  }

  func start() {
    stream.onClosed = { [self] in end { $0.gone += 1 } }
    stream.onWritable = { [self] in if timer == nil, !isStalled { schedule(0) } }
    if plan.streams {
      stream.begin(headers: .init(plan.headers + [("Content-Type", "text/event-stream; charset=utf-8")]))
      write(plan.events.chunk(delta: #"{"role":"assistant","content":""}"#))
    }
    schedule(plan.firstToken)
  }

  private var isStalled: Bool { if case .stall(let token) = plan.fault { sent >= token } else { false } }

  private func schedule(_ seconds: Double) {
    if isOver { return }
    let bound = NIOLoopBound(self, eventLoop: stream.eventLoop)
    timer = stream.eventLoop.scheduleTask(in: .nanoseconds(Int64(seconds * 1e9))) { bound.value.next() }
  }

  private func next() {
    timer = nil
    // A caller that does not read gets its tokens when it does.
    if isOver || !stream.isWritable { return }
    if isStalled { return provider.count { $0.stalls += 1 } }
    if case .garbage(before: sent) = plan.fault {
      provider.count { $0.garbage += 1 }
      if plan.streams {
        write("\u{1}\u{FFFD}\u{0}{]<<<\r\ndata: {\"choices\":[{\"delta\":{\"content\":\n\ndata: \n\n")
      }
    }
    if sent == plan.tokens { return finish() }
    let token = FakeEvents.token(sent)
    if plan.streams { write(plan.events.chunk(delta: #"{"content":"\#(token)"}"#)) } else { text += token }
    if isOver { return }
    sent += 1
    provider.count { $0.tokens += 1 }
    schedule(sent == plan.tokens ? 0 : provider.draw(plan.betweenTokens))
  }

  private func finish() {
    let reason = plan.isShortened ? #""length""# : #""stop""#
    if plan.streams {
      write(plan.events.chunk(delta: "{}", finish: reason))
      if plan.tellsUsage { write(plan.events.usageChunk(input: plan.inputTokens, output: sent)) }
      write("data: [DONE]\n\n")
      if isOver { return }
      end { $0.answers += 1 }
      stream.end()
    } else {
      var body = plan.events.whole(text: text, finish: reason, input: plan.inputTokens, output: sent)
      if case .garbage = plan.fault { body = "\u{1}{]<<<" + body }
      if case .cut = plan.fault {
        stream.begin(headers: .init(plan.headers + [("Content-Type", "application/json")]))
        write(body)
        if isOver { return }
        stream.end()
      } else {
        stream.respond(
          HTTPResponse(
            headers: .init(plan.headers + [("Content-Type", "application/json")]), body: ByteBuffer(string: body)))
      }
      end { $0.answers += 1 }
    }
  }

  private func write(_ text: String) {
    if isOver { return }
    var buffer = ByteBuffer(string: text)
    if case .cut(let limit) = plan.fault, bytes + buffer.readableBytes >= limit {
      stream.write(buffer.readSlice(length: max(0, limit - bytes)) ?? ByteBuffer())
      end { $0.cuts += 1 }
      return stream.abort()
    }
    bytes += buffer.readableBytes
    stream.write(buffer)
    stream.flush()
  }

  private func end(_ count: (inout FakeFigures) -> Void) {
    if isOver { return }
    isOver = true
    timer?.cancel()
    (stream.onClosed, stream.onWritable) = (nil, nil)
    provider.count {
      count(&$0)
      $0.running -= 1
    }
  }
}
