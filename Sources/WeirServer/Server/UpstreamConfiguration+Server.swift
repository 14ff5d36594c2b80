import WeirCore
import WeirUpstream
import WeirWire

extension UpstreamConfiguration {
  /// The one model that the server's configuration names: the provider's, or the demo model.
  init(_ configuration: WeirConfiguration) {
    let upstream = configuration.upstream
    var endpoint: EndpointConfiguration
    if let url = upstream.url {
      endpoint = EndpointConfiguration(
        name: upstream.model, kind: .openAI(baseURL: url, key: upstream.key.map { UpstreamKey($0.value) }))
    } else {
      endpoint = EndpointConfiguration(name: "demo", kind: .demo(DemoConfiguration(configuration.demo)))
    }
    endpoint.contextTokens = upstream.contextTokens
    // Nobody's rate limit has to be kept from the demo model.
    endpoint.queue.maximumRunning = upstream.isDemo ? 100_000 : upstream.maximumConcurrent
    endpoint.timeouts.connect = upstream.connectTimeout
    endpoint.timeouts.firstToken = upstream.firstTokenTimeout
    endpoint.timeouts.stall = upstream.stallTimeout
    endpoint.timeouts.total = upstream.totalTimeout
    endpoint.maximumAnswerBytes = upstream.maximumAnswerBytes
    self.init(endpoints: [endpoint])
  }
}

extension DemoConfiguration {
  fileprivate init(_ demo: WeirConfiguration.Demo) {
    self.init()
    firstTokenDelay = demo.firstTokenDelay
    tokensPerSecond = demo.tokensPerSecond
    answerTokens = demo.answerTokens == 0 ? nil : demo.answerTokens
    faultPercent = demo.faultPercent
    switch demo.fault {
    case .none: break
    case .refuse: refuseCode = .upstreamOverloaded
    case .silent: stallAfterTokens = 0
    case .stall: stallAfterTokens = demo.answerTokens == 0 ? 10 : max(1, demo.answerTokens / 2)
    case .cut: failAfterTokens = demo.answerTokens == 0 ? 10 : max(1, demo.answerTokens / 2)
    }
  }
}
