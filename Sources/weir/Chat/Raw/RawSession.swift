import Foundation
import NIOCore
import NIOPosix
import WebSocket
import WeirClient
import WeirWire

/// `--raw`: carries out what `RawPlan` decides. All of it runs on one event loop, printing included: a reader of
/// stdout who is slow holds the socket back.
actor RawSession {
  private let console: Console
  private let output: RawOutput
  private let transport: Transport
  private let lines: LineReader
  private let takesCommands: Bool
  private let showsFigures: Bool
  private let loop: any EventLoop
  private let executor: any SerialExecutor
  private let clock = Stopwatch()
  private let result = Mailbox<ExitStatus>()
  private var plan: RawPlan
  private var figures = RawFigures()
  private var connection: NIOLoopBound<WebSocketConnection>?
  private var codec: FrameCodec?
  private var isReadPostponed = false
  private var pings = 0
  private var random = SystemRandomNumberGenerator()

  /// A message may have so many bytes, in either direction.
  static let maximumMessageBytes = 64 * 1024 * 1024

  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  init(
    console: Console, settings: RawPlan.Settings, output: RawOutput, transport: Transport, takesCommands: Bool,
    showsFigures: Bool, lines: LineReader = LineReader(),
    loop: any EventLoop = MultiThreadedEventLoopGroup.singleton.next()
  ) {
    self.console = console
    self.output = output
    self.transport = transport
    self.takesCommands = takesCommands
    self.showsFigures = showsFigures
    self.lines = lines
    self.loop = loop
    executor = loop.executor
    plan = RawPlan(settings: settings)
  }

  /// Connects and goes on until the plan is done.
  func run() async -> ExitStatus {
    let interrupts = Interrupts { [weak self] in
      guard let self else { return }
      Task { await self.interrupted() }
    }
    lines.start()
    perform(plan.begin())
    let status = await result.next() ?? .interrupted
    withExtendedLifetime(interrupts) {}
    if showsFigures { output.json ? console.raw(figures.json.text + "\n") : console.note(figures.summary) }
    return status
  }

  // MARK: What happened

  func opened() {
    codec = FrameCodec(subprotocol: connection?.value.subprotocol)
    show(.open(subprotocol: connection?.value.subprotocol), .in)
    perform(plan.opened())
  }

  func received(_ kind: MessageKind, _ payload: ByteBuffer) {
    guard plan.wantsMessages else { return }
    var deltaText: Int?
    var event: RawOutput.Event?
    // Text that is one of our frames is shown as it came; only as a member of a JSON line it is written anew.
    if let codec, kind == .binary || showsFigures || output.json, let frame = try? codec.decode(kind, payload) {
      if case .delta(let delta) = frame.frame { deltaText = delta.text.utf8.count }
      let isShownDecoded = kind == .binary ? output.binary == .dump : output.json
      if isShownDecoded { event = .frame(Self.json(frame)) }
    }
    figures.received(bytes: payload.readableBytes, deltaText: deltaText, at: clock.elapsed)
    switch kind {
    case .text: show(event ?? .text(String(buffer: payload)), .in)
    case .binary: show(event ?? .binary(Array(payload.readableBytesView)), .in)
    }
    perform(plan.received())
  }

  func ponged(_ payload: ByteBuffer) {
    let bytes = Array(payload.readableBytesView)
    // The answer to a ping of the layer below, which keeps an idle connection alive.
    if bytes.isEmpty { return }
    show(.pong(bytes, roundTrip: figures.ponged(bytes, at: clock.elapsed)), .in)
  }

  func writabilityChanged() {
    guard isReadPostponed, connection?.value.isWritable == true else { return }
    isReadPostponed = false
    read()
  }

  func closed(_ code: CloseCode, _ reason: String) {
    connection = nil
    show(.close(code: code.rawValue, reason: reason), .in)
    lost(ConnectionLoss(code: code, reason: reason), isClean: [1000, 1001, 1005].contains(code.rawValue))
  }

  private func lost(_ loss: ConnectionLoss, isClean: Bool) {
    if isReadPostponed {
      isReadPostponed = false
      perform(plan.tookLine())
    }
    perform(plan.lost(loss, isClean: isClean, random: &random))
  }

  private func interrupted() {
    perform(plan.interrupted())
  }

  private func waited() {
    perform(plan.waited())
  }

  // MARK: What to do

  private func perform(_ effects: [RawPlan.Effect]) {
    for effect in effects {
      switch effect {
      case .connect(let delay): connect(after: delay)
      case .execute(let lines): for line in lines { carryOut(line) }
      case .read: read()
      case .wait(let duration):
        loop.scheduleTask(in: .microseconds(duration.wholeMicroseconds)) { self.assumeIsolated { $0.waited() } }
      case .close: connection?.value.close(code: .normal)
      case .note(let sentence): show(.trouble(sentence), .in)
      case .leave(let status):
        connection?.value.abort()
        result.put(status)
      }
    }
    connection?.value.flush()
  }

  private func connect(after delay: Duration) {
    loop.scheduleTask(in: .microseconds(delay.wholeMicroseconds)) { self.assumeIsolated { $0.connectNow() } }
  }

  private func connectNow() {
    plan.attempting()
    transport.connect(on: loop) { RawLink(session: self) }
      .whenComplete { result in self.assumeIsolated { $0.attempted(result) } }
  }

  private func attempted(_ result: Result<NIOLoopBound<WebSocketConnection>, any Error>) {
    switch result {
    case .success(let connection): self.connection = connection
    case .failure(let error):
      let known = error as? WebSocketClientError
      lost(ConnectionLoss(known ?? .closedEarly(String(describing: error))), isClean: false)
    }
  }

  /// Asks for one line, unless what was sent has not left yet: a fast file must not pile up here.
  private func read() {
    if let connection, !connection.value.isWritable {
      isReadPostponed = true
      return
    }
    Task {
      switch await lines.next() {
      case .text(let line): carryOut(line)
      case .tooLong: show(.trouble("That line is too long; it was not sent."), .in)
      case .end:
        perform(plan.inputEnded())
        return
      }
      perform(plan.tookLine())
    }
  }

  private func carryOut(_ line: String) {
    do throws(RawInput.Mistake) {
      try send(RawInput.parse(line, commands: takesCommands))
    } catch {
      show(.trouble(error.sentence), .in)
    }
    connection?.value.flush()
  }

  private func send(_ input: RawInput) throws(RawInput.Mistake) {
    guard let connection = connection?.value else {
      throw RawInput.Mistake(sentence: "There is no connection now; the line was not sent.")
    }
    switch input {
    case .blank: break
    case .help: console.note(RawInput.manual)
    case .text(let text): send(.text, Array(text.utf8), shown: .text(text))
    case .binary(let bytes): send(.binary, bytes, shown: .binary(bytes))
    case .file(let path):
      let bytes = try Self.contents(of: path)
      send(.binary, bytes, shown: .binary(bytes))
    case .frame(let json): try sendFrame(json)
    case .ping(let payload):
      pings += 1
      let bytes = payload ?? Array("weir-\(pings)".utf8)
      figures.pinged(bytes, at: clock.elapsed)
      connection.ping(ByteBuffer(bytes: bytes))
      show(.ping(bytes), .out)
    case .pong(let bytes):
      connection.pong(ByteBuffer(bytes: bytes))
      show(.pong(bytes, roundTrip: nil), .out)
    case .close(let code, let reason):
      perform(plan.askedToClose())
      show(.close(code: code.rawValue, reason: reason), .out)
      connection.close(code: code, reason: reason)
    }
  }

  private func send(_ kind: MessageKind, _ bytes: [UInt8], shown event: RawOutput.Event) {
    figures.sent(bytes: bytes.count, at: clock.elapsed)
    connection?.value.send(kind, size: bytes.count) { $0.writeBytes(bytes) }
    show(event, .out)
  }

  private func sendFrame(_ json: String) throws(RawInput.Mistake) {
    let frame: ClientFrame
    do throws(WireError) {
      frame = try WireJSON.decode(ClientFrame.self, from: ByteBuffer(string: json))
    } catch {
      throw RawInput.Mistake(sentence: "That is no ClientFrame. \(error)")
    }
    guard frame.frame != nil else {
      throw RawInput.Mistake(sentence: "That frame says nothing: name one of ClientFrame's members, as in /help.")
    }
    // Where the server speaks JSON the frame goes as it was written.
    if connection?.value.subprotocol == WeirClientConfiguration.Format.json.subprotocol {
      send(.text, Array(json.utf8), shown: .text(json))
      return
    }
    var buffer = ByteBuffer()
    frame.encode(into: &buffer)
    send(.binary, Array(buffer.readableBytesView), shown: .frame(Self.json(frame)))
  }

  // MARK: Showing

  private func show(_ event: RawOutput.Event, _ direction: RawOutput.Direction) {
    let time = UInt64(max(Date().timeIntervalSince1970, 0) * 1_000)
    let lines = output.lines(event, direction, time: time)
    for line in lines.out { console.line(line, output.marks ? .green : .plain) }
    let style: Console.Style = if case .trouble = event { .red } else { .dim }
    for note in lines.notes { console.note(note, style) }
  }

  private static func json(_ message: some WireJSONMessage) -> String {
    var buffer = ByteBuffer()
    WireJSON.encode(message, into: &buffer)
    return String(buffer: buffer)
  }

  private static func contents(of path: String) throws(RawInput.Mistake) -> [UInt8] {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw RawInput.Mistake(sentence: "The file \(path) cannot be read; check its name.")
    }
    guard data.count <= maximumMessageBytes else {
      throw RawInput.Mistake(sentence: "The file \(path) has \(data.count) bytes; a message may have 64 MiB.")
    }
    return [UInt8](data)
  }
}
