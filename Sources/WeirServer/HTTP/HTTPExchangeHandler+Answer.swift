import Glibc
import NIOCore
import NIOHTTP1

// How answers are written: whole, bit by bit, or as a refusal that ends the connection.
extension HTTPExchangeHandler {
  /// Writes the answer to the request in `state`, and goes on to the next request or closes.
  func respond(_ response: HTTPResponse, _ context: ChannelHandlerContext) {
    guard let (head, id) = answered else { return }
    write(
      response, version: head.version, isHead: head.method == .HEAD, id: id, keepsAlive: keepsAlive(head), context)
  }

  private var answered: (HTTPRequestHead, id: String)? {
    switch state {
    case .thinking(let head, let id), .streaming(let head, let id, _): (head, id)
    case .idle, .body, .changing, .closing: nil
    }
  }

  /// Behind a request for another protocol the decoder stops: no further request could be read.
  private func keepsAlive(_ head: HTTPRequestHead) -> Bool {
    head.isKeepAlive && !isLast && !head.headers.contains(name: "upgrade")
  }

  // MARK: Bit by bit

  /// Writes a streamed answer's head. Only its status and headers count.
  func beginStream(_ response: HTTPResponse, _ context: ChannelHandlerContext) {
    guard case .streaming(let head, let id, let stream) = state else { return }
    let isHead = head.method == .HEAD
    // Without chunks (HTTP/1.0) only the connection's end ends the body; and the encoder would end the chunks of a body
    // that an answer to HEAD does not have.
    let keepsAlive = keepsAlive(head) && head.version.minor >= 1 && !isHead
    var answer = responseHead(response, version: head.version, id: id, keepsAlive: keepsAlive)
    answer.headers.remove(name: "Content-Length")
    context.write(wrapOutboundOut(.head(answer)), promise: nil)
    if !keepsAlive { isLast = true }
    guard isHead else { return }
    state = .closing
    arm(limits.lingerTime, context)
    flushAndClose(context)
    // The route is still on the stack, and may not yet have said whom to tell.
    let bound = NIOLoopBound(stream, eventLoop: context.eventLoop)
    context.eventLoop.execute { bound.value.closed() }
  }

  /// Writes some of a streamed answer's body.
  func writeToStream(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
    guard case .streaming = state else { return }
    context.write(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
  }

  /// Ends a streamed answer, and goes on to the next request or closes.
  func endStream(_ context: ChannelHandlerContext) {
    guard case .streaming(let head, _, _) = state else { return }
    let keepsAlive = keepsAlive(head)
    state = keepsAlive ? .idle : .closing
    arm(limits.idleTime, context)
    context.write(wrapOutboundOut(.end(nil)), promise: nil)
    if keepsAlive { context.flush() } else { flushAndClose(context) }
  }

  /// Gives a streamed answer up.
  func abortStream(_ context: ChannelHandlerContext) {
    state = .closing
    arm(limits.lingerTime, context)
    flushAndClose(context)
  }

  // MARK: Refusals

  func refuse(_ error: HTTPParserError, _ context: ChannelHandlerContext) {
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

  func refuseBody(_ limit: Int, _ context: ChannelHandlerContext) {
    refuse(.payloadTooLarge, "The request's body is larger than \(limit) bytes.", context)
  }

  /// All bodies together take as much memory as they may.
  func refuseForRoom(_ context: ChannelHandlerContext) {
    refuse(
      .serviceUnavailable, "The server has no room for more request bodies at the moment. Try again in a second.",
      headers: [("Retry-After", "1")], context)
  }

  /// Answers what is no good request, and closes.
  func refuse(
    _ status: HTTPResponseStatus, _ sentence: String, headers: [(String, String)] = [], _ context: ChannelHandlerContext
  ) {
    if case .closing = state { return }
    var response = HTTPResponse.text(sentence, status: status)
    response.headers.add(contentsOf: headers)
    write(
      response, version: .http1_1, isHead: false, id: RequestID.next(), keepsAlive: false, lingers: true, context)
  }

  // MARK: Whole

  /// Writes an answer and goes on to the next request or closes. `lingers`: the peer may still be sending.
  func write(
    _ response: HTTPResponse, version: HTTPVersion, isHead: Bool, id: String, keepsAlive: Bool, lingers: Bool = false,
    _ context: ChannelHandlerContext
  ) {
    // The state first: what is written may fail, and come back as an event, before the call returns.
    state = keepsAlive ? .idle : .closing
    // Also while closing: a peer that does not take the answer is not waited for.
    arm(limits.idleTime, context)
    var head = responseHead(response, version: version, id: id, keepsAlive: keepsAlive)
    head.headers.replaceOrAdd(name: "Content-Length", value: String(response.body.readableBytes))
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    if !isHead && response.body.readableBytes > 0 {
      context.write(wrapOutboundOut(.body(.byteBuffer(response.body))), promise: nil)
    }
    context.write(wrapOutboundOut(.end(nil)), promise: nil)
    if keepsAlive {
      context.flush()
    } else {
      flushAndClose(context, lingers: lingers)
    }
  }

  /// Sends what is written, then ends the connection. With `lingers` our direction ends first, and the rest when the peer
  /// has seen that, or after a while.
  private func flushAndClose(_ context: ChannelHandlerContext, lingers: Bool = false) {
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer())))).whenComplete { _ in
      let (handler, context) = bound.value
      guard lingers else { return context.close(promise: nil) }
      handler.arm(handler.limits.lingerTime, context)
      context.close(mode: .output).whenFailure { _ in bound.value.1.close(promise: nil) }
    }
  }

  private func responseHead(
    _ response: HTTPResponse, version: HTTPVersion, id: String, keepsAlive: Bool
  ) -> HTTPResponseHead {
    var head = HTTPResponseHead(version: version, status: response.status, headers: response.headers)
    for (name, value) in HTTPResponse.defaultHeaders where !head.headers.contains(name: name) {
      head.headers.add(name: name, value: value)
    }
    for (name, value) in crossOriginHeaders { head.headers.add(name: name, value: value) }
    head.headers.replaceOrAdd(name: "Date", value: HTTPDate.text(time(nil)))
    head.headers.replaceOrAdd(name: "X-Request-Id", value: id)
    if !keepsAlive {
      head.headers.replaceOrAdd(name: "Connection", value: "close")
    } else if version.minor == 0 {
      head.headers.replaceOrAdd(name: "Connection", value: "keep-alive")
    }
    return head
  }
}
