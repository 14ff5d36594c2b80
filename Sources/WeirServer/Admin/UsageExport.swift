import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import WeirCore

/// Walks over the usage ledger, calling back for each row. Blocks; what the callback throws ends the walk and is thrown.
typealias UsageScan =
  @Sendable (UsageQuery, (UserID, UsageKey, UsageFigures) throws -> Void) throws -> Void

/// Sends the rows of the usage ledger as they are read: one thread walks over them and blocks, the connection's loop
/// writes, and at most one batch is between them, so that neither a long ledger nor a slow reader costs memory.
final class UsageExport: Sendable {
  private struct Gone: Error {}

  private static let batchBytes = 32 << 10
  /// Whether the connection is ready for a batch.
  private enum Turn { case reader, connection }

  private let query: UsageQuery
  private let stream: NIOLoopBound<HTTPResponseStream>
  private let eventLoop: any EventLoop
  private let turn = ConditionLock(value: Turn.reader)
  /// Nobody wants more. Under `turn`.
  private let isGone = NIOLockedValueBox(false)

  /// On the stream's loop.
  private init(_ query: UsageQuery, _ stream: HTTPResponseStream) {
    self.query = query
    self.stream = NIOLoopBound(stream, eventLoop: stream.eventLoop)
    eventLoop = stream.eventLoop
  }

  /// Answers with the rows. `whenDone` is called on the thread that has read them.
  static func run(
    _ query: UsageQuery, through stream: HTTPResponseStream, _ scan: @escaping UsageScan,
    whenDone: @escaping @Sendable () -> Void
  ) {
    let export = UsageExport(query, stream)
    stream.onWritable = { export.connectionIsReady() }
    stream.onClosed = { export.connectionIsGone() }
    BlockingThread.run {
      export.read(scan)
      whenDone()
    }
  }

  // MARK: On the reading thread

  private func read(_ scan: UsageScan) {
    var writer = UsageRowWriter(query)
    do {
      try scan(query) { user, key, figures in
        writer.add(user, key, figures)
        if writer.bytes.readableBytes >= Self.batchBytes { try send(writer.take(), isLast: false) }
      }
      writer.finish()
      try send(writer.take(), isLast: true)
    } catch is Gone {
    } catch {
      let sentence = "The ledger could not be read: \(error)"
      eventLoop.execute { self.fail(sentence) }
    }
  }

  private func send(_ bytes: ByteBuffer, isLast: Bool) throws {
    turn.lock(whenValue: .reader)
    let isGone = isGone.withLockedValue { $0 }
    turn.unlock(withValue: isGone ? .reader : .connection)
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

  private var headers: HTTPHeaders {
    switch query.format {
    case .json: ["Content-Type": "application/json"]
    case .csv:
      ["Content-Type": "text/csv; charset=utf-8", "Content-Disposition": "attachment; filename=\"usage.csv\""]
    }
  }

  private func fail(_ sentence: String) {
    let stream = stream.value
    if stream.hasBegun { stream.abort() } else { stream.respond(.text(sentence, status: .internalServerError)) }
  }

  /// The next batch may come. Held for no longer than the value takes to be set.
  private func connectionIsReady() {
    turn.lock()
    turn.unlock(withValue: .reader)
  }

  private func connectionIsGone() {
    isGone.withLockedValue { $0 = true }
    connectionIsReady()
  }
}
