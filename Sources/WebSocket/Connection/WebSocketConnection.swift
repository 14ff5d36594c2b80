import NIOCore

/// One open WebSocket connection: the thing that everyone sends through.
///
/// Confined to its channel's event loop: every member must be used there, and the type is not `Sendable`. It is handed to
/// the delegate in every call; to reach it from elsewhere, wrap it in a `NIOLoopBound`.
///
/// What is sent gathers in one buffer until ``flush()``, which gives it to the kernel with one system call. A read flushes
/// by itself when all its messages have been delivered.
public final class WebSocketConnection {
  /// The channel below. Nobody else may write to it.
  public let channel: any Channel
  /// The side that this process plays.
  public let role: Role
  /// The subprotocol that was agreed on, if any.
  public let subprotocol: String?
  /// The request that opened the connection: for a server what was asked, for a client what it asked.
  public let request: UpgradeRequest
  /// Receives what happens here. Held strongly until the connection has closed.
  @exclusivity(unchecked) public var delegate: (any WebSocketDelegate)?

  let shared: SharedConfiguration
  let loopHandle: LoopHandle
  let loop: LoopContext
  let deflation: MessageDeflation?
  /// The straight way out; `nil` for TLS, whose records the channel's handlers make.
  let socket: SocketWriter?

  // Swift guards each change of a class's property in place at run time, against another access during it: some 20 ns, ten
  // times a message. These are changed on one thread only, by methods of values that call back nobody: not the delegate,
  // nor the closure given to `send`, which writes to a local value. So no access can fall into another.
  /// What waits for the next flush; nil: nothing.
  @exclusivity(unchecked) var out: ByteBuffer?
  @exclusivity(unchecked) var route: WriteRoute
  @exclusivity(unchecked) var reader: FrameReader
  @exclusivity(unchecked) var assembler: MessageAssembler
  @exclusivity(unchecked) var inbound = InboundState()
  @exclusivity(unchecked) var handshake: CloseHandshake

  var handedOverBytes = 0
  var wasWritable = true
  var writeProgress: WriteProgress?
  var controlPayload = ByteBuffer()
  /// The connection is dropped at this time: the peer's Close frame or the end of TCP is overdue.
  var closeDeadline: NIODeadline?
  var wheelPlace: TimerWheel.Place?

  var configuration: WebSocketConfiguration { shared.value }

  /// The loop to which everything here is confined.
  public var eventLoop: any EventLoop { loop.eventLoop }

  init(_ opening: Opening, channel: any Channel, loopHandle: LoopHandle) {
    self.channel = channel
    self.loopHandle = loopHandle
    loop = loopHandle.context
    role = opening.role
    subprotocol = opening.subprotocol
    request = opening.request
    shared = opening.configuration
    let configuration = opening.configuration.value
    socket = opening.request.isTLS ? nil : SocketWriter(channel)
    route = WriteRoute(hasSocket: socket != nil)
    handshake = CloseHandshake(role: opening.role)
    reader = FrameReader(
      FrameRules(
        role: opening.role, allowsCompression: opening.deflate != nil,
        maximumFrameBytes: min(configuration.limits.maximumFrameBytes, configuration.limits.maximumMessageBytes)))
    let pool = loop.deflate
    deflation = opening.deflate.flatMap { parameters in
      configuration.deflate.map { MessageDeflation(parameters, $0, role: opening.role, pool: pool) }
    }
    let inflation = opening.deflate.map { MessageInflation($0, role: opening.role, pool: pool) }
    assembler = MessageAssembler(configuration.limits, inflation: inflation)
  }

  /// Starts the closing handshake: sends a Close frame, and drops the TCP connection if the peer has not answered within
  /// ``WebSocketConfiguration/closeTime``. Messages that arrive after this are discarded. A code that must not go over the
  /// wire is sent as 1000; a reason over 123 bytes is cut. Does nothing if the connection is closing already.
  public func close(code: CloseCode, reason: String = "") {
    eventLoop.preconditionInEventLoop()
    perform(handshake.close(code.isValidOnTheWire ? code : .normal, reason))
  }

  /// Drops the TCP connection at once: nothing more is sent, and the delegate is told 1006.
  public func abort() {
    eventLoop.preconditionInEventLoop()
    drop(.abnormal, "dropped by this side")
  }

  /// Turns reading from the socket off or on, so that a peer that sends too fast is held back by TCP. Messages of the read
  /// under way are still delivered. While reading is off no pong can be seen, so the peer is not judged by its silence.
  public func setReading(_ on: Bool) {
    eventLoop.preconditionInEventLoop()
    guard on != inbound.isReading, !handshake.isFinished else { return }
    inbound.isReading = on
    inbound.lastRead = eventLoop.now
    inbound.unanswered = 0
    // Fails only on a closed channel, where it does not matter.
    try? channel.syncOptions?.setOption(.autoRead, value: on)
  }
}

extension WebSocketConnection {
  /// What the opening handshake settled. `Sendable`: it may be made on another loop than the connection's.
  struct Opening: Sendable {
    let role: Role
    let request: UpgradeRequest
    let subprotocol: String?
    let deflate: DeflateParameters?
    let configuration: SharedConfiguration
  }

  /// What is known of the peer's sending.
  struct InboundState {
    var isReading = true
    var lastRead = NIODeadline.uptimeNanoseconds(0)
    var lastPing = NIODeadline.uptimeNanoseconds(0)
    /// Pings since something last came.
    var unanswered = 0
    /// When the message or frame that is not complete began.
    var incompleteSince: NIODeadline?
    /// What of the message that is not complete counts in ``LoopContext/incompleteBytes``.
    var incompleteBytes = 0
    /// The newest ping of this read, when too many come to answer each.
    var deferredPing: ByteBuffer?
    var control = RateBudget()
    var empty = RateBudget()
    var discardedBytes = 0
  }

  /// How far the peer had got with what waits for it, and since when it has been there.
  struct WriteProgress {
    var drainedBytes: Int
    var since: NIODeadline
  }
}

@available(*, unavailable)
extension WebSocketConnection: Sendable {}
