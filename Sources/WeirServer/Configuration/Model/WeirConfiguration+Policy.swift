package import WeirCore

extension WeirConfiguration {
  /// What turns need to know of models, lanes, plans and cache.
  package var policy: Policy {
    var policy = Policy(
      models: effectiveModels.map(ModelPolicy.init), lanes: effectiveLanes.map(LanePolicy.init),
      plans: effectivePlans.map(WeirCore.Plan.init))
    policy.cache.isOn = cache.isEnabled
    policy.cache.lifetime = Interval(cache.lifetime)
    policy.cache.maximumAnswerBytes = cache.maximumAnswerBytes
    policy.cache.includesCreative = cache.anyTemperature
    return policy
  }

  /// What the queue needs to know of the lanes, the best first; in the same order as the policy's.
  package var laneSettings: [LaneSettings] {
    effectiveLanes.map { lane in
      var settings = LaneSettings(
        name: lane.name, weight: lane.weight, maximumWait: lane.maximumWait.map(Interval.init))
      settings.maximumShare = Double(lane.maximumShare.value) / 100
      settings.maximumWaitingShare = Double(lane.maximumWaitingShare.value) / 100
      settings.isIdleOnly = lane.isIdleOnly
      return settings
    }
  }

  /// What may wait.
  package var queueLimits: LaneQueueLimits {
    var limits = LaneQueueLimits()
    limits.maximumWaiting = queue.maximumWaiting
    limits.maximumWaitingBytes = queue.maximumWaitingBytes
    limits.maximumWaitingPerUser = queue.maximumWaitingPerUser
    return limits
  }

  /// How calls are tried again.
  package var retrySettings: RetrySettings {
    var settings = RetrySettings()
    settings.maximumAttempts = retry.maximumAttempts
    settings.budgetShare = Double(retry.budgetPercent) / 100
    if retry.budgetPercent == 0 { settings.budgetMinimum = 0 }
    settings.backoff = Interval(retry.baseDelay)
    settings.maximumBackoff = Interval(retry.maximumDelay)
    return settings
  }
}

extension ModelPolicy {
  fileprivate init(_ model: WeirConfiguration.Model) {
    self.init(name: model.name)
    contextTokens = model.contextTokens
    answerTokens = model.answerTokens
    systemPrompt = model.systemPrompt
    promptVersion = model.promptVersion
    parameters.temperature = model.temperature
    parameters.topP = model.topP
    parameters.maximumTokens = model.maximumTokens
    parameters.stop = model.stop
    parameters.hidesReasoning = model.hidesReasoning
    price.inputToken = model.price.input.millionths
    price.cachedInputToken = (model.price.cachedInput ?? model.price.input).millionths
    price.outputToken = model.price.output.millionths
  }
}

extension LanePolicy {
  fileprivate init(_ lane: WeirConfiguration.Lane) {
    self.init(
      name: lane.name, maximumWait: lane.maximumWait.map(Interval.init),
      unheardWait: lane.unheardWait.map(Interval.init))
    resumesElsewhere = lane.resumesElsewhere
  }
}

extension WeirCore.Plan {
  fileprivate init(_ plan: WeirConfiguration.Plan) {
    self.init(name: plan.name)
    lane = plan.lane
    turnsPerMinute = plan.turnsPerMinute
    turnBurst = plan.turnBurst
    turnsAtOnce = plan.turnsAtOnce
    tokensPerDay = plan.tokensPerDay.map { UInt64(max(0, $0)) }
    tokensPerMonth = plan.tokensPerMonth.map { UInt64(max(0, $0)) }
    models = plan.models
  }
}
