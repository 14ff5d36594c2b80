import NIOCore
import WebSocket
import WeirCore
import WeirWire

/// The operator's connection: it is shown how the server stands, and belongs to no user. Confined to the event loop on
/// which it was accepted.
final class OperatorConnection: WebSocketDelegate {
  private let desk: OperatorDesk
  private let context: ConnectionContext
  private let id: UInt64
  private var codec: FrameCodec
  private var webSocket: WebSocketConnection?
  /// The last change that the operator was told.
  private var toldUpTo: UInt64 = 0
  /// Echoed in the first state after a WatchServer.
  private var requestID: UInt64 = 0

  init(desk: OperatorDesk, context: ConnectionContext, id: UInt64, codec: FrameCodec) {
    self.desk = desk
    self.context = context
    self.id = id
    self.codec = codec
  }

  func webSocketDidOpen(_ webSocket: WebSocketConnection) {
    self.webSocket = webSocket
    context.opened()
    let connection = NIOLoopBound(self, eventLoop: webSocket.eventLoop)
    let eventLoop = webSocket.eventLoop
    desk.opened(id) { eventLoop.execute { connection.value.dismiss() } }
  }

  func webSocket(_ webSocket: WebSocketConnection, didReceive kind: MessageKind, _ payload: ByteBuffer) {
    context.received(bytes: payload.readableBytes)
    do throws(FrameCodec.Refusal) {
      answer(try codec.decode(kind, payload), on: webSocket)
    } catch {
      context.refuse(error, on: webSocket, codec)
    }
  }

  func webSocketWritabilityChanged(_ webSocket: WebSocketConnection) {
    // Who does not read its replies gets no more of them.
    webSocket.setReading(webSocket.isWritable)
  }

  func webSocketDidClose(_ webSocket: WebSocketConnection, code: CloseCode, reason: String) {
    context.closed(code)
    self.webSocket = nil
    desk.closed(id)
  }

  private func answer(_ frame: ClientFrame, on webSocket: WebSocketConnection) {
    switch frame.frame {
    case .watchServer(let wish):
      requestID = frame.requestID
      let connection = NIOLoopBound(self, eventLoop: webSocket.eventLoop)
      let eventLoop = webSocket.eventLoop
      desk.watch.add(id, intervalMs: wish.intervalMs) { state in
        eventLoop.execute { connection.value.show(state) }
      }
    case .hello: send(.welcome(desk.welcome), requestID: frame.requestID)
    case .ping(let ping): send(.pong(Pong(nonce: ping.nonce)), requestID: frame.requestID)
    case nil: send(.error(Refusal.invalid("The frame asks for nothing this server knows.")), requestID: frame.requestID)
    default: send(.error(Self.notAUser), requestID: frame.requestID)
    }
  }

  private static let notAUser = WeirError(
    code: .permissionDenied,
    message:
      "This connection is the operator's and takes WatchServer, Hello and Ping. Connect to / with a user's token.")

  /// A state that comes while the last one has not gone is left out: the next one says as much.
  private func show(_ state: ServerState) {
    guard let webSocket, webSocket.outstandingBytes == 0 else { return }
    var state = state
    state.changes.removeAll { $0.number <= toldUpTo }
    toldUpTo = state.changes.last?.number ?? toldUpTo
    send(.serverState(state), requestID: requestID)
    requestID = 0
    webSocket.flush()
  }

  private func send(_ frame: ServerFrame.Kind, requestID: UInt64) {
    guard let webSocket else { return }
    let bytes = FrameWriter.write(ServerFrame(requestID: requestID, frame: frame), to: webSocket, codec)
    context.sent(frames: 1, bytes: bytes)
  }

  private func dismiss() {
    guard let webSocket else { return }
    context.close(webSocket, .goingAway(reconnectAfterMs: OperatorDesk.reconnectAfterMs), codec)
  }
}
