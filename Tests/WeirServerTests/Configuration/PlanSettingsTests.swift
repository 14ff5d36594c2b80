import Testing
import WeirCore

@testable import WeirServer

@Suite("Lanes, plans and traffic")
struct PlanSettingsTests {
  private let file: ConfigurationFile

  init() throws {
    file = try ConfigurationFile()
  }

  @Test("without settings there are the three standard lanes and one plan without limits")
  func defaults() {
    let policy = WeirConfiguration().policy
    #expect(policy == Policy())
    #expect(WeirConfiguration().laneSettings == LaneSettings.standard)
    #expect(WeirConfiguration().queueLimits == LaneQueueLimits())
    #expect(WeirConfiguration().retrySettings == RetrySettings())
  }

  @Test("a lane joins the standard ones at its rank, changes one of them, or turns one off")
  func lanes() async throws {
    let configuration = try await file.load(
      """
      lanes:
        staff: {rank: 150, weight: 6, maximumShare: 40%, maximumWaitingShare: 30%, maximumWait: none, unheardWait: 5s, resumesElsewhere: on}
        interactive: {maximumWait: 90s}
        interactive-premium: {enabled: false}
      """
    ).configuration
    #expect(configuration.policy.lanes.map(\.name) == ["staff", "interactive", "batch"])
    var staff = LanePolicy(name: "staff", maximumWait: nil, unheardWait: .seconds(5))
    staff.resumesElsewhere = true
    #expect(configuration.policy.lanes[0] == staff)
    #expect(configuration.policy.lanes[1].maximumWait == .seconds(90))
    var settings = LaneSettings(name: "staff", weight: 6, maximumWait: nil)
    settings.maximumShare = 0.4
    settings.maximumWaitingShare = 0.3
    #expect(configuration.laneSettings[0] == settings)
    #expect(configuration.laneSettings[1].maximumWait == .seconds(90))
    #expect(configuration.laneSettings[2] == LaneSettings.standard[2])
  }

