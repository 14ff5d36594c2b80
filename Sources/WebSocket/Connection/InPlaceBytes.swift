import NIOCore

/// Writes to the bytes of a buffer that was just read, without the copy that `ByteBuffer` would make because NIO still
/// refers to it during `channelRead`.
enum InPlaceBytes {
  /// Calls `body` with the readable bytes of `buffer`, to change where they lie.
  ///
  /// Sound because the bytes are heap memory that NIO (or its TLS handler) filled for this read alone: until
  /// `channelRead` returns nobody else reads them, and afterwards NIO only drops or overwrites them. A handler put in
  /// front of ours that keeps what it passes on must copy it.
  @inline(__always)
  static func change<R>(_ buffer: ByteBuffer, _ body: (UnsafeMutableRawBufferPointer) -> R) -> R {
    buffer.withUnsafeReadableBytes { body(UnsafeMutableRawBufferPointer(mutating: $0)) }
  }
}
