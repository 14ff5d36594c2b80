import NIOCore

/// Body of a Close frame: nothing, or a code and a reason (RFC 6455 §5.5.1).
struct ClosePayload: Equatable {
  let code: CloseCode
  let reason: String

  /// Longest reason that fits a control frame beside the code.
  static let maximumReasonBytes = 123

  /// Reads what a peer sent. An empty body is reported as 1005.
  static func parse(_ payload: ByteBuffer) throws(ProtocolViolation) -> ClosePayload {
    guard payload.readableBytes > 0 else { return ClosePayload(code: .noStatus, reason: "") }
    guard let number = payload.getInteger(at: payload.readerIndex, as: UInt16.self) else {
      throw .protocolError("a Close frame holds a 2-byte code or nothing")
    }
    let code = CloseCode(number)
    guard code.isValidOnTheWire else { throw .protocolError("close code \(number) must not be sent") }
    let reason = payload.readableBytesView.dropFirst(2)
    let valid = reason.withContiguousStorageIfAvailable { UTF8Validator.isValid(UnsafeRawBufferPointer($0)) }
    guard valid ?? reason.isEmpty else { throw .invalidPayload("the close reason is not UTF-8") }
    return ClosePayload(code: code, reason: String(decoding: reason, as: UTF8.self))
  }

  /// The body to send for a code and a reason, which is cut at a character if it is too long. 1005 gives an empty body.
  static func encode(_ code: CloseCode, _ reason: String) -> ByteBuffer {
    guard code != .noStatus else { return ByteBuffer() }
    var body = ByteBuffer()
    body.writeInteger(code.rawValue)
    var room = maximumReasonBytes
    for scalar in reason.unicodeScalars {
      let encoded = UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
      guard encoded.count <= room else { break }
      room -= encoded.count
      body.writeBytes(encoded)
    }
    return body
  }
}
