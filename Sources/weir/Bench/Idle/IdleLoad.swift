import WeirWire

/// Says Hello on each link, if asked to, and then only answers pings.
final class IdleLoad: LoadDriver {
  private let greeting: [UInt8]
  private(set) var welcomed = 0
  private(set) var problems = Problems()

  init(greets: Bool) {
    greeting = greets ? DeviceFrames.hello : []
  }

  func opened(_ link: Link, now: UInt64) {
    if !greeting.isEmpty { link.send(greeting) }
  }

  func received(_ bytes: UnsafeRawBufferPointer, on link: Link, now: UInt64) {
    link.messages(in: bytes) { frame in
      if case .welcome? = DeviceFrames.decode(frame.payload)?.frame { welcomed += 1 }
    }
  }

  func closed(_ link: Link) { problems.add(link.problem ?? "closed") }
}
