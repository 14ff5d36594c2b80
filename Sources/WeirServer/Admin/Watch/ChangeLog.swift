import WeirWire

/// Remembers how the server's state has changed: compares each state with the one before, and puts what is different in a
/// sentence. A value; its owner says when.
struct ChangeLog: Sendable {
  /// Older ones are forgotten.
  static let capacity = 200
  /// Shares of the memory limit, in percent: providers pause from the first on and go on below the second.
  private static let memoryFull: UInt64 = 90
  private static let memoryFree: UInt64 = 75
  /// Thousandths of the retry budget from which on it is no longer called used up.
  private static let budgetBack: UInt32 = 100

  /// Oldest first.
  private(set) var changes: [StateChange] = []
  private var lastNumber: UInt64 = 0
  private var fault: String?
  private var isBudgetUsedUp = false
  private var isMemoryFull = false
  /// How each endpoint was, by its name; nil: no state has been seen.
  private var endpoints: [String: EndpointCondition]?

  /// Adds an entry.
  mutating func add(_ text: String, trouble: Bool = false, timeMs: UInt64) {
    lastNumber += 1
    changes.append(StateChange(number: lastNumber, timeMs: timeMs, text: text, trouble: trouble))
    if changes.count > Self.capacity { changes.removeFirst(changes.count - Self.capacity) }
  }

  /// Adds what is different from the last state.
  mutating func note(_ state: ServerState) {
    noteEndpoints(state)
    noteStore(state)
    noteBudget(state)
    noteMemory(state)
  }

  private mutating func noteEndpoints(_ state: ServerState) {
    var now: [String: EndpointCondition] = [:]
    for endpoint in state.endpoints where now.updateValue(endpoint.condition, forKey: endpoint.name) == nil {
      let before = endpoints?[endpoint.name]
      if before == endpoint.condition { continue }
      // Of those that are there at the start, the well ones are no news.
      if endpoints == nil, endpoint.condition == .well { continue }
      add(endpoint, before, timeMs: state.timeMs)
    }
    for name in (endpoints ?? [:]).keys.sorted() where now[name] == nil {
      add("Endpoint \(name) was removed.", timeMs: state.timeMs)
    }
    endpoints = now
  }

  private mutating func add(_ endpoint: EndpointState, _ before: EndpointCondition?, timeMs: UInt64) {
    let name = "Endpoint \(endpoint.name)"
    switch endpoint.condition {
    case .failing: add("\(name) fails and is left alone.", trouble: true, timeMs: timeMs)
    case .probed: add("\(name) is being tried again.", timeMs: timeMs)
    case .held:
      let seconds = (endpoint.heldForMs + 999) / 1000
      add("\(name) asked for a pause of \(seconds) s.", trouble: true, timeMs: timeMs)
    default: add(before == nil ? "\(name) was added." : "\(name) answers again.", timeMs: timeMs)
    }
  }

  private mutating func noteStore(_ state: ServerState) {
    let now = state.fault.isEmpty ? nil : state.fault
    if now == fault { return }
    if let now {
      add("The store takes no writes: \(now)", trouble: true, timeMs: state.timeMs)
    } else {
      add("The store takes writes again.", timeMs: state.timeMs)
    }
    fault = now
  }

  private mutating func noteBudget(_ state: ServerState) {
    if state.retryBudgetLeft == 0, !isBudgetUsedUp {
      isBudgetUsedUp = true
      add("Too many calls fail: no second attempts are made for now.", trouble: true, timeMs: state.timeMs)
    } else if state.retryBudgetLeft >= Self.budgetBack, isBudgetUsedUp {
      isBudgetUsedUp = false
      add("Second attempts are made again.", timeMs: state.timeMs)
    }
  }

  private mutating func noteMemory(_ state: ServerState) {
    guard let memory = state.memory, memory.limitBytes > 0 else { return }
    let limit = memory.limitBytes / 100
    if memory.accountedBytes >= limit * Self.memoryFull, !isMemoryFull {
      isMemoryFull = true
      add("Memory is nearly used up: providers are paused.", trouble: true, timeMs: state.timeMs)
    } else if memory.accountedBytes < limit * Self.memoryFree, isMemoryFull {
      isMemoryFull = false
      add("There is memory again: providers go on.", timeMs: state.timeMs)
    }
  }
}
