import WeirCore

/// The threads that read the store: each question is answered from one moment, and answers overtake one another.
final class SimulatedReader {
  private unowned let run: ServerSimulation
  private unowned let process: ServerProcess

  init(_ process: ServerProcess, _ run: ServerSimulation) {
    self.process = process
    self.run = run
  }

  func read(_ question: StoreRead, shard: Int, token: UInt64) {
    let isSlow = run.dice.perMille(run.faults.slowRead)
    run.schedule.after(isSlow ? run.dice.millis(1, 300) : run.dice.micros(20, 500)) { [self] in
      guard process.isAlive else { return }
      let fails = run.dice.perMille(run.faults.readError)
      let result = fails ? .failed("The disk does not keep up.") : run.store.answer(question)
      if fails { run.note("a read fails: \(question)") }
      run.schedule.after(isSlow ? run.dice.millis(1, 300) : run.dice.micros(20, 500)) { [self] in
        guard process.isAlive else { return }
        process.rigs[shard].post { $0.store.append(StoreReadReply(token: token, result: result)) }
      }
    }
  }
}
