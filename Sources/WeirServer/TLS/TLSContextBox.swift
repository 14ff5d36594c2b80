import NIOConcurrencyHelpers
package import NIOSSL

/// The TLS context of the next connection. Connections that are open keep the one they began with, so that a renewed
/// certificate drops nobody. Thread-safe.
package final class TLSContextBox: Sendable {
  private let box: NIOLockedValueBox<NIOSSLContext>

  package init(_ context: NIOSSLContext) {
    box = NIOLockedValueBox(context)
  }

  /// What a connection that begins now uses.
  package var current: NIOSSLContext { box.withLockedValue { $0 } }

  /// Connections that begin from now on use this one.
  package func adopt(_ context: NIOSSLContext) {
    box.withLockedValue { $0 = context }
  }
}