  @Test("lanes without a rank, of one rank, or none at all are told")
  func badLanes() async throws {
    let found = try await file.problems("lanes: {a: {weight: 2}, b: {rank: 200}, c: {maximumShare: 0%}}")
    #expect(
      Set(found.map(\.key)) == ["lanes.a.rank", "lanes.interactive.rank", "lanes.c.maximumShare", "lanes.c.rank"])
    let none = try await file.problems(
      "lanes: {batch: {enabled: false}, interactive: {enabled: false}, interactive-premium: {enabled: false}}")
    #expect(none.map(\.key) == ["lanes"])
    let idle = try await file.problems("lanes: {interactive: {idleOnly: true}, interactive-premium: {enabled: false}}")
    #expect(idle.map(\.key) == ["lanes"] && idle[0].sentence.contains("idleOnly"))
  }

  @Test("plans become the policy, the default first; an empty one has no limits")
  func plans() async throws {
    let configuration = try await file.load(
      """
      auth: {defaultPlan: free}
      plans:
        pro:
          lane: interactive-premium
          turnsPerMinute: 60
          turnBurst: 10
          turnsAtOnce: 8
          tokensPerDay: 1000000
          tokensPerMonth: 20000000
          models: [demo]
        free: {turnsPerMinute: 5}
        unlimited:
      """
    ).configuration
    var pro = Plan(name: "pro")
    pro.lane = "interactive-premium"
    pro.turnsPerMinute = 60
    pro.turnBurst = 10
    pro.turnsAtOnce = 8
    pro.tokensPerDay = 1_000_000
    pro.tokensPerMonth = 20_000_000
    pro.models = ["demo"]
    var free = Plan(name: "free")
    free.turnsPerMinute = 5
    #expect(configuration.policy.plans == [free, pro, Plan(name: "unlimited")])
  }

  @Test("a plan that names what is not there, and a default that is missing, are told")
  func badPlans() async throws {
    let found = try await file.problems(
      """
      plans:
        a: {lane: first-class, models: [demo, gpt-9], turnBurst: 3}
        b: {turnsPerMinute: 0}
      """)
    #expect(
      Set(found.map(\.key)) == [
        "auth.defaultPlan", "plans.a.lane", "plans.a.models", "plans.a.turnBurst", "plans.b.turnsPerMinute",
      ])
    let unknown = try await file.problems("auth: {defaultPlan: c}\nplans: {a: {turnsAtOnce: 1}}")
    #expect(unknown.map(\.sentence) == ["\"c\" is not there; name one that is, one of a"])
    #expect(try await file.load("plans: {a: {turnsAtOnce: 1}}").configuration.policy.plans.map(\.name) == ["a"])
    let named = try await file.load("plans: {a: {turnsAtOnce: 1}, default: {turnsAtOnce: 2}}").configuration
    #expect(named.policy.plans.map(\.name) == ["default", "a"])
  }

  @Test("queue, retries, hedge, cache, addresses, proxies, claims and admin are read")
  func traffic() async throws {
    let secret = try file.directory.write("0123456789abcdef\n", as: "admin.secret")
    let configuration = try await file.load(
      """
      queue: {maximumWaiting: 5, maximumWaitingBytes: 2MiB, maximumWaitingPerUser: 4}
      retry: {maximumAttempts: 2, budgetPercent: 5, baseDelay: 100ms, maximumDelay: 1s}
      hedge: {enabled: true}
      cache: {enabled: true, lifetime: 10m, sizeBytes: 1GiB, maximumAnswerBytes: 1MiB, anyTemperature: true}
      addresses: {connectionsPerSecond: 7, maximumConnections: none, failedLogins: 3, exempt: [192.0.2.7], maximumTracked: 2048}
      proxies: {trusted: [10.0.0.0/8, "::1"], protocol: proxy-protocol}
      auth: {planClaim: "https://example.com/plan", laneClaim: lane, tenantClaim: org}
      admin: {secretFile: \(secret)}
      """
    ).configuration
    var queue = LaneQueueLimits()
    queue.maximumWaiting = 5
    queue.maximumWaitingBytes = 2 << 20
    queue.maximumWaitingPerUser = 4
    #expect(configuration.queueLimits == queue)
    var retries = RetrySettings()
    retries.maximumAttempts = 2
    retries.budgetShare = 0.05
    retries.backoff = .milliseconds(100)
    retries.maximumBackoff = .seconds(1)
    #expect(configuration.retrySettings == retries)
    #expect(configuration.hedge.isEnabled)
    #expect(configuration.cache.sizeBytes == 1 << 30)
    var cache = CachePolicy()
    cache.isOn = true
    cache.lifetime = .seconds(600)
    cache.maximumAnswerBytes = 1 << 20
    cache.includesCreative = true
    #expect(configuration.policy.cache == cache)
    #expect(configuration.addresses.connectionsPerSecond == 7 && configuration.addresses.maximumConnections == nil)
    #expect(configuration.addresses.failedLogins == 3 && configuration.addresses.maximumTracked == 2048)
    #expect(configuration.addresses.exempt == [AddressRange("192.0.2.7")].compactMap { $0 })
    #expect(configuration.proxies.carrier == .proxyProtocol)
    #expect(configuration.proxies.trusted == [AddressRange("10.0.0.0/8"), AddressRange("::1")].compactMap { $0 })
    #expect(configuration.auth.planClaim == "https://example.com/plan")
    #expect(configuration.admin.secret == Secret("0123456789abcdef"))
  }

  @Test("traffic settings that cannot be are told")
  func badTraffic() async throws {
    let found = try await file.problems(
      """
      retry: {baseDelay: 10s, maximumDelay: 1s}
      cache: {sizeBytes: 1MiB, maximumAnswerBytes: 2MiB}
      proxies: {protocol: forwarded-for}
      addresses: {exempt: [10.0.0.1/8]}
      auth: {planClaim: weir_lane}
      admin: {secret: short}
      """)
    #expect(
      Set(found.map(\.key)) == [
        "retry.maximumDelay", "cache.maximumAnswerBytes", "proxies.trusted", "addresses.exempt", "auth.planClaim",
        "admin.secret",
      ])
    #expect(!ConfigurationError(found).description.contains("short\""))
    let open = try await file.load("proxies: {trusted: [0.0.0.0/0], protocol: forwarded-for}")
    #expect(open.warnings.count == 1 && open.warnings[0].contains("everybody can choose an address"))
    let warned = try await file.load("proxies: {trusted: [10.0.0.0/8]}")
    #expect(warned.warnings == ["proxies.trusted does nothing while proxies.protocol is none."])
  }

  @Test("a configuration made in Swift is checked as one from a file is")
  func validated() throws {
    try WeirConfiguration().validate()
    var configuration = WeirConfiguration()
    configuration.listen.port = 70_000
    configuration.lanes = [WeirConfiguration.Lane(name: "a"), WeirConfiguration.Lane(name: "a")]
    var model = WeirConfiguration.Model(name: "m m")
    model.temperature = -1
    model.endpoints = [WeirConfiguration.Endpoint(name: "e"), WeirConfiguration.Endpoint(name: "e")]
    configuration.models = [model]
    configuration.retry.maximumAttempts = 0
    let error = #expect(throws: ConfigurationError.self) { try configuration.validate() }
    let keys = Set(error?.problems.map(\.key) ?? [])
    #expect(
      keys == [
        "listen.port", "lanes", "lanes.a.rank", "models.m m", "models.m m.temperature", "models.m m.endpoints",
        "models.m m.endpoints.e", "retry.maximumAttempts",
      ])
  }
}
