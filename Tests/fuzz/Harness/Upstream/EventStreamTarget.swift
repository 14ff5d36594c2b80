@testable import WeirUpstream

#if canImport(FuzzSupport)
  import FuzzSupport
#endif

/// Server-sent events: cut anywhere, the same events come out.
enum EventStreamTarget {
  static let target = FuzzTarget("sse") { bytes in
    var input = FuzzInput(bytes)
    let (cuts, choice) = (input.byte(), input.byte())
    let limit = choice & 1 == 0 ? 16 : 4096
    let bytes = input.bytes
    let whole = events([bytes[...]], limit)
    let cut = events(bytes.pieces(cuts), limit)
    try promise(whole == cut, "cut anywhere, the same events: \(whole) and \(cut)")
    for case .data(let data) in whole { try promise(data.count <= limit, "no event is over the limit") }
  }

  private enum Event: Equatable {
    case data([UInt8])
    case tooLong
  }

  private static func events(_ pieces: [ArraySlice<UInt8>], _ limit: Int) -> [Event] {
    var parser = EventStreamParser(maximumEventBytes: limit)
    var events: [Event] = []
    for piece in pieces {
      let bytes = Array(piece)
      var index = 0
      reading: while true {
        switch parser.next(in: bytes.span, at: &index) {
        case .needsMore: break reading
        case .event(let range): events.append(.data(Array(bytes[range])))
        case .assembledEvent:
          let data = parser.takeAssembled()
          events.append(.data(data))
          parser.reuse(data)
        case .tooLong: return events + [.tooLong]
        }
      }
    }
    switch parser.finish() {
    case .tooLong: events.append(.tooLong)
    case .assembledEvent: events.append(.data(parser.takeAssembled()))
    case .needsMore, .event: break
    }
    return events
  }
}
