package import NIOCore
package import NIOHTTP1

/// The answer to one request, written as it comes to be. Either `respond` once, or `begin`, any number of `write` and
/// `flush`, and `end`.
///
/// Confined to the connection's event loop. Writing to a stream that is over is allowed and does nothing: the peer may go
/// at any moment. Who writes looks at `isWritable` first, and goes on at `onWritable`; else a peer that reads slowly would
/// make the server hold what it has not read.
package final class HTTPResponseStream {
  private enum State {
    /// Nothing has been said.
    case waiting
    /// The head is written.
    case open
    /// Everything is written, or nobody is left to read it.
    case over
  }

  /// The loop that the stream is confined to.
  package let eventLoop: any EventLoop
  /// The peer takes more, after it did not.
  package var onWritable: (() -> Void)?
  /// The connection has gone before the answer's end. Called once, and nothing is called after it.
  package var onClosed: (() -> Void)?

  private var state = State.waiting
  /// nil once the stream is over: the connection answers other requests then.
  private var exchange: HTTPExchangeHandler?
  private var context: ChannelHandlerContext?

  init(_ exchange: HTTPExchangeHandler, _ context: ChannelHandlerContext) {
    self.exchange = exchange
    self.context = context
    eventLoop = context.eventLoop
  }

  /// Whether nothing more can be said: all has been, or the connection has gone.
  package var isOver: Bool {
    if case .over = state { true } else { false }
  }

  /// Whether the head has been written, so that the status can no longer be chosen.
  package var hasBegun: Bool {
    if case .waiting = state { false } else { true }
  }

  /// Whether the peer takes more.
  package var isWritable: Bool { context?.channel.isWritable ?? false }

  /// Bytes that were written and that the kernel has not taken.
  package var outstandingBytes: Int {
    guard let options = context?.channel.syncOptions else { return 0 }
    return (try? options.getOption(ChannelOptions.bufferedWritableBytes)) ?? 0
  }

  /// Answers with a whole response.
  package func respond(_ response: HTTPResponse) {
    guard case .waiting = state, let (exchange, context) = finish() else { return }
    exchange.respond(response, context)
    exchange.resume(context)
  }

  /// Writes the head of an answer of unknown length: chunked, or up to the connection's end for HTTP/1.0.
  package func begin(status: HTTPResponseStatus = .ok, headers: HTTPHeaders = [:]) {
    guard case .waiting = state, let exchange, let context else { return }
    state = .open
    exchange.beginStream(HTTPResponse(status: status, headers: headers), context)
  }

  /// Writes some of the body; it goes out with the next `flush`.
  package func write(_ bytes: ByteBuffer) {
    guard case .open = state, let exchange, let context, bytes.readableBytes > 0 else { return }
    exchange.writeToStream(bytes, context)
    if outstandingBytes > exchange.limits.outstandingBytes {
      let closed = onClosed
      abort()
      (onClosed, onWritable) = (nil, nil)
      closed?()
    }
  }

  /// Sends what was written.
  package func flush() {
    context?.flush()
  }

  /// The answer is complete.
  package func end() {
    guard case .open = state, let (exchange, context) = finish() else { return }
    exchange.endStream(context)
    exchange.resume(context)
  }

  /// Gives the answer up: the connection ends, and the peer can tell that something is missing.
  package func abort() {
    guard let (exchange, context) = finish() else { return }
    exchange.abortStream(context)
  }

  /// The connection has gone, or nobody wants the rest.
  func closed() {
    if finish() == nil { return }
    let closed = onClosed
    (onClosed, onWritable) = (nil, nil)
    closed?()
  }

  private func finish() -> (HTTPExchangeHandler, ChannelHandlerContext)? {
    guard let exchange, let context else { return nil }
    state = .over
    self.exchange = nil
    self.context = nil
    return (exchange, context)
  }
}
