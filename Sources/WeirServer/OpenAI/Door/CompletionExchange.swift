import NIOCore
import WeirCore

/// A call at its connection's end: writes what the shard's end gives, reports what the socket took, and keeps the
/// connection alive while the model is silent. Confined to the connection's event loop.
final class CompletionExchange {
  /// After so long without a byte a comment goes out: proxies close connections that are silent, and a peer that is no
  /// longer there is found out.
  private static let heartbeat = TimeAmount.seconds(15)

  private let stream: HTTPResponseStream
  private let host: any CompletionHost
  /// The shard's end; to be looked into on the shard only.
  private let link: NIOLoopBoundBox<CompletionLink?>
  /// Written to the stream, not yet reported because the socket is full.
  private var unreported = 0
  private var lastWrite: NIODeadline
  private var beat: Scheduled<Void>?

  private init(_ stream: HTTPResponseStream, _ host: any CompletionHost) {
    self.stream = stream
    self.host = host
    lastWrite = stream.eventLoop.now
    link = NIOLoopBoundBox.makeEmptyBox(eventLoop: host.eventLoop)
  }

  /// Has the host answer a call through `stream`. On the stream's event loop.
  static func run(
    _ call: DirectCall, for caller: Caller, _ writer: CompletionWriter, on host: any CompletionHost,
    through stream: HTTPResponseStream, highWaterBytes: Int
  ) {
    let exchange = CompletionExchange(stream, host)
    stream.onWritable = { exchange.report() }
    stream.onClosed = { exchange.over() }
    let connection = NIOLoopBound(exchange, eventLoop: stream.eventLoop)
    let (seat, loop) = (exchange.link, stream.eventLoop)
    exchange.onShard {
      let link = CompletionLink(
        connection, connectionLoop: loop, shardLoop: host.eventLoop, writer: writer, highWaterBytes: highWaterBytes)
      seat.value = link
      host.begin(call, for: caller, link)
    }
  }

  /// Writes what the shard gave; one flush.
  func write(_ output: CompletionWriter.Output) {
    if stream.isOver { return }
    if let response = output.response {
      stream.respond(response)
      return over()
    }
    lastWrite = stream.eventLoop.now
    if let head = output.head {
      stream.begin(headers: head)
      scheduleBeat()
    }
    unreported += output.bytes.readableBytes
    stream.write(output.bytes)
    switch output.end {
    case .whole: stream.end()
    case .cut: stream.abort()
    case nil:
      stream.flush()
      return report()
    }
    over()
  }

  /// Tells the shard what has gone out, so that it sends more: at once while the socket takes it, else when it does again.
  private func report() {
    guard stream.isWritable, unreported > 0 else { return }
    let (link, host, bytes) = (link, host, unreported)
    unreported = 0
    onShard {
      if let link = link.value, link.wrote(bytes) { host.writable(link) }
    }
  }

  /// Everything is written, or nobody is left to read it.
  private func over() {
    beat?.cancel()
    (stream.onWritable, stream.onClosed) = (nil, nil)
    let (seat, host) = (link, host)
    onShard {
      guard let link = seat.value else { return }
      seat.value = nil
      host.end(link)
    }
  }

  /// Later even if this loop is the shard's: the core may be on the stack.
  private func onShard(_ work: @escaping @Sendable () -> Void) {
    host.eventLoop.execute(work)
  }

  private func scheduleBeat() {
    let bound = NIOLoopBound(self, eventLoop: stream.eventLoop)
    beat = stream.eventLoop.scheduleTask(deadline: lastWrite + Self.heartbeat) { bound.value.beatIfSilent() }
  }

  private func beatIfSilent() {
    if stream.isOver { return }
    if stream.eventLoop.now - lastWrite >= Self.heartbeat {
      if stream.isWritable {
        stream.write(ByteBuffer(string: ": still here\n\n"))
        stream.flush()
      }
      lastWrite = stream.eventLoop.now
    }
    scheduleBeat()
  }
}
