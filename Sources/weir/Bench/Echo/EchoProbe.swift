/// Sees to it that a server's compressed replies are what was sent: each message once, one at a time, on one link.
final class EchoProbe {
  private let traffic: EchoTraffic
  private let inflater: RawInflate
  private var sent = 0
  private var come = 0

  init(_ traffic: EchoTraffic, keepsContext: Bool) throws(BenchFailure) {
    self.traffic = traffic
    inflater = try RawInflate(keepsContext: keepsContext)
  }

  var isDone: Bool { come == traffic.count }

  func sendNext(on link: Link) {
    let range = traffic.starts[sent]..<traffic.starts[sent + 1]
    traffic.outgoing.withUnsafeBytes { link.send(UnsafeRawBufferPointer(rebasing: $0[range])) }
    sent += 1
  }

  func received(_ bytes: UnsafeRawBufferPointer, on link: Link) {
    var complaint: String?
    link.messages(in: bytes) { frame in
      guard come < sent else {
        complaint = "the server sent more messages than it got"
        return
      }
      let expected = traffic.payloads[come]
      let payload = frame.isCompressed ? inflater.inflate(frame.payload, limit: expected.count) : Array(frame.payload)
      if payload != expected { complaint = "the server sent back another message than it got" }
      come += 1
    }
    link.problem = link.problem ?? complaint
    if come == sent, sent < traffic.count { sendNext(on: link) }
  }
}
