import NIOCore
import WebSocket
import WeirCore
import WeirWire

/// News of a device whose connection lives on another event loop than its shard (TLS connections stay where they were
/// accepted), on its way through the shard's mailbox.
struct RemoteEvent: Sendable {
  enum Kind: Sendable {
    case connected(RemoteLinkSeed, FrameCodec, DeviceVisit)
    /// All frames of one read.
    case frames([ClientFrame], FrameCodec)
    /// So many bytes of what the shard gave have gone to the socket.
    case written(Int)
    case disconnected
  }
  let device: UInt64
  let kind: Kind
}

/// What the shard needs to make its end of the link.
struct RemoteLinkSeed: Sendable {
  let connection: NIOLoopBound<RemoteConnection>
  let eventLoop: any EventLoop
  let highWaterBytes: Int
  let maximumOutstandingBytes: Int

  func make(_ codec: FrameCodec) -> RemoteLink { RemoteLink(self, codec: codec) }
}

/// The connection's end: decodes on its own loop, posts what one read brought with one wake, and reports what it could
/// write. Confined to the connection's event loop.
final class RemoteConnection: WebSocketDelegate {
  private let shard: Shard
  private let visit: DeviceVisit
  private let context: ConnectionContext
  private var codec: FrameCodec
  private var webSocket: WebSocketConnection?
  private var gathered: [ClientFrame] = []
  /// Written to the WebSocket, not yet reported because the socket is full.
  private var unreported = 0

  init(shard: Shard, visit: DeviceVisit, context: ConnectionContext, codec: FrameCodec) {
    self.shard = shard
    self.visit = visit
    self.context = context
    self.codec = codec
  }

  func webSocketDidOpen(_ webSocket: WebSocketConnection) {
    self.webSocket = webSocket
    context.opened()
    let seed = RemoteLinkSeed(
      connection: NIOLoopBound(self, eventLoop: webSocket.eventLoop), eventLoop: webSocket.eventLoop,
      highWaterBytes: context.highWaterBytes, maximumOutstandingBytes: context.maximumOutstandingBytes)
    post(.connected(seed, codec, visit))
  }

  func webSocket(_ webSocket: WebSocketConnection, didReceive kind: MessageKind, _ payload: ByteBuffer) {
    context.received(bytes: payload.readableBytes)
    do throws(FrameCodec.Refusal) {
      gathered.append(try codec.decode(kind, payload))
    } catch {
      context.refuse(error, on: webSocket, codec)
    }
  }

  func webSocketReadComplete(_ webSocket: WebSocketConnection) {
    if gathered.isEmpty { return }
    post(.frames(gathered, codec))
    gathered.removeAll(keepingCapacity: false)
  }

  func webSocketWritabilityChanged(_ webSocket: WebSocketConnection) {
    webSocket.setReading(webSocket.isWritable)
    report()
  }

  func webSocketDidClose(_ webSocket: WebSocketConnection, code: CloseCode, reason: String) {
    context.closed(code)
    self.webSocket = nil
    post(.disconnected)
  }

  /// Writes what the shard gave; one flush.
  func write(_ messages: [OutgoingMessage]) {
    guard let webSocket else { return }
    var bytes = 0
    for message in messages {
      bytes += message.payload.readableBytes
      webSocket.send(message.kind, message.payload)
    }
    unreported += bytes
    context.sent(frames: messages.count, bytes: bytes)
    webSocket.flush()
    report()
  }

  func close(_ reason: DeviceCloseReason) {
    guard let webSocket else { return }
    context.close(webSocket, reason, codec)
  }

  /// Tells the shard what has gone out, so that it sends more: at once while the socket takes it, else when it does again.
  private func report() {
    guard let webSocket, webSocket.isWritable, unreported > 0 else { return }
    post(.written(unreported))
    unreported = 0
  }

  private func post(_ kind: RemoteEvent.Kind) {
    let event = RemoteEvent(device: visit.remoteID, kind: kind)
    shard.mailbox.post { $0.remote.append(event) }
  }
}

/// The shard's end: gathers what a sweep has for the device and sends it over with one wake. Confined to the shard.
final class RemoteLink: DeviceLink {
  var codec: FrameCodec
  private let seed: RemoteLinkSeed
  private var gathered: [OutgoingMessage] = []
  private var gatheredBytes = 0
  private var underWayBytes = 0
  private var isClosed = false

  init(_ seed: RemoteLinkSeed, codec: FrameCodec) {
    self.seed = seed
    self.codec = codec
  }

  var isWritable: Bool { outstandingBytes < seed.highWaterBytes }

  var outstandingBytes: Int { underWayBytes + gatheredBytes }

  func send(_ frame: ServerFrame) {
    if isClosed { return }
    let waited = outstandingBytes
    gather(FrameWriter.message(frame, codec))
    if waited > 0, outstandingBytes > seed.maximumOutstandingBytes { close(.stalled) }
  }

  func sendDelta(turnID: TurnID, offset: UInt64, part: PartMark, text: UnsafeRawBufferPointer) {
    if isClosed { return }
    gather(FrameWriter.deltaMessage(turnID: turnID, offset: offset, part: part, text: text, codec))
  }

  private func gather(_ message: OutgoingMessage) {
    gatheredBytes += message.payload.readableBytes
    gathered.append(message)
  }

  func flush() {
    if gathered.isEmpty { return }
    underWayBytes += gatheredBytes
    gatheredBytes = 0
    let messages = gathered
    gathered = []
    let connection = seed.connection
    seed.eventLoop.execute { connection.value.write(messages) }
  }

  func close(_ reason: DeviceCloseReason) {
    if isClosed { return }
    isClosed = true
    flush()
    let connection = seed.connection
    seed.eventLoop.execute { connection.value.close(reason) }
  }

  /// The connection has written so many bytes. True if the link takes more now and did not before.
  func wrote(_ bytes: Int) -> Bool {
    let wasFull = !isWritable
    underWayBytes = max(0, underWayBytes - bytes)
    return wasFull && isWritable
  }
}
