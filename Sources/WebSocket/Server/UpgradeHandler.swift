import NIOCore

/// First handler of an accepted channel: gathers the head of the first request, has it checked and decided on, and gives
/// the channel to the connection, to HTTP, or to the closing of a refused request.
///
/// NIO's HTTP decoder is not used because it costs more than the rest of the upgrade together.
final class UpgradeHandler: ChannelInboundHandler, RemovableChannelHandler, TimerWheelMember {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private enum State {
    case gathering
    /// The head is complete, and others are before it; what comes behind it is kept.
    case waiting(headBytes: Int)
    /// The head is complete and the application thinks; what comes behind it is kept.
    case deciding(early: ByteBuffer)
    /// The answer is out; what still comes is thrown away.
    case refused
    /// The channel is another handler's.
    case done
  }

  private let server: WebSocketServer
  private let isTLS: Bool
  private let origin: ConnectionOrigin
  /// HTTP gave the channel back, so it does not get it again.
  private let cameFromHTTP: Bool
  private var state = State.gathering
  private var gatherer: HeadGatherer
  private var loop: LoopHandle?
  private var context: ChannelHandlerContext?
  var wheelPlace: TimerWheel.Place?

  init(_ server: WebSocketServer, isTLS: Bool, origin: ConnectionOrigin, cameFromHTTP: Bool = false) {
    self.server = server
    self.cameFromHTTP = cameFromHTTP
    self.isTLS = isTLS
    self.origin = origin
    gatherer = HeadGatherer(server.configuration.head)
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    let loop = LoopHandle.on(context.eventLoop)
    self.loop = loop
    // Fails only when the channel is closed already.
    try? loop.context.receiveBuffers.install(on: context.channel, isTLS: isTLS)
    setTimeLimit(server.configuration.handshakeTime)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    loop?.context.wheel.remove(self)
    self.context = nil
    state = .done
  }

