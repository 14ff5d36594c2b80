import NIOCore
import WeirWire

#if canImport(FuzzSupport)
  import FuzzSupport
#endif

/// The schema's frames, in both encodings.
enum WireTargets {
  static let all = [
    FuzzTarget("wire-client") { try binary(ClientFrame.self, $0) },
    FuzzTarget("wire-server") { try binary(ServerFrame.self, $0) },
    FuzzTarget("json-client") { try json(ClientFrame.self, $0) },
    FuzzTarget("json-server") { try json(ServerFrame.self, $0) },
  ]

  /// What is read must be written and read again unchanged, in this encoding and in the other.
  private static func binary<Frame: WireJSONMessage>(_ type: Frame.Type, _ bytes: UnsafeRawBufferPointer) throws {
    guard let frame = try? Frame.decode(ByteBuffer(bytes: bytes)) else { return }
    let canonical = try encode(frame)
    // A packed list of one-byte numbers may be refused no sooner than read, but never grows by more than keys.
    try promise(canonical.readableBytes <= 4 * bytes.count, "\(bytes.count) bytes became \(canonical.readableBytes)")
    try promise(try encode(try read { try Frame.decode(canonical) }) == canonical, "binary is stable")
    try checkJSON(frame, canonical)
  }

  private static func json<Frame: WireJSONMessage>(_ type: Frame.Type, _ bytes: UnsafeRawBufferPointer) throws {
    guard let frame = try? WireJSON.decode(Frame.self, from: ByteBuffer(bytes: bytes)) else { return }
    let canonical = try encode(frame)
    try promise(try encode(try read { try Frame.decode(canonical) }) == canonical, "binary is stable")
    try checkJSON(frame, canonical)
  }

  /// The frame's JSON is the same frame. Bytes are compared, since a number that is none equals nothing.
  private static func checkJSON<Frame: WireJSONMessage>(_ frame: Frame, _ canonical: ByteBuffer) throws {
    var text = ByteBuffer()
    WireJSON.encode(frame, into: &text)
    let again = try read { try WireJSON.decode(Frame.self, from: text) }
    try promise(try encode(again) == canonical, "JSON says the same: \(String(buffer: text))")
  }

  private static func encode(_ frame: some WireJSONMessage) throws -> ByteBuffer {
    var buffer = ByteBuffer()
    frame.encode(into: &buffer)
    try promise(buffer.readableBytes == frame.encodedSize, "the size is told beforehand")
    return buffer
  }

  /// Reads what this code wrote itself, which cannot fail.
  private static func read<Frame>(_ body: () throws -> Frame) throws -> Frame {
    do {
      return try body()
    } catch {
      throw Finding("broken: what is written can be read: \(error)")
    }
  }
}
