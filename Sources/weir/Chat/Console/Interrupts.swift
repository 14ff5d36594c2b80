import Dispatch
import Foundation

/// Ctrl-C, as an event in place of the end of the process.
final class Interrupts {
  private let source: any DispatchSourceSignal

  /// Calls `action`, on a thread of its own choice, for each SIGINT while the object lives.
  init(_ action: @escaping @Sendable () -> Void) {
    // The default action would end the process before the source sees the signal.
    signal(SIGINT, SIG_IGN)
    source = DispatchSource.makeSignalSource(signal: SIGINT, queue: .global())
    // Two that come close together are told in one call.
    source.setEventHandler { [source] in for _ in 0..<max(source.data, 1) { action() } }
    source.resume()
  }

  deinit {
    source.cancel()
    signal(SIGINT, SIG_DFL)
  }
}
