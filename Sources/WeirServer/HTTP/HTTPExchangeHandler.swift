import NIOCore
import NIOHTTP1

/// One HTTP/1.1 connection's requests, one after another: gathers each, has it routed, writes the answer. Bounds what a
/// peer may send and how long it may take; every refusal is a response with a sentence, and then the end.
///
/// Sits behind NIO's decoder and encoder. While a route thinks or streams, or the peer does not take its answers,
/// pipelined requests wait here and nothing more is read, so that one read is the most that waits. (The end of the
/// connection is noticed all the same.) Runs on the channel's event loop.
final class HTTPExchangeHandler: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundIn = Never
  typealias OutboundOut = HTTPServerResponsePart

  /// A request whose head has come and is good.
  struct Incoming {
    let head: HTTPRequestHead
    var request: HTTPRequest
    let endpoint: HTTPRouter.Endpoint
    /// The answer, if it is already known: then the body is not kept.
    let refusal: HTTPResponse?
    var bodyBytes = 0
    /// What its body has of the memory for all bodies; nil: nothing of a body has come.
    var share: BodyRoom.Share?
  }

  enum State {
    /// No request, or not yet a whole head of one.
    case idle
    /// The body is coming.
    case body(Incoming)
    /// The route has it.
    case thinking(HTTPRequestHead, id: String)
    /// The route has it, and answers bit by bit.
    case streaming(HTTPRequestHead, id: String, HTTPResponseStream)
    /// The request at hand is for WebSocket. Its end, and then the connection, goes to other handlers.
    case changing(HTTPRequestHead)
    /// The last answer is on its way; whatever else comes is dropped.
    case closing
  }

  let limits: HTTPLimits
  var state = State.idle
  /// The peer sends no more, or the server stops: the connection ends with the answer at hand.
  var isLast = false
  /// What the answer at hand says to pages of other sites.
  var crossOriginHeaders: [(name: String, value: String)] = []
  /// Gives the connection, on which nothing is under way, to WebSocket with the head of a request for it; nil: no WebSocket.
  var changeToWebSocket: ((HTTPRequestHead) -> Void)?
  private let router: HTTPRouter
  private let remote: SocketAddress?
  /// Counts requests, so that a late answer finds out that its request is over.
  private var requests = 0
  private var deadline: Scheduled<Void>?
  /// What was read while it could not be answered.
  private var waiting = CircularBuffer<HTTPServerRequestPart>()
  private var waitingError: HTTPParserError?
  private var wantsRead = false
  private var isResuming = false
  /// The route that thinks.
  private var thought: Task<Void, Never>?

  init(router: HTTPRouter, limits: HTTPLimits, remote: SocketAddress?) {
    self.router = router
    self.limits = limits
    self.remote = remote
  }

  func handlerAdded(context: ChannelHandlerContext) {
    arm(limits.headTime, context)
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    deadline?.cancel()
  }

  func channelInactive(context: ChannelHandlerContext) {
    deadline?.cancel()
    thought?.cancel()
    waiting.removeAll()
    if case .streaming(_, _, let stream) = state {
      state = .closing
      stream.closed()
    }
    state = .closing
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if mustWait(context) {
      waiting.append(unwrapInboundIn(data))
    } else {
      received(unwrapInboundIn(data), context)
    }
  }

  func read(context: ChannelHandlerContext) {
    if mustWait(context) {
      wantsRead = true
    } else {
      context.read()
    }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if case .streaming(_, _, let stream) = state {
      if context.channel.isWritable {
        deadline?.cancel()
        stream.onWritable?()
      } else {
        arm(limits.stallTime, context)
      }
    }
    resume(context)
    context.fireChannelWritabilityChanged()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if let error = error as? HTTPParserError {
      if mustWait(context) {
        waitingError = error
      } else {
        refuse(error, context)
      }
    } else {
      // The connection is broken: nobody is left to be told.
      context.close(promise: nil)
    }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if event is ChannelShouldQuiesceEvent || event as? ChannelEvent == .inputClosed {
      isLast = true
      if case .idle = state {
        state = .closing
        context.close(promise: nil)
      }
    }
    context.fireUserInboundEventTriggered(event)
  }

  // MARK: A request

  private func received(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
    switch (part, state) {
    case (.head(let head), .idle):
      received(head, context)
    case (.body(var part), .body(var incoming)):
      incoming.bodyBytes += part.readableBytes
      let limit = incoming.endpoint.bodyBytes ?? limits.bodyBytes
      if incoming.bodyBytes > limit { return refuseBody(limit, context) }
      // The buffer must have one owner while it is written to, or each part would copy all before it.
      state = .idle
      if incoming.refusal == nil {
        let share = incoming.share ?? router.bodies.share()
        guard share.grow(by: part.readableBytes) else { return refuseForRoom(context) }
        incoming.share = share
        incoming.request.body.writeBuffer(&part)
      }
      state = .body(incoming)
    case (.end, .body(let incoming)):
      answer(incoming, context)
    case (.end, .changing(let head)):
      deadline?.cancel()
      state = .closing
      changeToWebSocket?(head)
    default:
      break
    }
  }

  private func received(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
    requests += 1
    if head.uri.utf8.count > limits.targetBytes {
      refuse(.uriTooLong, "The request's target is longer than \(limits.targetBytes) bytes.", context)
      return
    }
    // RFC 9112 §3.2: exactly one Host in HTTP/1.1.
    if head.version.minor >= 1 && head.headers["host"].count != 1 {
      refuse(.badRequest, "An HTTP/1.1 request needs exactly one Host header.", context)
      return
    }
    if changeToWebSocket != nil, !isLast, WebSocketChange.isWanted(head) {
      arm(limits.bodyTime, context)
      state = .changing(head)
      return
    }
    let target = RequestTarget(head.uri)
    crossOriginHeaders = router.crossOrigin?.headers(head, path: target.path) ?? []
    let endpoint = router.endpoint(head.method, target.path)
    let limit = endpoint.bodyBytes ?? limits.bodyBytes
    if let length = head.headers.first(name: "content-length").flatMap({ Int($0) }), length > limit {
      refuseBody(limit, context)
      return
    }
    arm(limits.bodyTime, context)
    let request = HTTPRequest(
      method: head.method, target: target, headers: head.headers, remote: remote)
    let refusal = endpoint.refusal?(request)
    state = .body(Incoming(head: head, request: request, endpoint: endpoint, refusal: refusal))
    if head.headers[canonicalForm: "expect"].contains(where: { $0.lowercased() == "100-continue" }) {
      if let refusal {
        // The peer has asked before it sends the body, and now may send it or not: only the end tells where it ends.
        write(
          refusal, version: head.version, isHead: false, id: request.requestID, keepsAlive: false, lingers: true,
          context)
      } else {
        let go = HTTPResponseHead(version: .http1_1, status: .continue)
        context.writeAndFlush(wrapOutboundOut(.head(go)), promise: nil)
      }
    }
  }

  private func answer(_ incoming: Incoming, _ context: ChannelHandlerContext) {
    let (head, request) = (incoming.head, incoming.request)
    state = .thinking(head, id: request.requestID)
    if let refusal = incoming.refusal { return respond(refusal, context) }
    switch incoming.endpoint.route {
    case .immediate(let route):
      respond(route(request), context)
    case .stream(let route):
      deadline?.cancel()
      let stream = HTTPResponseStream(self, context)
      state = .streaming(head, id: request.requestID, stream)
      route(request, stream)
    case .later(let route):
      arm(limits.responseTime, context)
      let number = requests
      let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
      let loop = context.eventLoop
      thought = Task {
        let response = await route(request)
        loop.execute {
          let (handler, context) = bound.value
          // The request may have been refused for its slowness, or the peer may have gone.
          guard case .thinking = handler.state, handler.requests == number else { return }
          handler.respond(response, context)
          handler.resume(context)
        }
      }
    }
  }

  /// Whether the next part has to wait: for a route, for the peer to take what it asked for, or for parts before it.
  private func mustWait(_ context: ChannelHandlerContext) -> Bool {
    switch state {
    case .thinking, .streaming: true
    // What comes now is dropped, and has to be read for that.
    case .closing: false
    case .idle, .body, .changing: !waiting.isEmpty || (!context.channel.isWritable && context.channel.isActive)
    }
  }

  /// Takes up what had to wait, as far as it need not any longer.
  func resume(_ context: ChannelHandlerContext) {
    // Writing an answer can change the channel's writability, and come back here.
    if isResuming { return }
    isResuming = true
    defer { isResuming = false }
    while context.channel.isWritable {
      switch state {
      case .thinking, .streaming: return
      case .closing: waiting.removeAll()
      case .idle, .body, .changing: break
      }
      guard let part = waiting.popFirst() else { break }
      received(part, context)
    }
    if mustWait(context) { return }
    if let error = waitingError {
      waitingError = nil
      refuse(error, context)
    }
    if wantsRead {
      wantsRead = false
      context.read()
    }
  }

  // MARK: Time

  /// Starts the one clock that runs, in place of the one before.
  func arm(_ time: TimeAmount, _ context: ChannelHandlerContext) {
    deadline?.cancel()
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    deadline = context.eventLoop.scheduleTask(in: time) {
      let (handler, context) = bound.value
      handler.timedOut(context)
    }
  }

  private func timedOut(_ context: ChannelHandlerContext) {
    switch state {
    case .idle where requests > 0, .closing:
      // Between requests there is nothing to answer.
      state = .closing
      context.close(promise: nil)
    case .idle, .body, .changing:
      refuse(.requestTimeout, "The request took too long to arrive.", context)
    case .thinking:
      thought?.cancel()
      refuse(.serviceUnavailable, "The answer took too long; try again later.", context)
    case .streaming:
      // The peer has taken nothing for too long. The route hears of it as the connection ends.
      context.close(promise: nil)
    }
  }
}
