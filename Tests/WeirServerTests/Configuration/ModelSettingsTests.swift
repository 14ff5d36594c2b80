import Foundation
import Testing
import WeirCore

@testable import WeirServer

@Suite("Models and their endpoints")
struct ModelSettingsTests {
  private let file: ConfigurationFile

  init() throws {
    file = try ConfigurationFile()
  }

  /// Two models, one with a dot in its name, and everything set that a model and an endpoint have.
  private static let full = """
    models:
      default: gpt-4.1
      fast:
        contextTokens: 128000
        answerTokens: 4096
        systemPrompt: Be brief.
        promptVersion: brief-3
        temperature: 0.2
        topP: 0.9
        maximumTokens: 2000
        stop: [END, "\\n\\n"]
        hidesReasoning: true
        price: {input: 2.50, cachedInput: 1.25, output: 10}
        endpoints:
          west:
            url: https://west.example/v1
            kind: openai
            model: gpt-x
            keys: [sk-one, sk-two]
            weight: 3
            priority: 1
            maximumConcurrent: 20
            requestsPerMinute: 600
            tokensPerMinute: 90000
            connectTimeout: 2s
            firstTokenTimeout: 20s
            stallTimeout: 10s
            totalTimeout: 5m
            maximumAnswerBytes: 64KiB
            continuation: prefill
            tokensField: max_completion_tokens
          east.2: {url: https://east.example, kind: anthropic, keyVariables: [EAST_KEY, EAST_KEY_2]}
      gpt-4.1:
        endpoints:
          demo: {kind: demo}
    """

  @Test("every field of a model and of an endpoint can be set, and becomes the policy")
  func everything() async throws {
    let environment = ["EAST_KEY": "ek-1", "EAST_KEY_2": "ek-2"]
    let configuration = try await file.load(ModelSettingsTests.full, environment: environment).configuration
    #expect(configuration.effectiveModels.map(\.name) == ["gpt-4.1", "fast"])
    let fast = try #require(configuration.models.named("fast"))
    #expect(fast.endpoints.map(\.name) == ["east.2", "west"])
    var west = WeirConfiguration.Endpoint(name: "west")
    west.url = "https://west.example/v1"
    west.model = "gpt-x"
    west.keys = [Secret("sk-one"), Secret("sk-two")]
    west.weight = 3
    west.priority = 1
    west.maximumConcurrent = 20
    west.requestsPerMinute = 600
    west.tokensPerMinute = 90_000
    west.connectTimeout = .seconds(2)
    west.firstTokenTimeout = .seconds(20)
    west.stallTimeout = .seconds(10)
    west.totalTimeout = .seconds(300)
    west.maximumAnswerBytes = 65_536
    west.continuation = .prefill
    west.tokensField = .maxCompletionTokens
    #expect(fast.endpoints.named("west") == west)
    #expect(fast.endpoints.named("east.2")?.keys == [Secret("ek-1"), Secret("ek-2")])
    #expect(fast.endpoints.named("east.2")?.kind == .anthropic)

    var policy = ModelPolicy(name: "fast")
    policy.contextTokens = 128_000
    policy.answerTokens = 4096
    policy.systemPrompt = "Be brief."
    policy.promptVersion = "brief-3"
    policy.parameters.temperature = 0.2
    policy.parameters.topP = 0.9
    policy.parameters.maximumTokens = 2000
    policy.parameters.stop = ["END", "\n\n"]
    policy.parameters.hidesReasoning = true
    policy.price.inputToken = 2_500_000
    policy.price.cachedInputToken = 1_250_000
    policy.price.outputToken = 10_000_000
    #expect(configuration.policy.models == [ModelPolicy(name: "gpt-4.1"), policy])
    #expect(configuration.warnings() == [])
  }

