import WeirCore
import WeirWire

/// A connection over a network that delays, breaks and falls silent. Each end learns of its end at a time of its own; what
/// was under way then arrives in part, cut between any two frames.
final class SimulatedConnection: DeviceLink {
  private unowned let run: ServerSimulation
  let process: ServerProcess
  let user: SimulatedUser
  private let rig: ShardRig
  private weak var peer: (any ConnectionPeer)?
  /// Its socket is on another loop than its shard.
  private let isRemote: Bool
  private let latency: Interval
  private let highWaterBytes = 400
  var device: Device?
  /// The server's end knows of no end yet; the same of the peer's.
  private var isOpenAtServer = true
  private(set) var isOpenAtPeer = true
  /// Nothing gets through any more, in either direction, and nobody is told.
  private var isSilent = false
  private var isReading = true
  private var gathered: [(frame: ServerFrame, bytes: Int)] = []
  private var gatheredBytes = 0
  private var pipe: [(frame: ServerFrame, bytes: Int)] = []
  private var pipeBytes = 0
  private var isPumping = false
  /// Why the server closes, once all has been delivered.
  private var closing: DeviceCloseReason?
  private var lastArrival = MonotonicTime.zero

  init(
    _ run: ServerSimulation, _ process: ServerProcess, user: SimulatedUser, peer: any ConnectionPeer
  ) {
    self.run = run
    self.process = process
    self.user = user
    self.peer = peer
    rig = process.rig(of: user.name)
    isRemote = run.dice.half()
    latency = run.dice.half() ? run.dice.micros(50, 500) : run.dice.millis(1, 80)
    process.connections.append(self)
  }

  /// Something arrives at the server: on the shard's own loop, or through its mailbox. In order.
  func arrive(_ event: @escaping (ShardCore, SimulatedConnection) -> Void) {
    let time = max(run.schedule.now + latency, lastArrival)
    lastArrival = time
    run.schedule.at(time) { [self] in
      guard process.isAlive, isOpenAtServer, !isSilent else { return }
      reach { event($0, self) }
    }
  }

  private func reach(_ body: @escaping (ShardCore) -> Void) {
    if isRemote { rig.post { $0.remote.append(body) } } else { rig.onLoop(body) }
  }

  // MARK: The peer's side

  func transmit(_ frame: ClientFrame) {
    arrive { core, connection in
      guard let device = connection.device else { return }
      core.received(frame, from: device)
    }
  }

  /// The peer stops reading for a while, or goes on.
  func setReading(_ isReading: Bool) {
    self.isReading = isReading
    pump()
  }

  /// The connection breaks, or the peer goes. The server's end hears of it soon, or only when a ping stays unanswered.
  func cut(isHalfOpen: Bool) {
    guard isOpenAtPeer else { return }
    if isHalfOpen { isSilent = true }
    loseAtPeer(after: run.dice.micros(0, 2 * latency.nanoseconds / 1000), reconnectAfterMs: nil)
    endAtServer(
      after: isHalfOpen ? .seconds(50) : run.dice.micros(0, 3 * latency.nanoseconds / 1000))
  }

  /// Nothing that is under way arrives any more, and the server's end hears that the peer has gone.
  func fallSilent() {
    isSilent = true
    isOpenAtPeer = false
    endAtServer(after: run.dice.micros(0, 3 * latency.nanoseconds / 1000))
  }

  private func loseAtPeer(after pause: Interval, reconnectAfterMs: UInt32?) {
    run.schedule.after(pause) { [self] in
      guard isOpenAtPeer else { return }
      isOpenAtPeer = false
      peer?.closed(self, reconnectAfterMs: reconnectAfterMs)
    }
  }

  private func endAtServer(after pause: Interval) {
    run.schedule.at(max(run.schedule.now + pause, lastArrival)) { [self] in
      guard isOpenAtServer else { return }
      isOpenAtServer = false
      guard process.isAlive else { return device = nil }
      process.connections.removeAll { $0 === self }
      reach { core in
        if let device = self.device { core.disconnected(device) }
        self.device = nil
      }
    }
  }

  /// The process is gone.
  func serverIsGone() {
    isOpenAtServer = false
    device = nil
    loseAtPeer(
      after: run.dice.roll(4) == 0 ? run.dice.millis(100, 3000) : latency, reconnectAfterMs: nil)
  }

  // MARK: The server's side

  var outstandingBytes: Int { gatheredBytes + pipeBytes }
  var isWritable: Bool { isOpenAtServer && closing == nil && outstandingBytes < highWaterBytes }

  func send(_ frame: ServerFrame) {
    guard isOpenAtServer, closing == nil else { return }
    run.promises.sent(frame, to: user.number)
    gather(frame, bytes: 20)
  }

  func sendDelta(turnID: TurnID, offset: UInt64, part: PartMark, text: UnsafeRawBufferPointer) {
    run.promises.sentDelta(turnID, offset, part, text, to: user.number, process: process.number)
    guard isOpenAtServer, closing == nil else { return }
    let delta = Delta(
      turnID: turnID, offset: offset, text: String(decoding: text, as: UTF8.self), kind: part.kind,
      toolCallID: part.toolCallID, toolName: part.toolName)
    gather(ServerFrame(frame: .delta(delta)), bytes: text.count + 8)
  }

  private func gather(_ frame: ServerFrame, bytes: Int) {
    gathered.append((frame, bytes))
    gatheredBytes += bytes
  }

  func flush() {
    // A sweep takes time, which the pacer measures.
    run.schedule.spend(Interval(nanoseconds: UInt64(run.dice.roll(4000))))
    if gathered.isEmpty { return }
    pipe += gathered
    pipeBytes += gatheredBytes
    gathered = []
    gatheredBytes = 0
    pump()
  }

  func close(_ reason: DeviceCloseReason) {
    guard isOpenAtServer, closing == nil else { return }
    flush()
    closing = reason
    endAtServer(after: run.dice.micros(10, 2000))
    pump()
  }

  /// Delivers what lies in the pipe, some of it at a time.
  private func pump() {
    if isPumping || !isReading || isSilent || !isOpenAtPeer { return }
    if pipe.isEmpty {
      guard let closing else { return }
      var hint: UInt32?
      if case .goingAway(let after) = closing { hint = after }
      return loseAtPeer(after: latency, reconnectAfterMs: hint)
    }
    isPumping = true
    let count = min(pipe.count, 1 + run.dice.roll(8))
    let bytes = pipe[..<count].reduce(0) { $0 + $1.bytes }
    run.schedule.at(run.schedule.now + latency + run.dice.micros(0, 200)) { [self] in
      isPumping = false
      guard isOpenAtPeer, !isSilent else { return }
      let arrived = pipe[..<count]
      pipe.removeFirst(count)
      let wasWritable = isWritable
      pipeBytes -= bytes
      for (frame, _) in arrived where isOpenAtPeer { peer?.hear(frame, on: self) }
      if !wasWritable, isWritable, process.isAlive {
        reach { core in if let device = self.device { core.deviceWritable(device) } }
      }
      pump()
    }
  }
}

/// Whoever is at the other end of a connection.
protocol ConnectionPeer: AnyObject {
  func hear(_ frame: ServerFrame, on connection: SimulatedConnection)
  func closed(_ connection: SimulatedConnection, reconnectAfterMs: UInt32?)
}
