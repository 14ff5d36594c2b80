import WeirWire

/// Devices that send as fast as their acknowledgements come, or in turn at a given rate.
final class AckLoad: LoadDriver {
  /// What keeps the answers small.
  static let directive = "[[tokens=1 rate=0 delay=0ms]] "
  /// How long a refused device waits at least.
  private static let patience: UInt64 = 20_000_000

  private struct Device {
    /// The message that waits for its acknowledgement; 0: none.
    var waiting = 0
    var sentAt: UInt64 = 0
    var sent = 0
    /// Messages without an answer yet, and without a refusal.
    var unanswered = 0
    var conversation = ""
    var inConversation = 0
    /// Of the last message in the conversation.
    var sequence: UInt64 = 0
    /// It was refused and waits until then; 0: it was not.
    var retryAt: UInt64 = 0
    /// With a rate: when what it has still to send was due.
    var due: [UInt64] = []
  }

  private let loop: LoadLoop
  private let text: String
  private let ahead: Int
  private let conversation: Int
  /// Nanoseconds between two messages of all devices together; nil: no faster than acknowledgements come, nor slower.
  private let interval: Double?
  /// With a rate: when the first message was due, and how many have been since.
  private var firstDue: UInt64 = 0
  private var dues = 0
  private var devices: [Device]
  private var isSending = false
  private var isMeasuring = false
  private var refusedDevices: [Int] = []
  private(set) var nextTick: UInt64 = .max
  private(set) var problems = Problems()
  private(set) var acked = 0
  private(set) var answered = 0
  private(set) var refused = 0
  private(set) var latency = LatencyHistogram()

  /// `rate`: messages a second of all devices together; 0: as many as are acknowledged.
  init(_ loop: LoadLoop, devices: Int, size: Int, ahead: Int, conversation: Int, rate: Double) {
    self.loop = loop
    interval = rate > 0 ? 1e9 / rate : nil
    self.ahead = ahead
    self.conversation = conversation
    self.devices = Array(repeating: Device(), count: devices)
    let filling = String(decoding: SampleText.json(bytes: size, number: 1), as: UTF8.self)
    text = Self.directive + filling.prefix(size - Self.directive.utf8.count)
  }

  func start() {
    isSending = true
    guard interval == nil else {
      firstDue = Monotonic.now()
      return tick(now: firstDue)
    }
    for index in devices.indices { send(index) }
  }

  /// What came before does not count.
  func startWindow() {
    (acked, answered, refused) = (0, 0, 0)
    latency = LatencyHistogram()
    isMeasuring = true
  }

  /// Nothing new is sent.
  func stop() {
    isSending = false
    isMeasuring = false
  }

  /// Everything that was sent has been answered.
  var isQuiet: Bool { devices.allSatisfy { $0.waiting == 0 && $0.unanswered == 0 } }

  func tick(now: UInt64) {
    nextTick = becomeDue(now)
    let waiting = refusedDevices
    refusedDevices = []
    for index in waiting {
      if devices[index].retryAt <= now {
        devices[index].retryAt = 0
        send(index)
      } else {
        refusedDevices.append(index)
        nextTick = min(nextTick, devices[index].retryAt)
      }
    }
  }

  /// Gives each device whose turn it is by now a message to send; returns when the next one's turn is.
  private func becomeDue(_ now: UInt64) -> UInt64 {
    guard let interval, isSending else { return .max }
    while true {
      let due = firstDue + UInt64(Double(dues) * interval)
      if due > now { return due }
      let index = dues % devices.count
      dues += 1
      devices[index].due.append(due)
      send(index)
    }
  }

  private func send(_ index: Int) {
    if interval != nil, devices[index].due.isEmpty { return }
    guard isSending, devices[index].waiting == 0, devices[index].retryAt == 0, devices[index].unanswered < ahead else {
      return
    }
    if devices[index].inConversation == conversation {
      (devices[index].conversation, devices[index].inConversation, devices[index].sequence) = ("", 0, 0)
    }
    devices[index].sent += 1
    devices[index].inConversation += 1
    devices[index].unanswered += 1
    devices[index].waiting = devices[index].sent
    // Who could not send when it was due waits since then.
    devices[index].sentAt = interval == nil ? Monotonic.now() : devices[index].due.removeFirst()
    let frame = DeviceFrames.message(text, id: "\(devices[index].sent)", conversation: devices[index].conversation)
    loop.links[index].send(frame)
  }

  // MARK: Frames

  func opened(_ link: Link, now: UInt64) {}

  func closed(_ link: Link) { problems.add(link.problem ?? "closed") }

  func received(_ bytes: UnsafeRawBufferPointer, on link: Link, now: UInt64) {
    link.messages(in: bytes) { message in
      if DeltaView(message.payload) != nil { return }
      guard let frame = DeviceFrames.decode(message.payload) else {
        return problems.add("the server sent a frame that does not follow the schema")
      }
      switch frame.frame {
      case .ack(let ack): received(ack, link.index, now)
      case .turnFinished: answeredOne(link.index)
      case .turnFailed(let end): problems.add("an answer broke off: \(end.error?.message ?? "no reason given")")
      case .error(let error): received(error, link.index, now)
      case .goodbye(let goodbye): problems.add("the server said goodbye: \(goodbye.message)")
      default: break
      }
    }
  }

  private func received(_ ack: Ack, _ index: Int, _ now: UInt64) {
    let device = devices[index]
    guard ack.level == .durable, device.waiting > 0, ack.clientMessageID == "\(device.waiting)" else {
      return problems.add("an acknowledgement came for a message that does not wait for one")
    }
    if ack.duplicate { problems.add("a message that was sent once was taken for a duplicate") }
    if ack.sequence <= device.sequence { problems.add("a message was given the place of an earlier one") }
    devices[index].sequence = ack.sequence
    devices[index].conversation = ack.conversationID
    devices[index].waiting = 0
    if isMeasuring {
      acked += 1
      latency.record(now &- device.sentAt)
    }
    send(index)
  }

  private func answeredOne(_ index: Int) {
    devices[index].unanswered -= 1
    if isMeasuring { answered += 1 }
    send(index)
  }

  private func received(_ error: WeirError, _ index: Int, _ now: UInt64) {
    guard error.retryable, devices[index].waiting > 0 else {
      return problems.add("the server refused a message: \(error.message)")
    }
    refused += 1
    devices[index].waiting = 0
    devices[index].unanswered -= 1
    devices[index].inConversation -= 1
    if interval != nil { devices[index].due.insert(devices[index].sentAt, at: 0) }
    devices[index].retryAt = now + max(Self.patience, UInt64(error.retryAfterMs) * 1_000_000)
    refusedDevices.append(index)
    nextTick = min(nextTick, devices[index].retryAt)
  }
}