  @Test("what is printed of models, lanes and plans loads as the same, without their keys")
  func printed() async throws {
    let yaml = """
      \(ModelSettingsTests.full)
      lanes:
        gold: {rank: 50, weight: 20, maximumShare: 60%, maximumWait: none, resumesElsewhere: true}
        batch: {enabled: false}
      plans:
        free: {turnsPerMinute: 5, models: [fast]}
        default: {lane: gold, tokensPerDay: 1000000}
      addresses: {exempt: [none], failedLogins: none}
      proxies: {trusted: [10.0.0.0/8, "2001:db8::/32"], protocol: forwarded-for}
      admin: {secret: an-admin-secret-0}
      """
    let environment = ["EAST_KEY": "ek-very-secret"]
    let loaded = try await file.load(yaml, environment: environment)
    let printed = loaded.yaml
    for secret in ["sk-one", "sk-two", "ek-very-secret", "an-admin-secret-0"] { #expect(!printed.contains(secret)) }
    var expected = loaded.configuration
    expected.admin.secret = nil
    for model in expected.models.indices {
      for endpoint in expected.models[model].endpoints.indices { expected.models[model].endpoints[endpoint].keys = [] }
    }
    // The keys named by a variable come back with it, and only they.
    expected.models.modify("fast") { $0.endpoints.modify("east.2") { $0.keys = [Secret("ek-very-secret")] } }
    #expect(try await file.load(printed, environment: environment).configuration == expected)
    #expect(loaded.configuration.addresses.exempt.isEmpty)
    #expect(printed.components(separatedBy: "# Name, TCP and TLS.").count == 3, "each help is printed once")
  }

  @Test("upstream and demo stay short for one model with one endpoint")
  func shorthand() async throws {
    let none = WeirConfiguration()
    #expect(none.policy.models == [ModelPolicy(name: "demo")])
    #expect(none.effectiveModels[0].endpoints.map(\.kind) == [.demo])
    let loaded = try await file.load(
      "upstream: {url: http://localhost:1/v1, model: llama3, contextTokens: 4096, answerTokens: 100, systemPrompt: Hi}",
      environment: ["WEIR_UPSTREAM_KEY": "sk-1"])
    let model = loaded.configuration.effectiveModels[0]
    #expect(loaded.configuration.effectiveModels.count == 1)
    #expect(model.name == "llama3" && model.contextTokens == 4096 && model.answerTokens == 100)
    #expect(model.systemPrompt == "Hi")
    #expect(model.endpoints.first?.keys == [Secret("sk-1")])
    #expect(model.endpoints.first?.url == "http://localhost:1/v1")
    #expect(model.endpoints.first?.model == "llama3")
  }

  @Test("flags and variables reach the fields of models, and beat the file")
  func precedence() async throws {
    let loaded = try await file.load(
      "models: {a-b.1: {contextTokens: 1000, answerTokens: 100, endpoints: {x: {kind: demo, weight: 2}}}}",
      flags: [
        "models.a-b.1.contextTokens": ["3000"], "models.other.endpoints.y.kind": ["demo"], "models.default": ["other"],
      ],
      environment: [
        "WEIR_MODELS_A_B_1_CONTEXT_TOKENS": "2000", "WEIR_MODELS_A_B_1_ANSWER_TOKENS": "200",
        "WEIR_MODELS_A_B_1_ENDPOINTS_X_WEIGHT": "7",
      ])
    let model = try #require(loaded.configuration.models.named("a-b.1"))
    #expect(model.contextTokens == 3000 && model.answerTokens == 200 && model.endpoints[0].weight == 7)
    #expect(loaded.configuration.policy.models.map(\.name) == ["other", "a-b.1"])
    #expect(loaded.origins["models.a-b.1.contextTokens"] == "command line")
    #expect(loaded.origins["models.a-b.1.endpoints.x.weight"] == "WEIR_MODELS_A_B_1_ENDPOINTS_X_WEIGHT")
    #expect(loaded.warnings == [])
  }

  @Test("prompts and keys are read from files, one key a line")
  func files() async throws {
    let prompt = try file.directory.write("\nYou are kind.\nAlways.\n", as: "prompt.txt")
    let keys = try file.directory.write("sk-1\n\n  sk-2\r\n", as: "keys")
    let configuration = try await file.load(
      """
      models:
        m:
          systemPromptFile: \(prompt)
          endpoints: {e: {url: http://h/v1, keyFiles: [\(keys)], keyVariables: [NOT_SET]}}
      """
    ).configuration
    #expect(configuration.models[0].systemPrompt == "You are kind.\nAlways.")
    #expect(configuration.models[0].endpoints[0].keys == [Secret("sk-1"), Secret("sk-2")])
  }

  @Test("an unknown field is told with the nearest that there is, wherever the slip is")
  func slips() async throws {
    let found = try await file.problems(
      """
      model: {a: {contextTokens: 1000}}
      models:
        fast:
          contexTokens: 1000
          price: {inputs: 1}
          endpoint: {x: {url: http://h/v1}}
          endpoints: {y: {kind: demo, wieght: 2, zzzzzzzzzzzzzzzzzzzzzzzzz: 1}}
        gpt-4.1: {temprature: 1}
      lanes: {batch: {maxShare: 50%}}
      plans: {free: {turnPerMinute: 1}}
      """)
    let nearest = Dictionary(
      found.compactMap { problem in
        problem.sentence.split(separator: "did you mean ").dropFirst().first.map {
          (problem.key, String($0.dropLast()))
        }
      }, uniquingKeysWith: { $1 })
    #expect(
      nearest == [
        "models.fast.contexTokens": "models.fast.contextTokens", "models.fast.price.inputs": "models.fast.price.input",
        "models.fast.endpoint.x.url": "models.fast.endpoints.x.url",
        "models.fast.endpoints.y.wieght": "models.fast.endpoints.y.weight",
        "models.gpt-4.1.temprature": "models.gpt-4.1.temperature",
        "lanes.batch.maxShare": "lanes.batch.maximumShare", "plans.free.turnPerMinute": "plans.free.turnsPerMinute",
      ])
    let hopeless = found.first { $0.key.hasSuffix("zzz") }
    #expect(hopeless?.sentence.hasPrefix("there is no such setting; here are connectTimeout, continuation,") == true)
    #expect(found.contains { $0.key == "model.a.contextTokens" })
    #expect(found.allSatisfy { $0.source.hasSuffix("weir.yaml") })
  }

