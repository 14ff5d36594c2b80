/// How much answer text the server may still send, counted on the device's side.
///
/// The server may send `window` bytes that nobody has read. What is read, or thrown away, is granted again in
/// portions of a quarter of the window, so that granting costs few frames.
package struct CreditWindow: Sendable, Equatable {
  /// Bytes that may be unread; 0: no credit is used.
  package let window: Int
  /// Bytes handed to streams and not yet read.
  package private(set) var unread = 0
  private var ungranted = 0

  package init(window: Int) {
    self.window = max(window, 0)
  }

  /// Text came and waits for its reader.
  package mutating func received(_ bytes: Int) {
    unread += bytes
  }

  /// Waiting text was read, or dropped with its stream. Returns what to grant now; 0: nothing yet.
  package mutating func consumed(_ bytes: Int) -> UInt64 {
    unread = max(unread - bytes, 0)
    return refund(bytes)
  }

  /// Text came that has no reader. Returns what to grant now; 0: nothing yet.
  package mutating func refund(_ bytes: Int) -> UInt64 {
    guard window > 0 else { return 0 }
    ungranted += bytes
    guard ungranted >= max(window / 4, 1) else { return 0 }
    defer { ungranted = 0 }
    return UInt64(ungranted)
  }

  /// A new connection begins. Returns what it may take at first, for `Hello.credit`: 0 there means "no limit", so a
  /// full window is said as 1.
  package mutating func reset() -> UInt64 {
    ungranted = 0
    return window == 0 ? 0 : UInt64(max(window - unread, 1))
  }
}
