import WebSocket
import WeirClient

/// The course of a raw run: when to read a line, when to connect again and when to leave. It decides and does nothing
/// itself.
struct RawPlan {
  struct Settings: Equatable {
    /// Lines of the command line; they take the place of stdin.
    var execute: [String] = []
    /// How long to wait for answers after the last line; nil: for ever.
    var wait: Duration? = .seconds(2)
    var maximumMessages: Int?
    var reconnects = false
    var backoff = Backoff()
    /// A person types: Ctrl-D means now.
    var isTerminal = false
  }

  enum Effect: Equatable {
    case connect(after: Duration)
    /// Send these lines of the command line.
    case execute([String])
    /// Read one more line.
    case read
    /// Call `waited` after this time.
    case wait(Duration)
    /// Close with 1000, and wait for the peer's close.
    case close
    case note(String)
    case leave(ExitStatus)
  }

  private enum Phase: Equatable {
    case connecting
    case open
    case waiting
    case closing(ExitStatus)
    case left
  }

  private let settings: Settings
  private var phase: Phase = .connecting
  private var isFirst = true
  private var isReading = false
  private var hasInputEnded = false
  private var failedAttempts = 0
  private var messages = 0

  init(settings: Settings) {
    self.settings = settings
  }

  var isOpen: Bool { phase == .open }

  mutating func begin() -> [Effect] {
    [.connect(after: .zero)]
  }

  /// The connection stands.
  mutating func opened() -> [Effect] {
    guard phase == .connecting else { return [] }
    phase = .open
    failedAttempts = 0
    defer { isFirst = false }
    // The lines of the command line are sent once, whatever becomes of the connection.
    guard !settings.execute.isEmpty else { return read() }
    return isFirst ? [.execute(settings.execute)] + inputEnded() : []
  }

  /// A line was read and carried out.
  mutating func tookLine() -> [Effect] {
    isReading = false
    return phase == .open ? read() : []
  }

  /// There are no more lines.
  mutating func inputEnded() -> [Effect] {
    isReading = false
    if hasInputEnded { return [] }
    hasInputEnded = true
    if settings.isTerminal, settings.execute.isEmpty { return close(.success) }
    return settings.wait.map { [.wait($0)] } ?? []
  }

  /// The time to wait for answers is over.
  mutating func waited() -> [Effect] {
    phase == .connecting || phase == .waiting ? leave(.success) : close(.success)
  }

  /// A message came.
  mutating func received() -> [Effect] {
    messages += 1
    guard let most = settings.maximumMessages, messages >= most else { return [] }
    return close(.success)
  }

  /// Whether one more message is to be shown.
  var wantsMessages: Bool {
    switch phase {
    case .closing, .left: settings.maximumMessages.map { messages < $0 } ?? true
    case .connecting, .open, .waiting: true
    }
  }

  /// Ctrl-C.
  mutating func interrupted() -> [Effect] {
    phase == .open ? close(.interrupted) : leave(.interrupted)
  }

  /// A close was sent because a line asked for it.
  mutating func askedToClose() -> [Effect] {
    if phase == .open { phase = .closing(.success) }
    return []
  }

  /// The connection is gone, or was not made. `error` says why for people, where that was not as it should be.
  mutating func lost(
    _ loss: ConnectionLoss, isClean: Bool, random: inout some RandomNumberGenerator
  ) -> [Effect] {
    let wasOpen = phase == .open
    switch phase {
    case .closing(let status): return leave(status)
    case .left, .waiting: return []
    case .connecting, .open: break
    }
    let mayComeBack = settings.reconnects && !(isFirst && loss.isFinal) && !(hasInputEnded && settings.wait == .zero)
    guard mayComeBack, settings.backoff.allows(attempt: failedAttempts) else {
      if wasOpen, isClean { return leave(.success) }
      return [.note(loss.error.message)] + leave(ExitStatus(loss.error))
    }
    let delay = max(settings.backoff.delay(attempt: failedAttempts, using: &random), loss.error.retryAfter ?? .zero)
    failedAttempts += 1
    phase = .waiting
    return [.note("\(loss.error.message) Trying again in \(delay.forPeople)."), .connect(after: delay)]
  }

  /// The planned attempt begins.
  mutating func attempting() {
    if phase == .waiting { phase = .connecting }
  }

  private mutating func read() -> [Effect] {
    if isReading || hasInputEnded { return [] }
    isReading = true
    return [.read]
  }

  private mutating func close(_ status: ExitStatus) -> [Effect] {
    switch phase {
    case .open:
      phase = .closing(status)
      return [.close]
    case .connecting, .waiting: return leave(status)
    case .closing, .left: return []
    }
  }

  private mutating func leave(_ status: ExitStatus) -> [Effect] {
    phase = .left
    return [.leave(status)]
  }
}
