import WeirWire

// What a turn has cost: settled against the user's budget and written into the usage ledger, in one entry with the end of
// the turn, so that each turn counts exactly once whatever crashes when.
extension ShardCore {
  /// The writes that settle a turn which ends now.
  func settle(_ turn: Turn, usage: Usage, failed: Bool, in session: Session) -> [StoreWrite] {
    let figures = figures(turn.record, usage: usage, failed: failed, isCached: turn.isCached)
    count(turn, figures)
    return settle(turn.record, figures, in: session)
  }

  /// The writes that settle a turn which a crash cut off: its prompt, and the text that is known.
  func settle(cut record: TurnRecord, textBytes: Int, in session: Session) -> [StoreWrite] {
    let usage = Usage(
      inputTokens: record.promptTokens, outputTokens: UInt64(TokenEstimate.tokens(ofBytes: textBytes)), estimated: true)
    return settle(record, figures(record, usage: usage, failed: true, isCached: false), in: session)
  }

  private func settle(_ record: TurnRecord, _ figures: UsageFigures, in session: Session) -> [StoreWrite] {
    let now = effects.wallClockMs
    session.limits.settle(
      reserved: record.reservedTokens, used: figures.inputTokens &+ figures.outputTokens, nowMs: now)
    let key = UsageKey(day: UTCDate.day(ofMs: now), model: record.model, promptVersion: record.promptVersion)
    return [
      .endTurn(session.user, record.turnID), .user(session.user, session.limits.state),
      .usage(session.user, key, figures),
    ]
  }

  private func figures(_ record: TurnRecord, usage: Usage, failed: Bool, isCached: Bool) -> UsageFigures {
    var figures = UsageFigures()
    figures.turns = 1
    figures.failures = failed ? 1 : 0
    let cost = policy.model(record.model)?.price.cost(of: usage) ?? 0
    if isCached {
      figures.cacheHits = 1
      figures.saved = cost
    } else {
      figures.inputTokens = usage.inputTokens
      figures.cachedInputTokens = usage.cachedInputTokens
      figures.outputTokens = usage.outputTokens
      figures.cost = cost
    }
    return figures
  }

  private func count(_ turn: Turn, _ figures: UsageFigures) {
    let model = metrics.models.figures(model: turn.record.model, promptVersion: turn.record.promptVersion)
    model.turns.add(1)
    model.failures.add(Int(figures.failures))
    model.outputTokens.add(Int(clamping: figures.outputTokens))
    model.inputTokens.add(Int(clamping: figures.inputTokens))
    if turn.isCached {
      metrics.cacheHits.add(1)
      metrics.cacheBytes.add(turn.log.count)
      metrics.cacheSaved.add(Int(clamping: figures.saved / 1_000_000))
    } else if let begun = turn.firstTextAt, figures.outputTokens > 1 {
      let took = effects.now.since(begun)
      if took.nanoseconds > 0 {
        model.tokenTime.record(nanoseconds: took.nanoseconds / (figures.outputTokens - 1))
      }
    }
  }

  /// What a turn that ends has used. Where the provider told nothing, or was cut off: a guess from the text, so that who
  /// stops early pays for what came. A call that no provider answered costs nothing.
  func usage(of turn: Turn, told: Usage?, failed: Bool) -> Usage {
    let written = TokenEstimate.tokens(ofBytes: max(0, turn.log.count - Int(clamping: turn.record.baseOffset)))
    if var told, told.isBelievable, told.inputTokens > 0 || told.outputTokens > 0 || written == 0 {
      told.cachedInputTokens = min(told.cachedInputTokens, told.inputTokens)
      return told
    }
    if !(turn.hasBegun || turn.wasSent) || (failed && written == 0) { return Usage(estimated: true) }
    return Usage(inputTokens: turn.record.promptTokens, outputTokens: UInt64(written), estimated: true)
  }
}

extension Price {
  /// In millionths of a millionth of the currency. The provider's cached tokens are part of the input tokens.
  func cost(of usage: Usage) -> UInt64 {
    let cached = min(usage.cachedInputTokens, usage.inputTokens)
    let costs = [
      (usage.inputTokens - cached, inputToken), (cached, cachedInputToken), (usage.outputTokens, outputToken),
    ]
    return costs.reduce(0) { sum, cost in
      let (product, isTooMuch) = cost.0.multipliedReportingOverflow(by: cost.1)
      let (next, isOver) = sum.addingReportingOverflow(product)
      return isTooMuch || isOver ? .max : next
    }
  }
}

extension Usage {
  /// No model has a context of this many tokens: a provider that says more has a fault, and its user's budget must not
  /// pay for that.
  fileprivate var isBelievable: Bool { max(inputTokens, outputTokens) <= 100_000_000 }
}
