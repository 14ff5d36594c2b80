/// One setting of a `Root`: its key, what it means, and how text becomes its value. The same table of fields serves every
/// entry of a kind: each model has the fields of a model.
struct Field<Root: Sendable>: Sendable {
  /// The path in YAML. A name that users chose, such as a model's, is one step of it even with dots inside.
  let path: [String]
  /// One or two sentences.
  let help: String
  let shape: FieldShape
  /// Its value is never printed.
  let isSecret: Bool
  /// Puts the value in place. Returns what a good value would be if this is none.
  let apply: @Sendable (inout Root, [String]) -> String?
  /// The value as text that reads back as the same.
  let show: @Sendable (Root) -> [String]
  /// Whether both have the same value.
  let isSame: @Sendable (Root, Root) -> Bool
  /// Gives the second the first one's value.
  let copy: @Sendable (Root, inout Root) -> Void

  /// The path with dots.
  var key: String { path.joined(separator: ".") }
}

/// What a source may say of a field: one value, or several.
enum FieldShape: Sendable {
  case single
  case list
}

/// A setting of the server.
typealias Setting = Field<WeirConfiguration>

extension Field {
  /// The environment variable's name.
  var variable: String { Field.variable(for: key) }

  /// `listen.maximumConnections` is `WEIR_LISTEN_MAXIMUM_CONNECTIONS`; what is no letter and no digit is an underscore.
  static func variable(for key: String) -> String {
    var name = "WEIR_"
    var previousIsLower = false
    for character in key {
      if character.isLetter || character.isNumber {
        if character.isUppercase && previousIsLower { name += "_" }
        name += character.uppercased()
      } else {
        name += "_"
      }
      previousIsLower = character.isLowercase
    }
    return name
  }

  /// The same field where a `Root` is one of several entries: `contextTokens` becomes `models.fast.contextTokens`.
  /// `modify` makes the entry if there is none.
  func placed(
    below prefix: [String], find: @escaping @Sendable (WeirConfiguration) -> Root?,
    modify: @escaping @Sendable (inout WeirConfiguration, (inout Root) -> Void) -> Void
  ) -> Setting {
    Setting(
      path: prefix + path, help: help, shape: shape, isSecret: isSecret,
      apply: { configuration, texts in
        var complaint: String?
        modify(&configuration) { complaint = apply(&$0, texts) }
        return complaint
      },
      show: { find($0).map(show) ?? [] },
      isSame: { left, right in
        switch (find(left), find(right)) {
        case (let left?, let right?): isSame(left, right)
        case (nil, nil): true
        default: false
        }
      },
      copy: { source, target in
        guard let source = find(source) else { return }
        modify(&target) { copy(source, &$0) }
      })
  }
}