  @Test("wrong values are told all at once, each with key, value and what is right, and no key is repeated")
  func wrongValues() async throws {
    let found = try await file.problems(
      """
      models:
        a b:
          endpoints: {x: {kind: demo}}
        fast:
          temperature: 3
          price: {input: 1.2345678, output: -1}
          stop: END
          endpoints:
            x: {url: nonsense, kind: gopher, weight: 0, requestsPerMinute: lots, keys: ["sk secret"]}
      """)
    let sentences = Dictionary(found.map { ($0.key, $0.sentence) }, uniquingKeysWith: { first, _ in first })
    #expect(sentences["models.a b"]?.contains("a name must be") == true)
    #expect(sentences["models.fast.temperature"] == "\"3\" is wrong; it must be a number, from 0 to 2, or none")
    #expect(sentences["models.fast.price.input"]?.contains("at most six decimals") == true)
    #expect(sentences["models.fast.price.output"] != nil)
    #expect(sentences["models.fast.stop"] == "must be a list, such as [one, two]")
    #expect(sentences["models.fast.endpoints.x.url"]?.contains("https:// is missing") == true)
    #expect(
      sentences["models.fast.endpoints.x.kind"]
        == "\"gopher\" is wrong; it must be one of openai, anthropic, responses, demo")
    #expect(sentences["models.fast.endpoints.x.weight"]?.contains("from 1 to 1000") == true)
    #expect(sentences["models.fast.endpoints.x.requestsPerMinute"]?.hasSuffix(", or none") == true)
    #expect(!ConfigurationError(found).description.contains("sk secret"))
    // What is missing because it was wrong is not told twice.
    #expect(sentences["models.fast.endpoints.x"] == nil)
  }

  @Test("settings that do not fit each other are told")
  func together() async throws {
    let found = try await file.problems(
      """
      upstream: {url: http://h/v1, model: m}
      models:
        empty: {answerTokens: 9000}
        big: {maximumTokens: 10000, endpoints: {a: {}, b: {url: http://h, keys: ["a b"]}, c: {keyVariables: [NOT_SET], url: http://h}}}
      """)
    #expect(
      Set(found.map(\.key)) == [
        "upstream.url", "models.default", "models.empty", "models.empty.answerTokens", "models.big.maximumTokens",
        "models.big.endpoints.b", "models.big.endpoints.c.keyVariables",
      ])
    let missing = try await file.problems("models: {m: {endpoints: {e: {weight: 2}}}}")
    #expect(missing.map(\.key) == ["models.m.endpoints.e"] && missing[0].sentence.contains("has no url"))
    let unknown = try await file.problems("models: {default: slow, m: {endpoints: {e: {kind: demo}}}}")
    #expect(unknown.map(\.sentence) == ["\"slow\" is not there; name one that is, one of m"])
    let reserved = try await file.problems("models: {default: {endpoints: {e: {kind: demo}}}}")
    #expect(reserved.contains { $0.key == "models.default" && $0.sentence.contains("cannot name a model") })
  }

  @Test("a provider's key on the command line is refused")
  func keysOnCommandLine() async throws {
    let found = try await file.problems(
      "models: {m: {endpoints: {e: {kind: demo}}}}", flags: ["models.m.endpoints.e.keys": ["sk-1"]])
    #expect(found.map(\.key) == ["models.m.endpoints.e.keys"])
    #expect(found.first?.sentence.contains("command lines") == true)
  }

  @Test(
    "prices are exact",
    arguments: [
      ("2.50", 2_500_000), ("0", 0), ("0.000001", 1), ("1000000", 1_000_000_000_000),
      ("0.1", 100_000), ("12.345678", 12_345_678),
    ] as [(String, UInt64)])
  func prices(text: String, millionths: UInt64) {
    #expect(PricePerMillion(text)?.millionths == millionths)
    let price = PricePerMillion(millionths: millionths)
    #expect(PricePerMillion(settingText: price.settingText) == price)
  }

  @Test(
    "what is no price is refused",
    arguments: [
      "", "-1", "1,5", "0.0000001", "1e3", "1000001", "1.2.3", "\u{661}", "99999999999999999999", "+1", ".", ".5", "3.",
    ])
  func badPrices(text: String) {
    #expect(PricePerMillion(text) == nil)
  }
}
