import WeirCore

/// What a run's server is configured as: small limits, so that they are met.
enum SimulationRules {
  static func policy(_ faults: Faults, _ dice: inout Dice) -> Policy {
    var small = Plan(name: "small")
    if faults.hasBudgets {
      small.tokensPerDay = UInt64(500 + dice.roll(dice.half() ? 3000 : 30_000))
      small.turnsAtOnce = dice.half() ? 1 + dice.roll(6) : nil
      small.turnsPerMinute = 30 + dice.roll(100)
      small.turnBurst = 5
    }
    var models = [ModelPolicy(name: "m"), ModelPolicy(name: "n")]
    for place in models.indices {
      models[place].answerTokens = 200
      models[place].contextTokens = dice.half() ? 600 : 8192
      models[place].price.outputToken = 10
      models[place].promptVersion = "v\(place)"
    }
    var lanes = LanePolicy.standard
    lanes[0].resumesElsewhere = true
    for place in lanes.indices {
      lanes[place].maximumWait = dice.half() ? .seconds(UInt64(5 + dice.roll(60))) : .seconds(600)
      lanes[place].unheardWait = dice.half() ? .seconds(UInt64(2 + dice.roll(20))) : nil
    }
    var policy = Policy(models: models, lanes: lanes, plans: [Plan(name: "default"), small])
    policy.cache.isOn = faults.hasCache
    policy.cache.includesCreative = true
    policy.cache.lifetime = .seconds(30)
    return policy
  }

  static func settings(_ dice: inout Dice) -> ShardSettings {
    var settings = ShardSettings()
    settings.maximumDevicesPerUser = 4
    settings.maximumWaitingTurns = 4 + dice.roll(10)
    settings.maximumPendingRequests = dice.half() ? 256 : 8
    settings.maximumDeltaBytes = dice.half() ? 16 * 1024 : 7
    settings.logRetention = dice.half() ? .seconds(3) : .milliseconds(1)
    settings.sessionIdle = dice.half() ? .seconds(4) : .seconds(1)
    settings.stallLimit = .seconds(10)
    settings.memoryPatience = .seconds(2)
    settings.listenerPolicy = dice.pick([.keep, .keep, .keepFor(.seconds(2)), .cancel])
    return settings
  }

  static func gateway(_ dice: inout Dice) -> GatewaySettings {
    var endpoints = ["e0", "e1", "e2"].map { EndpointSettings(name: $0) }
    for place in endpoints.indices {
      endpoints[place].priority = place == 2 ? 1 : 0
      endpoints[place].maximumConcurrent = 1 + dice.roll(6)
      endpoints[place].initialConcurrent = endpoints[place].maximumConcurrent
      endpoints[place].keys = [UInt64(10 * place + 1), UInt64(10 * place + 2)]
      if dice.roll(4) == 0 { endpoints[place].requestsPerMinute = 60 + dice.roll(200) }
    }
    var main = PoolSettings(model: "m", endpoints: ["e0", "e1", "e2"])
    if dice.half() { main.hedgeAfterShare = 0.9 }
    let side = PoolSettings(model: "n", endpoints: dice.half() ? ["e1"] : ["e2", "e0"])
    var settings = GatewaySettings(endpoints: endpoints, pools: [main, side])
    settings.lanes = LaneSettings.standard
    settings.queue.noticeInterval = .milliseconds(200)
    settings.retries.resumeWithin = .seconds(3)
    return settings
  }
}
