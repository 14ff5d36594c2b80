import WeirCore
import WeirUpstream
import WeirWire

extension UpstreamConfiguration {
  /// The models that the server's configuration names, and who answers for them.
  init(_ configuration: WeirConfiguration) {
    self.init(
      endpoints: configuration.effectiveModels.compactMap { model in
        model.endpoints.first.map { EndpointConfiguration($0, model: model.name, demo: configuration.demo) }
      })
  }
}

extension EndpointConfiguration {
  fileprivate init(_ endpoint: WeirConfiguration.Endpoint, model: String, demo: WeirConfiguration.Demo) {
    let key = endpoint.keys.first.map { UpstreamKey($0.value) }
    let url = endpoint.url ?? ""
    let kind: Kind =
      switch endpoint.kind {
      case .openAI: .openAI(baseURL: url, key: key)
      case .anthropic: .anthropic(baseURL: url, key: key)
      case .responses: .responses(baseURL: url, key: key)
      case .demo: .demo(DemoConfiguration(demo))
      }
    self.init(name: model, kind: kind, upstreamModel: endpoint.model ?? model)
    queue.maximumRunning = endpoint.maximumConcurrent
    timeouts.connect = endpoint.connectTimeout
    timeouts.firstToken = endpoint.firstTokenTimeout
    timeouts.stall = endpoint.stallTimeout
    timeouts.total = endpoint.totalTimeout
    maximumAnswerBytes = endpoint.maximumAnswerBytes
    continuation = endpoint.continuation == .prefill ? .prefill : .instruction
    tokenLimitField = endpoint.tokensField == .maxTokens ? .maxTokens : .maxCompletionTokens
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
