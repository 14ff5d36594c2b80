// Messages and conversations as they are stored: in the encoding of the wire.

internal import NIOCore
import WeirWire

/// Decodes what is stored in the wire's encoding.
enum StoredValue {
  static func message(_ bytes: UnsafeRawBufferPointer) throws(StoreError) -> Message {
    do { return try Message.decode(ByteBuffer(bytes: bytes)) } catch { throw StoreError.damagedRecord("message") }
  }

  static func conversation(_ bytes: UnsafeRawBufferPointer) throws(StoreError) -> Conversation {
    do {
      return try Conversation.decode(ByteBuffer(bytes: bytes))
    } catch { throw StoreError.damagedRecord("conversation") }
  }
}
