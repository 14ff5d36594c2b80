import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import WeirCore
import WeirWire

@testable import WeirServer

/// A shard that only remembers what the front door told it.
final class TestHost: CompletionHost {
  /// Run by the test.
  private let bound: NIOLoopBound<EmbeddedEventLoop>
  let eventLoop: any EventLoop
  let calls = NIOLockedValueBox<[(call: DirectCall, caller: Caller)]>([])
  let ended = NIOLockedValueBox(0)
  let madeWritable = NIOLockedValueBox(0)
  private let links = NIOLockedValueBox<NIOLoopBound<CompletionLink>?>(nil)

  init(_ loop: EmbeddedEventLoop) {
    bound = NIOLoopBound(loop, eventLoop: loop)
    eventLoop = loop
  }

  var loop: EmbeddedEventLoop { bound.value }

  /// The last call's.
  var link: CompletionLink? { links.withLockedValue { $0 }?.value }

  func begin(_ call: DirectCall, for caller: Caller, _ link: CompletionLink) {
    calls.withLockedValue { $0.append((call, caller)) }
    let bound = NIOLoopBound(link, eventLoop: eventLoop)
    links.withLockedValue { $0 = bound }
  }

  func writable(_ link: CompletionLink) { madeWritable.withLockedValue { $0 += 1 } }

  func end(_ link: CompletionLink) { ended.withLockedValue { $0 += 1 } }
}

extension CompletionLink {
  /// Some plain text of an answer.
  func sendDelta(_ text: String) {
    var text = text
    text.withUTF8 {
      sendDelta(turnID: 1, offset: 0, part: PartMark(kind: .text), text: UnsafeRawBufferPointer($0))
    }
  }
}
