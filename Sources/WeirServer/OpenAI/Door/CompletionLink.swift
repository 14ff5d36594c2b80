import NIOCore
import WeirCore
import WeirWire

/// A call's answer on its way out, as a device of the user. Confined to the shard; what a sweep has for it crosses to the
/// connection's loop as one batch (rule 2), and the connection reports what its socket has taken.
final class CompletionLink: DeviceLink {
  /// The device that the core made of this link.
  var device: Device?
  private let connection: NIOLoopBound<CompletionExchange>
  private let connectionLoop: any EventLoop
  private let shardLoop: any EventLoop
  private let highWaterBytes: Int
  private var writer: CompletionWriter
  private var underWayBytes = 0

  init(
    _ connection: NIOLoopBound<CompletionExchange>, connectionLoop: any EventLoop, shardLoop: any EventLoop,
    writer: CompletionWriter, highWaterBytes: Int
  ) {
    self.connection = connection
    self.connectionLoop = connectionLoop
    self.shardLoop = shardLoop
    self.writer = writer
    self.highWaterBytes = highWaterBytes
  }

  var isWritable: Bool { outstandingBytes < highWaterBytes }

  var outstandingBytes: Int { underWayBytes + writer.waitingBytes }

  func send(_ frame: ServerFrame) {
    switch frame.frame {
    case .turnStarted(let started): writer.start(started)
    case .queuePosition(let place): writer.comment("queued \(place.position)")
    case .turnSeam(let seam): writer.comment("seam from \(seam.fromEndpoint) to \(seam.toEndpoint)")
    case .turnFinished(let finished): writer.finish(finished.reason, finished.usage)
    case .turnFailed(let failed): writer.fail(OpenAIError(failed.error ?? WeirError(code: .internal)))
    case .error(let error): writer.fail(OpenAIError(error))
    // Everything else is about conversations, which a call has none of.
    default: break
    }
  }

  func sendDelta(turnID: TurnID, offset: UInt64, part: PartMark, text: UnsafeRawBufferPointer) {
    writer.add(part, text)
  }

  func flush() {
    let output = writer.take()
    if output.isEmpty { return }
    underWayBytes += output.bytes.readableBytes
    let connection = connection
    if connectionLoop === shardLoop {
      connection.value.write(output)
    } else {
      connectionLoop.execute { connection.value.write(output) }
    }
  }

  func close(_ reason: DeviceCloseReason) {
    switch reason {
    case .tooManyDevices(let limit):
      fail(.rateLimited, "This user has \(limit) calls running, the most allowed; wait for one to end.", afterMs: 1000)
    case .tokenExpired: fail(.unauthenticated, "The token has expired; get a new one and call again.", afterMs: 0)
    case .goingAway(let afterMs): fail(.shuttingDown, "The server is stopping; call again.", afterMs: max(1, afterMs))
    case .beingErased(let afterMs):
      fail(.overloaded, "Everything stored for this user is being erased; call again in a while.", afterMs: afterMs)
    case .stalled: writer.cut()
    }
    flush()
  }

  private func fail(_ code: ErrorCode, _ sentence: String, afterMs: UInt32) {
    writer.fail(
      OpenAIError(WeirError(code: code, message: sentence, retryable: afterMs > 0, retryAfterMs: afterMs)))
  }

  /// The connection has written so many bytes. True if the link takes more now and did not before.
  func wrote(_ bytes: Int) -> Bool {
    let wasFull = !isWritable
    underWayBytes = max(0, underWayBytes - bytes)
    return wasFull && isWritable
  }
}
