import Logging
import NIOCore
import WebSocket
import WeirCore
import WeirWire

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What all device connections share: limits, metrics, and how a connection ends with a reason.
final class ConnectionContext: Sendable {
  let metrics: Metrics
  let logger: Logger
  let highWaterBytes: Int
  /// Beyond this a device that takes nothing is closed, whatever it was being sent.
  let maximumOutstandingBytes: Int

  init(metrics: Metrics, logger: Logger, highWaterBytes: Int, maximumOutstandingBytes: Int) {
    self.metrics = metrics
    self.logger = logger
    self.highWaterBytes = highWaterBytes
    self.maximumOutstandingBytes = maximumOutstandingBytes
  }

  func opened() {
    metrics.connectionsAccepted.add(1)
    metrics.connectionsOpen.add(1)
  }

  func closed(_ code: CloseCode) {
    metrics.connectionsOpen.add(-1)
    metrics.connectionsClosed[CloseClass(code: code.rawValue, fromServer: false)].add()
  }

  func received(bytes: Int) {
    metrics.framesIn.add(1)
    metrics.bytesIn.add(bytes)
  }

  func sent(frames: Int, bytes: Int) {
    metrics.framesOut.add(frames)
    metrics.bytesOut.add(bytes)
  }

  /// A message that is not a frame: the device is told what is wrong with it, and the connection ends.
  func refuse(_ refusal: FrameCodec.Refusal, on webSocket: WebSocketConnection, _ codec: FrameCodec) {
    metrics.refusals.add(1)
    switch refusal {
    case .wrongKind:
      webSocket.close(code: .unsupportedData, reason: "send text for weir.v1.json, binary for weir.v1")
    case .malformed(let error):
      let frame = ServerFrame(frame: .error(WeirError(code: .invalidArgument, message: "\(error)")))
      FrameWriter.write(frame, to: webSocket, codec)
      webSocket.close(code: .invalidPayload, reason: "a message does not follow the schema")
    }
  }

  /// Says goodbye and starts the close handshake.
  func close(_ webSocket: WebSocketConnection, _ reason: DeviceCloseReason, _ codec: FrameCodec) {
    let (code, goodbye) = Self.words(for: reason)
    FrameWriter.write(ServerFrame(frame: .goodbye(goodbye)), to: webSocket, codec)
    webSocket.close(code: code, reason: String(goodbye.message.prefix(100)))
    logger.debug("device sent away", metadata: ["code": "\(code.rawValue)", "reason": "\(goodbye.message)"])
  }

  private static func words(for reason: DeviceCloseReason) -> (CloseCode, Goodbye) {
    switch reason {
    case .tooManyDevices(let limit):
      (
        .policyViolation,
        Goodbye(
          code: .rateLimited, message: "This user has \(limit) devices connected, the most allowed. Close one first.")
      )
    case .stalled:
      (
        .tryAgainLater,
        Goodbye(
          code: .overloaded, message: "The device took nothing for too long. Connect again and resume.",
          reconnectAfterMs: 1000)
      )
    case .tokenExpired:
      (
        CloseCode(rawValue: 4401),
        Goodbye(code: .unauthenticated, message: "The token has expired. Connect again with a new one.")
      )
    case .goingAway(let reconnectAfterMs):
      (
        .serviceRestart,
        Goodbye(
          code: .shuttingDown, message: "The server is stopping. Connect again and resume.",
          reconnectAfterMs: reconnectAfterMs)
      )
    case .beingErased(let reconnectAfterMs):
      (
        .tryAgainLater,
        Goodbye(
          code: .overloaded,
          message: "Everything stored for this user is being erased. Connect again in a while to begin anew.",
          reconnectAfterMs: reconnectAfterMs)
      )
    }
  }

  /// SIOCOUTQ (tcp(7)), which is a macro that Swift does not see.
  private static let outputQueue: UInt = 0x5411

  /// Bytes the kernel holds for the peer: how a device that reads very slowly is told from one that reads nothing.
  func unsentBytes(of webSocket: WebSocketConnection) -> Int {
    let count = try? webSocket.channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
      of: NIOBSDSocket.Handle.self
    ) { handle -> Int in
      var bytes: CInt = 0
      return ioctl(handle, Self.outputQueue, &bytes) == 0 ? Int(bytes) : 0
    }
    return (count ?? nil) ?? 0
  }
}
