/// Where in the configuration a model, an endpoint, a lane or a plan stands.
enum EntryPlace: Hashable, Sendable {
  case model(String)
  case endpoint(String, ofModel: String)
  case lane(String)
  case plan(String)

  /// The path in YAML.
  var path: [String] {
    switch self {
    case .model(let name): ["models", name]
    case .endpoint(let name, let model): ["models", model, "endpoints", name]
    case .lane(let name): ["lanes", name]
    case .plan(let name): ["plans", name]
    }
  }

  /// The path with dots.
  var key: String { path.joined(separator: ".") }

  var name: String {
    switch self {
    case .model(let name), .endpoint(let name, _), .lane(let name), .plan(let name): name
    }
  }

  /// What it is, as people call it.
  var noun: String {
    switch self {
    case .model: "model"
    case .endpoint: "endpoint"
    case .lane: "lane"
    case .plan: "plan"
    }
  }

  /// The names of its fields.
  var fieldKeys: Set<String> { EntryPlace.fieldKeys[noun] ?? [] }

  private static let fieldKeys: [String: Set<String>] = [
    "model": Set(EntryFields.model.map(\.key)), "endpoint": Set(EntryFields.endpoint.map(\.key)),
    "lane": Set(EntryFields.lane.map(\.key)), "plan": Set(EntryFields.plan.map(\.key)),
  ]

  /// Its fields, as settings of the server.
  var settings: [Setting] {
    switch self {
    case .model(let name): placed(EntryFields.model, \.models, name)
    case .lane(let name): placed(EntryFields.lane, \.lanes, name)
    case .plan(let name): placed(EntryFields.plan, \.plans, name)
    case .endpoint(let name, let model):
      EntryFields.endpoint.map { field in
        field.placed(below: path, find: { $0.models.named(model)?.endpoints.named(name) }) { configuration, change in
          configuration.models.modify(model) { $0.endpoints.modify(name, change) }
        }
      }
    }
  }

  /// Makes the entry, with its defaults, if it is not there.
  func declare(in configuration: inout WeirConfiguration) {
    switch self {
    case .model(let name): configuration.models.modify(name) { _ in }
    case .endpoint(let name, let model): configuration.models.modify(model) { $0.endpoints.modify(name) { _ in } }
    case .lane(let name): configuration.lanes.modify(name) { _ in }
    case .plan(let name): configuration.plans.modify(name) { _ in }
    }
  }

  /// All that a configuration has, in the order in which they are printed.
  static func all(in configuration: WeirConfiguration) -> [EntryPlace] {
    configuration.models.flatMap { model in
      [.model(model.name)] + model.endpoints.map { .endpoint($0.name, ofModel: model.name) }
    } + configuration.lanes.map { .lane($0.name) } + configuration.plans.map { .plan($0.name) }
  }

  private func placed<Entry: NamedEntry>(
    _ fields: [Field<Entry>], _ list: FieldPath<WeirConfiguration, [Entry]>, _ name: String
  ) -> [Setting] {
    fields.map { field in
      field.placed(below: path, find: { $0[keyPath: list].named(name) }) { configuration, change in
        configuration[keyPath: list].modify(name, change)
      }
    }
  }
}
