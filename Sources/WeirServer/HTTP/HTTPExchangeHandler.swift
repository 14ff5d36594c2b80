import Glibc
import NIOCore
import NIOHTTP1

/// One HTTP/1.1 connection's requests, one after another: gathers each, has it routed, writes the answer. Bounds what a
/// peer may send and how long it may take; every refusal is a response with a sentence, and then the end.
///
/// Sits behind NIO's decoder and encoder. While a route thinks, or the peer does not take its answers, pipelined requests
/// wait here and nothing more is read, so that one read is the most that waits. Runs on the channel's event loop.
final class HTTPExchangeHandler: ChannelDuplexHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundIn = Never
  typealias OutboundOut = HTTPServerResponsePart

  private enum State {
    /// No request, or not yet a whole head of one.
    case idle
    /// The head has come and is good; the body is coming.
    case body(HTTPRequestHead, ByteBuffer)
    /// The route has it.
    case thinking(HTTPRequestHead, id: String)
    /// The last answer is on its way; whatever else comes is dropped.
    case closing
  }

  private let router: HTTPRouter
  private let limits: HTTPLimits
  private var state = State.idle
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
  /// The peer sends no more, or the server stops: the connection ends with the answer at hand.
  private var isLast = false

  init(router: HTTPRouter, limits: HTTPLimits) {
    self.router = router
    self.limits = limits
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
    state = .closing
    waiting.removeAll()
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
      state = .closing
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
    case (.body(var part), .body(let head, var body)):
      if body.readableBytes + part.readableBytes > limits.bodyBytes {
        refuseBody(context)
        return
      }
      // The buffer must have one owner while it is written to, or each part would copy all before it.
      state = .idle
      body.writeBuffer(&part)
      state = .body(head, body)
    case (.end, .body(let head, let body)):
      answer(head, body, context)
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
    if let length = head.headers.first(name: "content-length").flatMap({ Int($0) }), length > limits.bodyBytes {
      refuseBody(context)
      return
    }
    arm(limits.bodyTime, context)
    state = .body(head, ByteBuffer())
    if head.headers[canonicalForm: "expect"].contains(where: { $0.lowercased() == "100-continue" }) {
      let go = HTTPResponseHead(version: .http1_1, status: .continue)
      context.writeAndFlush(wrapOutboundOut(.head(go)), promise: nil)
    }
  }

  private func answer(_ head: HTTPRequestHead, _ body: ByteBuffer, _ context: ChannelHandlerContext) {
    let target = RequestTarget(head.uri)
    let request = HTTPRequest(
      method: head.method, target: target, headers: head.headers, body: body, remote: context.remoteAddress)
    state = .thinking(head, id: request.requestID)
    switch router.route(head.method, target.path) {
    case .immediate(let route):
      respond(route(request), context)
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
    if case .thinking = state { return true }
    return !waiting.isEmpty || (!context.channel.isWritable && context.channel.isActive)
  }

  /// Takes up what had to wait, as far as it need not any longer.
  private func resume(_ context: ChannelHandlerContext) {
    // Writing an answer can change the channel's writability, and come back here.
    if isResuming { return }
    isResuming = true
    defer { isResuming = false }
    while context.channel.isWritable {
      if case .thinking = state { return }
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

  // MARK: A response

  /// Writes the answer to the request in `state`, and goes on to the next request or closes.
  private func respond(_ response: HTTPResponse, _ context: ChannelHandlerContext) {
    guard case .thinking(let head, let id) = state else { return }
    // Behind a request for another protocol the decoder stops: no further request could be read.
    let keepsAlive = head.isKeepAlive && !isLast && !head.headers.contains(name: "upgrade")
    write(response, version: head.version, isHead: head.method == .HEAD, id: id, keepsAlive: keepsAlive, context)
  }

  private func refuse(_ error: HTTPParserError, _ context: ChannelHandlerContext) {
    switch error {
    case .headerOverflow:
      refuse(
        .requestHeaderFieldsTooLarge,
        "The request has more than \(limits.headerFields) headers or \(limits.headBytes) bytes of them; send fewer.",
        context)
    case .invalidVersion:
      refuse(.httpVersionNotSupported, "This server speaks HTTP/1.1.", context)
    default:
      refuse(.badRequest, "This is not an HTTP/1.1 request.", context)
    }
  }

  private func refuseBody(_ context: ChannelHandlerContext) {
    refuse(.payloadTooLarge, "The request's body is larger than \(limits.bodyBytes) bytes.", context)
  }

  /// Answers what is no good request, and closes.
  private func refuse(_ status: HTTPResponseStatus, _ sentence: String, _ context: ChannelHandlerContext) {
    if case .closing = state { return }
    write(
      .text(sentence, status: status), version: .http1_1, isHead: false, id: RequestID.next(), keepsAlive: false,
      context)
  }

  private func write(
    _ response: HTTPResponse, version: HTTPVersion, isHead: Bool, id: String, keepsAlive: Bool,
    _ context: ChannelHandlerContext
  ) {
    // The state first: what is written may fail, and come back as an event, before the call returns.
    state = keepsAlive ? .idle : .closing
    // Also while closing: a peer that does not take the answer is not waited for.
    arm(limits.idleTime, context)
    let head = responseHead(response, version: version, id: id, keepsAlive: keepsAlive)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    if !isHead && response.body.readableBytes > 0 {
      context.write(wrapOutboundOut(.body(.byteBuffer(response.body))), promise: nil)
    }
    if keepsAlive {
      context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    } else {
      let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
      context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in bound.value.close(promise: nil) }
    }
  }

  private func responseHead(
    _ response: HTTPResponse, version: HTTPVersion, id: String, keepsAlive: Bool
  ) -> HTTPResponseHead {
    var head = HTTPResponseHead(version: version, status: response.status, headers: response.headers)
    for (name, value) in HTTPResponse.defaultHeaders where !head.headers.contains(name: name) {
      head.headers.add(name: name, value: value)
    }
    head.headers.replaceOrAdd(name: "Content-Length", value: String(response.body.readableBytes))
    head.headers.replaceOrAdd(name: "Date", value: HTTPDate.text(time(nil)))
    head.headers.replaceOrAdd(name: "X-Request-Id", value: id)
    if !keepsAlive {
      head.headers.replaceOrAdd(name: "Connection", value: "close")
    } else if version.minor == 0 {
      head.headers.replaceOrAdd(name: "Connection", value: "keep-alive")
    }
    return head
  }

  // MARK: Time

  /// Starts the one clock that runs, in place of the one before.
  private func arm(_ time: TimeAmount, _ context: ChannelHandlerContext) {
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
    case .idle, .body:
      refuse(.requestTimeout, "The request took too long to arrive.", context)
    case .thinking:
      thought?.cancel()
      refuse(.serviceUnavailable, "The answer took too long; try again later.", context)
    }
  }
}
