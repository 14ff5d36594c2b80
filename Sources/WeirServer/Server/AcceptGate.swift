import NIOCore

/// In the listener's pipeline: asks for connections only while there are places for them, and no faster than the event
/// loops deal with those that came. So in each of its rounds a loop meets a few newcomers beside the devices it serves,
/// also when thousands come at once; the others wait in the kernel's queue. How many are a few goes by how long a round
/// takes without them: who comes back to a busy server is not to wait for many rounds, and newcomers that make rounds
/// long are no reason to take more of them. Confined to the listener's loop.
final class AcceptGate: ChannelDuplexHandler {
  typealias InboundIn = any Channel
  typealias InboundOut = any Channel
  typealias OutboundIn = Never

  /// At least so many are let in before the loops are asked: with fewer, asking would show in what a connection costs.
  private static let fewest = 16
  private static let most = 128
  /// A newcomer takes about so long to accept, upgrade and greet.
  private static let newcomer = TimeAmount.microseconds(100)
  /// Newcomers make a round longer by this part of it.
  private static let part: Int64 = 4
  /// After an error of accept(2).
  private static let rest = TimeAmount.seconds(1)

  private let places: ConnectionPlaces
  private let loops: [any EventLoop]
  private var accepted = 0
  private var batch = AcceptGate.fewest
  private var askedFor: UInt = 0
  private var isWaitingForLoops = false
  private var isWanted = false
  private var isResting = false

  /// `loops`: where connections live.
  init(_ places: ConnectionPlaces, loops: [any EventLoop]) {
    self.places = places
    self.loops = loops
  }

  func read(context: ChannelHandlerContext) {
    if isWaitingForLoops {
      isWanted = true
      return
    }
    let channel = context.channel
    // The whole pipeline is asked again, because the place may be gone before its news is here.
    guard places.isOpen(orElse: { channel.read() }) else { return }
    // NIO accepts four in a round of its loop if it is not told otherwise.
    let wanted = UInt(max(1, min(batch - accepted, places.free)))
    if wanted != askedFor {
      askedFor = wanted
      // Fails only when the listener is closed.
      try? channel.syncOptions?.setOption(.maxMessagesPerRead, value: wanted)
    }
    context.read()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    places.arrived(unwrapInboundIn(data))
    accepted += 1
    context.fireChannelRead(data)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    if accepted >= batch {
      accepted = 0
      isWaitingForLoops = true
      let eventLoop = context.eventLoop
      let bound = NIOLoopBound((self, context.channel), eventLoop: eventLoop)
      // In the first round connections are set up, in the second what they asked for is read, and the third is one
      // without them.
      round(on: eventLoop).flatMap { bound.value.0.round(on: eventLoop) }.flatMap {
        let start = NIODeadline.now()
        return bound.value.0.round(on: eventLoop).map { NIODeadline.now() - start }
      }.whenComplete { result in
        let (gate, channel) = bound.value
        gate.loopsAreThrough(channel, round: (try? result.get()) ?? .zero)
      }
    }
    context.fireChannelReadComplete()
  }

  /// What lacks is not there again at once. NIO would ask again later, but goes on hearing of the connections that wait,
  /// in each round of its loop, until it is told that it is not to read.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.fireErrorCaught(error)
    if isResting { return }
    isResting = true
    // Fails only when the listener is closed.
    try? context.channel.syncOptions?.setOption(.autoRead, value: false)
    let bound = NIOLoopBound((self, context.channel), eventLoop: context.eventLoop)
    context.eventLoop.scheduleTask(in: Self.rest) {
      let (gate, channel) = bound.value
      gate.isResting = false
      try? channel.syncOptions?.setOption(.autoRead, value: true)
    }
  }

  /// Completes when every loop has worked through what it had.
  private func round(on eventLoop: any EventLoop) -> EventLoopFuture<Void> {
    EventLoopFuture.andAllComplete(loops.map { $0.submit {} }, on: eventLoop)
  }

  private func loopsAreThrough(_ channel: any Channel, round: TimeAmount) {
    isWaitingForLoops = false
    batch = max(Self.fewest, min(Self.most, Int(round.nanoseconds / Self.part / Self.newcomer.nanoseconds)))
    guard isWanted else { return }
    isWanted = false
    channel.read()
  }
}