  func channelInactive(context: ChannelHandlerContext) {
    loop?.context.wheel.remove(self)
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if case .done = state { return context.fireErrorCaught(error) }
    // Resets and failed TLS handshakes are the network's daily noise.
    context.close(promise: nil)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data)
    if case .done = state {
      context.fireChannelRead(data)
    } else {
      receive(bytes)
    }
    loop?.context.receiveBuffers.keep(bytes)
  }

  /// Takes bytes as if the channel had read them. On the event loop.
  func receive(_ bytes: ByteBuffer) {
    guard let context else { return }
    switch state {
    case .gathering: gather(bytes, context)
    // No more than was read before reading was stopped.
    case .waiting: gatherer.keep(bytes)
    case .deciding(var early):
      guard early.readableBytes + bytes.readableBytes <= server.configuration.head.maximumEarlyBytes else {
        return context.close(promise: nil)
      }
      early.writeImmutableBuffer(bytes)
      state = .deciding(early: early)
    case .refused, .done: break
    }
  }

  func wheelFired(at now: NIODeadline) -> NIODeadline? {
    guard let context else { return nil }
    switch state {
    case .gathering where !gatherer.isEmpty:
      refuse(Refusal(.requestTimeout, "the request did not arrive in time"), context)
    case .waiting: refuse(Refusal(.serviceUnavailable, "too many connect at once: try again later"), context)
    case .deciding: refuse(Refusal(.serviceUnavailable, "the decision took too long: try again later"), context)
    case .gathering, .refused: context.close(promise: nil)
    case .done: break
    }
    return nil
  }

  private func setTimeLimit(_ time: TimeAmount) {
    guard let loop = loop?.context else { return }
    loop.wheel.remove(self)
    loop.wheel.schedule(self, by: loop.eventLoop.now + time)
  }

  private func gather(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
    let limits = server.configuration.head
    switch gatherer.append(bytes) {
    case .needsMore: break
    case .complete(let headBytes):
      guard let newcomers = loop?.context.newcomers, !newcomers.admits(self) else { return handle(headBytes, context) }
      state = .waiting(headBytes: headBytes)
      gatherer.detach()
      // Whether so much may come behind the head depends on what it asks for. Fails only when the channel is closed.
      try? context.channel.syncOptions?.setOption(.autoRead, value: false)
    case .tooLong:
      refuse(Refusal(.headerFieldsTooLarge, "the head is over \(limits.clampedHeadBytes) bytes: shorten it"), context)
    case .lineTooLong:
      refuse(Refusal(.uriTooLong, "the request target is over \(limits.maximumURIBytes) bytes: shorten it"), context)
    case .notHTTP: refuse(Refusal(.badRequest, "this port speaks plain HTTP and WebSocket"), context)
    }
  }

  /// The end of waiting. On the event loop.
  func resume() {
    guard let context, case .waiting(let headBytes) = state else { return }
    try? context.channel.syncOptions?.setOption(.autoRead, value: true)
    handle(headBytes, context)
  }

  private func handle(_ headBytes: Int, _ context: ChannelHandlerContext) {
    var early = gatherer.gathered
    guard let head = early.readBytes(length: headBytes) else { return }
    do throws(Refusal) {
      let request = try UpgradeRequest(
        head, limits: server.configuration.head, origin: origin, isTLS: isTLS)
      guard ServerHandshake.isUpgrade(request) else { return try serveHTTP(context) }
      let checked = try ServerHandshake.check(
        request, origins: server.configuration.allowedOrigins, deflate: server.connection.value.deflate)
      guard early.readableBytes <= server.configuration.head.maximumEarlyBytes else {
        throw Refusal(.badRequest, "wait for the answer before sending so much")
      }
      gatherer = HeadGatherer(server.configuration.head)
      // A copy of its own: waiting must not hold the loop's read buffer.
      state = .deciding(early: early.readableBytes == 0 ? ByteBuffer() : ByteBuffer(bytes: early.readableBytesView))
      setTimeLimit(server.configuration.decisionTime)
      decide(request, checked, context)
    } catch {
      refuse(error, context)
    }
  }

  private func decide(
    _ request: UpgradeRequest, _ checked: ServerHandshake.Checked, _ context: ChannelHandlerContext
  ) {
    switch server.decide(request, context.eventLoop) {
    case .now(let decision): carryOut(decision, request, checked)
    case .later(let future):
      future.hop(to: context.eventLoop).assumeIsolated().whenComplete { result in
        switch result {
        case .success(let decision): self.carryOut(decision, request, checked)
        case .failure:
          let refusal = Refusal(.internalServerError, "the server could not decide on the request: try again")
          self.carryOut(
            .reject(status: refusal.status, reason: refusal.reason, body: refusal.body), request, checked)
        }
      }
    }
  }

  private func carryOut(_ decision: UpgradeDecision, _ request: UpgradeRequest, _ checked: ServerHandshake.Checked) {
    // The peer may have gone while the application thought.
    guard let context, context.channel.isActive, case .deciding(let early) = state else { return }
    switch decision {
    case .reject(let status, let reason, let headers, let body):
      let phrase = reason.isEmpty ? HTTPStatus.phrase(status) : reason
      refuse(Refusal(status: status, reason: phrase, headers: headers, body: body), context)
    case .accept(let subprotocol, let headers, let eventLoop, let makeDelegate):
      do throws(Refusal) {
        let response = try ServerHandshake.response(checked, request, subprotocol: subprotocol, headers: headers)
        let upgrade = Upgrade(
          opening: .init(
            role: .server, request: request, subprotocol: subprotocol, deflate: checked.deflate,
            configuration: server.connection),
          response: response, early: early, makeDelegate: makeDelegate)
        state = .done
        loop?.context.wheel.remove(self)
        perform(upgrade, on: eventLoop, context)
      } catch {
        refuse(error, context)
      }
    }
  }

  private func perform(_ upgrade: Upgrade, on eventLoop: (any EventLoop)?, _ context: ChannelHandlerContext) {
    let channel = context.channel
    if let eventLoop, eventLoop !== channel.eventLoop, !isTLS, upgrade.move(channel, to: eventLoop) { return }
    let pipeline = channel.pipeline.syncOperations
    do {
      pipeline.removeHandler(self, promise: nil)
      try pipeline.addHandler(upgrade.makeHandler())
    } catch {
      // The channel closed under us.
      channel.close(promise: nil)
    }
  }

  private func serveHTTP(_ context: ChannelHandlerContext) throws(Refusal) {
    guard let onHTTP = server.onHTTP else {
      throw Refusal(
        .upgradeRequired, "only WebSocket is served here: connect with ws:// or wss://",
        headers: [("Upgrade", "websocket"), ("Connection", "Upgrade")])
    }
    if cameFromHTTP { throw Refusal(.badRequest, "this is no request for a WebSocket: check the header Upgrade") }
    let replay = gatherer.gathered
    do {
      // From here on bytes pass through us; NIO's own buffers suit its decoder better.
      try context.channel.syncOptions?.setOption(.recvAllocator, value: AdaptiveRecvByteBufferAllocator())
      try onHTTP(context.channel, WebSocketEntrance(origin: origin, server: server, isTLS: isTLS))
    } catch {
      throw Refusal(.internalServerError, "the server could not set up HTTP: try again")
    }
    state = .done
    loop?.context.wheel.remove(self)
    let channel = context.channel
    context.fireChannelRead(wrapInboundOut(replay))
    context.fireChannelReadComplete()
    channel.pipeline.syncOperations.removeHandler(self, promise: nil)
  }

  /// Answers, ends our direction, and reads on for a limited time so that the answer is not lost to a TCP reset.
  private func refuse(_ refusal: Refusal, _ context: ChannelHandlerContext) {
    state = .refused
    gatherer = HeadGatherer(server.configuration.head)
    setTimeLimit(server.configuration.handshakeTime)
    context.writeAndFlush(NIOAny(ServerHandshake.response(refusal)), promise: nil)
    context.close(mode: .output, promise: nil)
  }
}
