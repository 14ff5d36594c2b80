/// One setting: its key, what it means, and how text becomes its value.
struct Setting: Sendable {
  /// What a source may say: one value, or several.
  enum Shape: Sendable {
    case single
    case list
  }

  /// The path in YAML, and, in capitals with underscores behind `WEIR_`, the environment variable.
  let key: String
  /// One or two sentences.
  let help: String
  let shape: Shape
  /// Its value is never printed.
  let isSecret: Bool
  /// Puts the value in place. Returns what a good value would be if this is none.
  let apply: @Sendable (inout WeirConfiguration, [String]) -> String?
  /// The value as text that reads back as the same.
  let show: @Sendable (WeirConfiguration) -> [String]

  /// The environment variable's name.
  var variable: String { Setting.variable(for: key) }

  /// `listen.maximumConnections` is `WEIR_LISTEN_MAXIMUM_CONNECTIONS`.
  static func variable(for key: String) -> String {
    var name = "WEIR_"
    var previousIsLower = false
    for character in key {
      if character == "." {
        name += "_"
      } else {
        if character.isUppercase && previousIsLower { name += "_" }
        name += character.uppercased()
      }
      previousIsLower = character.isLowercase
    }
    return name
  }
}

/// A path into the configuration that may be used from anywhere.
typealias SettingPath<Value> = any WritableKeyPath<WeirConfiguration, Value> & Sendable

extension Setting {
  /// A setting with one value.
  static func single<Value: SettingValue>(
    _ key: String, _ path: SettingPath<Value>, secret: Bool = false, _ help: String,
    check: (@Sendable (Value) -> String?)? = nil
  ) -> Setting {
    Setting(
      key: key, help: help, shape: .single, isSecret: secret,
      apply: { configuration, texts in
        guard let text = texts.first, texts.count == 1, let value = Value(settingText: text) else {
          return Value.expectation
        }
        if let complaint = check?(value) { return complaint }
        configuration[keyPath: path] = value
        return nil
      },
      show: { [$0[keyPath: path].settingText] })
  }

  /// A setting whose value lies in a range.
  static func single<Value: SettingValue & Comparable>(
    _ key: String, _ path: SettingPath<Value>, in range: ClosedRange<Value>, _ help: String
  ) -> Setting {
    single(key, path, help) { value in
      range.contains(value)
        ? nil : "\(Value.expectation), from \(range.lowerBound.settingText) to \(range.upperBound.settingText)"
    }
  }

  /// A setting that counts bytes.
  static func bytes(
    _ key: String, _ path: SettingPath<Int>, in range: ClosedRange<Int>, _ help: String
  ) -> Setting {
    let low = ByteCount(range.lowerBound)
    let high = ByteCount(range.upperBound)
    return Setting(
      key: key, help: help, shape: .single, isSecret: false,
      apply: { configuration, texts in
        guard let text = texts.first, texts.count == 1, let value = ByteCount(settingText: text),
          (low...high).contains(value)
        else { return "\(ByteCount.expectation), from \(low.settingText) to \(high.settingText)" }
        configuration[keyPath: path] = value.bytes
        return nil
      },
      show: { [ByteCount($0[keyPath: path]).settingText] })
  }

  /// A setting with any number of values.
  static func list(_ key: String, _ path: SettingPath<[String]>, _ help: String) -> Setting {
    Setting(
      key: key, help: help, shape: .list, isSecret: false,
      apply: { configuration, texts in
        configuration[keyPath: path] = texts.filter { !$0.isEmpty }
        return nil
      },
      show: { $0[keyPath: path] })
  }
}
