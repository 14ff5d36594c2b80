import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1

/// Answers a request bit by bit with what a thread of its own makes while it blocks: that thread works, the connection's
/// loop writes, and at most one piece is between them, so that neither a long answer nor a slow reader costs memory.
final class BlockingAnswer: Sendable {
  /// Nobody reads the answer any more.
  struct Gone: Error {}

  /// Whether the connection is ready for a piece.
  private enum Turn { case work, connection }

  private let headers: HTTPHeaders
  private let stream: NIOLoopBound<HTTPResponseStream>
  private let eventLoop: any EventLoop
  private let turn = ConditionLock(value: Turn.work)
  private let isGone = NIOLockedValueBox(false)

  /// On the stream's loop.
  private init(_ headers: HTTPHeaders, _ stream: HTTPResponseStream) {
    self.headers = headers
    self.stream = NIOLoopBound(stream, eventLoop: stream.eventLoop)
    eventLoop = stream.eventLoop
  }

  /// Answers with what `work` sends; it is called on a thread of its own, and ends the answer with `end`. What it throws
  /// becomes an error where nothing has been sent, and a cut where something has. `whenDone` is called once, on that
  /// thread or here.
  static func run(
    headers: HTTPHeaders, through stream: HTTPResponseStream, whenDone: @escaping @Sendable () -> Void,
    _ work: @escaping @Sendable (BlockingAnswer) throws -> Void
  ) {
    let answer = BlockingAnswer(headers, stream)
    stream.onWritable = { answer.connectionIsReady() }
    stream.onClosed = { answer.connectionIsGone() }
    let isRunning = BlockingThread.run {
      do {
        try work(answer)
      } catch is Gone {
      } catch {
        let sentence = "\(error)"
        answer.eventLoop.execute { answer.fail(sentence) }
      }
      whenDone()
    }
    if isRunning { return }
    stream.respond(
      .text(
        "The system gives no more threads; raise the limit on processes, or try again.", status: .serviceUnavailable))
    whenDone()
  }

  // MARK: On the working thread

  /// Waits until the connection is ready, and hands it a piece.
  func send(_ bytes: ByteBuffer) throws { try send(bytes, isLast: false) }

  /// Hands over the last piece.
  func end(_ bytes: ByteBuffer = ByteBuffer()) throws { try send(bytes, isLast: true) }

  /// Hands over a piece if the connection is ready, and drops it if not: for what may be missing, such as progress.
  func offer(_ bytes: ByteBuffer) {
    // Only this thread takes the turn away, so it is still here at `send`.
    if turn.value == .work { try? send(bytes) }
  }

  private func send(_ bytes: ByteBuffer, isLast: Bool) throws {
    turn.lock(whenValue: .work)
    let isGone = isGone.withLockedValue { $0 }
    turn.unlock(withValue: isGone ? .work : .connection)
    if isGone { throw Gone() }
    eventLoop.execute { self.write(bytes, isLast: isLast) }
  }

  // MARK: On the connection's loop

  private func write(_ bytes: ByteBuffer, isLast: Bool) {
    let stream = stream.value
    if stream.isOver { return }
    if !stream.hasBegun { stream.begin(headers: headers) }
    stream.write(bytes)
    if isLast { return stream.end() }
    stream.flush()
    if stream.isWritable { connectionIsReady() }
  }

  private func fail(_ sentence: String) {
    let stream = stream.value
    if stream.hasBegun { stream.abort() } else { stream.respond(.text(sentence, status: .internalServerError)) }
  }

  /// The next piece may come. Held for no longer than the value takes to be set.
  private func connectionIsReady() {
    turn.lock()
    turn.unlock(withValue: .work)
  }

  private func connectionIsGone() {
    isGone.withLockedValue { $0 = true }
    connectionIsReady()
  }
}
