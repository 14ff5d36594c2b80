import NIOCore

/// First handler of a client's channel: sends the request, gathers the answer, and gives the channel to the connection.
final class ClientUpgradeHandler: ChannelInboundHandler, RemovableChannelHandler, TimerWheelMember {
  typealias InboundIn = ByteBuffer
  typealias Opened = NIOLoopBound<WebSocketConnection>

  /// What of a refusal's body is kept.
  private static let maximumBodyBytes = 1024

  private enum State {
    case waiting
    /// Not an upgrade: the start of its body is gathered.
    case refused(status: Int, reason: String, headers: HeaderFields, body: ByteBuffer)
    case done
  }

  private let handshake: ClientHandshake
  private let client: WebSocketClient
  private let isTLS: Bool
  private let makeDelegate: @Sendable () -> any WebSocketDelegate
  private let promise: EventLoopPromise<Opened>
  private var gatherer: HeadGatherer
  private var state = State.waiting
  private var loop: LoopHandle?
  private var context: ChannelHandlerContext?
  var wheelPlace: TimerWheel.Place?

  init(
    _ handshake: ClientHandshake, client: WebSocketClient, isTLS: Bool,
    makeDelegate: @escaping @Sendable () -> any WebSocketDelegate, promise: EventLoopPromise<Opened>
  ) {
    self.handshake = handshake
    self.client = client
    self.isTLS = isTLS
    self.makeDelegate = makeDelegate
    self.promise = promise
    gatherer = HeadGatherer(client.configuration.head)
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    let loop = LoopHandle.on(context.eventLoop)
    self.loop = loop
    // Fails only when the channel is closed already.
    try? loop.context.receiveBuffers.install(on: context.channel, isTLS: isTLS)
    if context.channel.isActive { sendRequest(context) }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    loop?.context.wheel.remove(self)
    self.context = nil
    finish(.closedEarly(""), context)
  }

  func channelActive(context: ChannelHandlerContext) {
    sendRequest(context)
    context.fireChannelActive()
  }

  private func sendRequest(_ context: ChannelHandlerContext) {
    if let loop = loop?.context {
      loop.wheel.schedule(self, by: loop.eventLoop.now + client.configuration.handshakeTime)
    }
    context.writeAndFlush(NIOAny(ByteBuffer(bytes: handshake.head)), promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data)
    switch state {
    case .waiting: gather(bytes, context)
    case .refused(let status, let reason, let headers, var body):
      body.writeImmutableBuffer(bytes)
      gatherBody(status, reason, headers, body, context)
    case .done: break
    }
    loop?.context.receiveBuffers.keep(bytes)
  }

  func channelInactive(context: ChannelHandlerContext) {
    finish(.closedEarly(""), context)
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    finish(.closedEarly(String(describing: error)), context)
    context.close(promise: nil)
  }

  func wheelFired(at now: NIODeadline) -> NIODeadline? {
    guard let context else { return nil }
    finish(.timedOut, context)
    return nil
  }

  private func gather(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
    switch gatherer.append(bytes) {
    case .needsMore: break
    case .complete(let headBytes): judge(headBytes, context)
    case .tooLong, .lineTooLong: finish(.invalidUpgrade("the head of the answer is too long"), context)
    case .notHTTP: finish(.invalidUpgrade("not an HTTP answer"), context)
    }
  }

  private func judge(_ headBytes: Int, _ context: ChannelHandlerContext) {
    var rest = gatherer.gathered
    guard let head = rest.readBytes(length: headBytes) else { return }
    do throws(WebSocketClientError) {
      switch try handshake.check(head, limits: client.configuration.head) {
      case .upgraded(let subprotocol, let deflate): try open(subprotocol, deflate, rest, context)
      case .refused(let status, let reason, let headers): gatherBody(status, reason, headers, rest, context)
      }
    } catch {
      finish(error, context)
    }
  }

  private func open(
    _ subprotocol: String?, _ deflate: DeflateParameters?, _ rest: ByteBuffer, _ context: ChannelHandlerContext
  ) throws(WebSocketClientError) {
    let request: UpgradeRequest
    do throws(Refusal) {
      // What we sent ourselves: within the parser's limits unless the caller's headers are not.
      request = try UpgradeRequest(
        handshake.head, limits: client.configuration.head,
        origin: ConnectionOrigin(remoteAddress: context.remoteAddress),
        isTLS: isTLS)
    } catch {
      throw .invalidUpgrade(error.body)
    }
    state = .done
    loop?.context.wheel.remove(self)
    let promise = self.promise
    let handler = WebSocketChannelHandler(
      .init(
        opening: .init(
          role: .client, request: request, subprotocol: subprotocol, deflate: deflate,
          configuration: client.connection),
        response: ByteBuffer(),
        // A copy of its own, because the connection unmasks in place what nobody else refers to.
        leftover: rest.readableBytes == 0 ? ByteBuffer() : ByteBuffer(bytes: rest.readableBytesView),
        delegate: makeDelegate(),
        opened: { promise.succeed(NIOLoopBound($0, eventLoop: $0.eventLoop)) }))
    let channel = context.channel
    let pipeline = channel.pipeline.syncOperations
    pipeline.removeHandler(self, promise: nil)
    do {
      try pipeline.addHandler(handler)
    } catch {
      promise.fail(WebSocketClientError.closedEarly(String(describing: error)))
      channel.close(promise: nil)
    }
  }

  private func gatherBody(
    _ status: Int, _ reason: String, _ headers: HeaderFields, _ body: ByteBuffer, _ context: ChannelHandlerContext
  ) {
    state = .refused(status: status, reason: reason, headers: headers, body: body)
    let declared = headers["Content-Length"].flatMap { Int($0) }
    let awaited = min(declared ?? Self.maximumBodyBytes, Self.maximumBodyBytes)
    if body.readableBytes >= awaited { finish(.closedEarly(""), context) }
  }

  /// Reports the failure, once. A refusal under way is what is reported, however it ended.
  private func finish(_ error: WebSocketClientError, _ context: ChannelHandlerContext) {
    let report: WebSocketClientError
    switch state {
    case .done: return
    case .waiting: report = error
    case .refused(let status, let reason, let headers, let body):
      let start = body.readableBytesView.prefix(Self.maximumBodyBytes)
      report = .refused(
        RefusedUpgrade(status: status, reason: reason, headers: headers, body: String(decoding: start, as: UTF8.self)))
    }
    state = .done
    loop?.context.wheel.remove(self)
    promise.fail(report)
    context.close(promise: nil)
  }
}
