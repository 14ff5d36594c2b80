import Synchronization

/// The figures of one model under one system prompt.
package final class ModelFigures: Sendable {
  package let turns = Counter()
  package let failures = Counter()
  package let inputTokens = Counter()
  package let outputTokens = Counter()
  /// The time between two tokens, averaged over each answer.
  package let tokenTime = Histogram(boundsNanoseconds: Histogram.commitBounds)
  /// From the question to the first text.
  package let firstToken = Histogram(boundsNanoseconds: Histogram.modelBounds)
}

/// The figures of all models. Names come from the configuration, which is small; a table that has grown beyond all reason
/// through changes of it counts the rest as one.
package final class ModelTable: Sendable {
  struct Key: Hashable {
    let model: String
    let promptVersion: String
  }

  private static let maximumRows = 256
  private let rows = Mutex<[Key: ModelFigures]>([:])

  init() {}

  package func figures(model: String, promptVersion: String) -> ModelFigures {
    rows.withLock { rows in
      var key = Key(model: model, promptVersion: promptVersion)
      if let known = rows[key] { return known }
      if rows.count >= Self.maximumRows { key = Key(model: "other", promptVersion: "") }
      let figures = rows[key] ?? ModelFigures()
      rows[key] = figures
      return figures
    }
  }

  /// All rows, by model and prompt version.
  package var all: [(labels: [(name: String, value: String)], figures: ModelFigures)] {
    let found = rows.withLock { $0 }
    let sorted = found.sorted { ($0.key.model, $0.key.promptVersion) < ($1.key.model, $1.key.promptVersion) }
    return sorted.map { row in
      ([("model", row.key.model), ("prompt_version", row.key.promptVersion)], row.value)
    }
  }
}
