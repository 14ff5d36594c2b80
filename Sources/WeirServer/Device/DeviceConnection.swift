import Logging
import NIOCore
import WebSocket
import WeirCore
import WeirWire

/// A device whose connection lives on its shard's own event loop: frames go from the socket into the session and back
/// without changing threads. Confined to that loop.
final class DeviceConnection: WebSocketDelegate, DeviceLink {
  private let shard: Shard
  private let visit: DeviceVisit
  private let context: ConnectionContext
  private var codec: FrameCodec
  private var webSocket: WebSocketConnection?
  private var device: Device?
  /// Given to the socket since the last flush, for the metrics.
  private var written = (frames: 0, bytes: 0)

  init(shard: Shard, visit: DeviceVisit, context: ConnectionContext, codec: FrameCodec) {
    self.shard = shard
    self.visit = visit
    self.context = context
    self.codec = codec
  }

  // MARK: What the socket says

  func webSocketDidOpen(_ webSocket: WebSocketConnection) {
    guard webSocket.eventLoop === shard.eventLoop else { return handOver(webSocket) }
    self.webSocket = webSocket
    context.opened()
    device = shard.onLoop { visit.connect(to: $0, link: self) }
  }

  /// The connection could not move to the shard's loop (TLS stays where it was accepted): it goes through the mailbox.
  private func handOver(_ webSocket: WebSocketConnection) {
    let remote = RemoteConnection(shard: shard, visit: visit, context: context, codec: codec)
    webSocket.delegate = remote
    remote.webSocketDidOpen(webSocket)
  }

  func webSocket(_ webSocket: WebSocketConnection, didReceive kind: MessageKind, _ payload: ByteBuffer) {
    guard let device else { return }
    context.received(bytes: payload.readableBytes)
    do throws(FrameCodec.Refusal) {
      let frame = try codec.decode(kind, payload)
      shard.onLoop { $0.received(frame, from: device) }
    } catch {
      context.refuse(error, on: webSocket, codec)
    }
  }

  func webSocketWritabilityChanged(_ webSocket: WebSocketConnection) {
    // A device that does not read its replies gets no more of them: its requests wait in the kernel.
    webSocket.setReading(webSocket.isWritable)
    guard let device, webSocket.isWritable else { return }
    shard.onLoop { $0.deviceWritable(device) }
  }

  func webSocketDidClose(_ webSocket: WebSocketConnection, code: CloseCode, reason: String) {
    context.closed(code)
    self.webSocket = nil
    guard let device else { return }
    self.device = nil
    shard.onLoop { $0.disconnected(device) }
  }

  // MARK: What the session says

  var isWritable: Bool { webSocket?.isWritable ?? false }

  var outstandingBytes: Int { webSocket.map { $0.outstandingBytes + context.unsentBytes(of: $0) } ?? 0 }

  func send(_ frame: ServerFrame) {
    guard let webSocket else { return }
    let waited = webSocket.outstandingBytes
    note(FrameWriter.write(frame, to: webSocket, codec))
    // A single frame, however long, is no sign of a device that does not read.
    if waited > 0, webSocket.outstandingBytes > context.maximumOutstandingBytes { close(.stalled) }
  }

  func sendDelta(turnID: TurnID, offset: UInt64, part: PartMark, text: UnsafeRawBufferPointer) {
    guard let webSocket else { return }
    note(FrameWriter.writeDelta(turnID: turnID, offset: offset, part: part, text: text, to: webSocket, codec))
  }

  private func note(_ bytes: Int) {
    written.frames += 1
    written.bytes += bytes
  }

  func flush() {
    webSocket?.flush()
    context.sent(frames: written.frames, bytes: written.bytes)
    written = (0, 0)
  }

  func close(_ reason: DeviceCloseReason) {
    guard let webSocket else { return }
    context.close(webSocket, reason, codec)
  }
}
