import NIOCore

extension WebSocketConnection {
  /// Bytes given to `send` that the kernel has not taken yet.
  public var outstandingBytes: Int { gatheredBytes + bytesInChannel }

  private var gatheredBytes: Int { out?.readableBytes ?? 0 }

  /// False while ``outstandingBytes`` is at or over ``WebSocketConfiguration/highWaterBytes``, true again at or below
  /// ``WebSocketConfiguration/lowWaterBytes``; also false once the connection is closing.
  public var isWritable: Bool {
    guard handshake.isOpen else { return false }
    let outstanding = outstandingBytes
    return wasWritable ? outstanding < configuration.highWaterBytes : outstanding <= configuration.lowWaterBytes
  }

  /// Sends one message of exactly `size` bytes, which `write` appends straight to the out buffer (or, if the message is
  /// compressed, to one it is compressed from). Text must be valid UTF-8. Leaves with the next flush. Does nothing once
  /// the connection is closing: what comes too late has no reader.
  public func send(_ kind: MessageKind, size: Int, _ write: (inout ByteBuffer) -> Void) {
    eventLoop.assertInEventLoop()
    guard handshake.isOpen else { return }
    if let deflation, size >= deflation.thresholdBytes {
      var message = loop.buffers.take()
      message.reserveCapacity(size)
      write(&message)
      precondition(message.readableBytes == size, "the closure given to send must append exactly `size` bytes")
      sendCompressed(kind, message, deflation)
      loop.buffers.giveBack(message)
    } else {
      sendPlain(kind.opcode, size, write)
    }
    noteOutstanding()
  }

  /// Sends the readable bytes of `payload` as one message; see ``send(_:size:_:)``.
  public func send(_ kind: MessageKind, _ payload: ByteBuffer) {
    eventLoop.assertInEventLoop()
    guard handshake.isOpen else { return }
    if let deflation, payload.readableBytes >= deflation.thresholdBytes {
      sendCompressed(kind, payload, deflation)
    } else {
      sendFrame(kind.opcode, payload)
    }
    noteOutstanding()
  }

  /// Sends a ping of at most 125 bytes. Leaves with the next flush.
  public func ping(_ payload: ByteBuffer = ByteBuffer()) {
    precondition(payload.readableBytes <= 125, "a ping holds at most 125 bytes (RFC 6455 §5.5): send less")
    guard handshake.isOpen else { return }
    sendControl(.ping, payload)
  }

  /// Sends a pong of at most 125 bytes that answers no ping (RFC 6455 §5.5.3): a one-way sign of life. Pings are answered
  /// without help. Leaves with the next flush.
  public func pong(_ payload: ByteBuffer = ByteBuffer()) {
    precondition(payload.readableBytes <= 125, "a pong holds at most 125 bytes (RFC 6455 §5.5): send less")
    guard handshake.isOpen else { return }
    sendControl(.pong, payload)
  }

  /// Gives all that was sent since the last flush to the kernel with one system call; what it does not take goes out when
  /// the peer has made room. Costs nothing when there is nothing to send.
  public func flush() {
    eventLoop.assertInEventLoop()
    guard var bytes = takeOut() else { return }
    handedOverBytes &+= bytes.readableBytes
    if route.next == .straight, let socket { bytes.moveReaderIndex(forwardBy: socket.write(bytes)) }
    // What a closed channel does not take is handed over, too: it lets go of it.
    if bytes.readableBytes == 0 { loop.buffers.giveBack(bytes) } else { handOver(bytes) }
    updateWritability()
  }

  func sendControl(_ opcode: Opcode, _ payload: ByteBuffer) {
    sendFrame(opcode, payload)
  }

  /// Bytes that the channel holds. Counts TLS records where there is TLS.
  var bytesInChannel: Int {
    guard route.writesInChannel > 0 else { return 0 }
    return (try? channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
  }

  @inline(__always)
  private func sendPlain(_ opcode: Opcode, _ size: Int, _ write: (inout ByteBuffer) -> Void) {
    // Written as a local value: the closure is its owner's.
    var buffer = takeOut() ?? loop.buffers.take()
    buffer.reserveCapacity(minimumWritableBytes: size + FrameHeader.maximumBytes)
    let mask = role == .client ? loop.maskKeys.take() : nil
    FrameWriter.writeHeader(opcode, count: size, mask: mask, to: &buffer)
    let start = buffer.writerIndex
    write(&buffer)
    precondition(buffer.writerIndex - start == size, "the closure given to send must append exactly `size` bytes")
    precondition(out == nil, "the closure given to send must not itself send")
    if let mask { FrameWriter.maskTail(of: &buffer, count: size, with: mask) }
    out = buffer
  }

  @inline(__always)
  private func sendFrame(_ opcode: Opcode, compressed: Bool = false, _ payload: ByteBuffer) {
    var buffer = takeOut() ?? loop.buffers.take()
    let mask = role == .client ? loop.maskKeys.take() : nil
    FrameWriter.writeFrame(opcode, compressed: compressed, payload, mask: mask, to: &buffer)
    out = buffer
  }

  private func sendCompressed(_ kind: MessageKind, _ message: ByteBuffer, _ deflation: MessageDeflation) {
    var compressed = loop.buffers.take()
    let isCompressed = deflation.compress(message, into: &compressed)
    sendFrame(kind.opcode, compressed: isCompressed, isCompressed ? compressed : message)
    loop.buffers.giveBack(compressed)
  }

  private func takeOut() -> ByteBuffer? {
    var taken: ByteBuffer?
    swap(&taken, &out)
    return taken
  }

  private func handOver(_ bytes: ByteBuffer) {
    var rest = bytes
    // A slow peer's short rest must not hold the long buffer it is the end of.
    if rest.readableBytes * 4 < rest.storageCapacity { rest = ByteBuffer(bytes: rest.readableBytesView) }
    route.handedOver()
    let promise = channel.eventLoop.makePromise(of: Void.self)
    promise.futureResult.assumeIsolated().whenComplete { _ in
      self.route.completed()
      self.updateWritability()
    }
    channel.pipeline.syncOperations.writeAndFlush(NIOAny(rest), promise: promise)
    watchProgress()
  }

  /// After a send: notices that the high mark is passed, and drops a connection whose owner does not care.
  @inline(__always)
  private func noteOutstanding() {
    guard gatheredBytes >= configuration.highWaterBytes || route.writesInChannel > 0 else { return }
    guard outstandingBytes <= configuration.maximumOutstandingBytes else {
      drop(.tryAgainLater, "more than \(configuration.maximumOutstandingBytes) bytes waited to be sent")
      return
    }
    updateWritability()
  }

  /// Compares with what the delegate was last told. The news is told from the loop, never from inside the owner's call.
  func updateWritability() {
    guard handshake.isOpen, isWritable != wasWritable else { return }
    wasWritable.toggle()
    eventLoop.assumeIsolated().execute { [self] in
      guard handshake.isOpen else { return }
      delegate?.webSocketWritabilityChanged(self)
      flush()
    }
  }
}
