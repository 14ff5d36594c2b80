/// A path that may be used from anywhere.
typealias FieldPath<Root, Value> = any WritableKeyPath<Root, Value> & Sendable

extension Field {
  /// A field whose text becomes one value of a type.
  static func single<Value: SettingValue>(
    _ key: String, _ path: FieldPath<Root, Value>, secret: Bool = false, _ help: String,
    check: (@Sendable (Value) -> String?)? = nil
  ) -> Field {
    Field(
      path: steps(key), help: help, shape: .single, isSecret: secret,
      apply: { root, texts in
        guard let text = texts.first, texts.count == 1, let value = Value(settingText: text) else {
          return Value.expectation
        }
        if let complaint = check?(value) { return complaint }
        root[keyPath: path] = value
        return nil
      },
      show: { [$0[keyPath: path].settingText] },
      isSame: { $0[keyPath: path] == $1[keyPath: path] },
      copy: { $1[keyPath: path] = $0[keyPath: path] })
  }

  /// A field whose value lies in a range.
  static func single<Value: SettingValue & Comparable>(
    _ key: String, _ path: FieldPath<Root, Value>, in range: ClosedRange<Value>, _ help: String
  ) -> Field {
    single(key, path, help) { value in range.contains(value) ? nil : expectation(range) }
  }

  /// A field that may be absent, whose value, if there, lies in a range.
  static func single<Value: SettingValue & Comparable>(
    _ key: String, _ path: FieldPath<Root, Value?>, in range: ClosedRange<Value>, _ help: String
  ) -> Field {
    single(key, path, help) { value in value.map(range.contains) ?? true ? nil : expectation(range) }
  }

  /// A limit that can be lifted: a value in a range, or `none`.
  static func limit<Value: SettingValue & Comparable>(
    _ key: String, _ path: FieldPath<Root, Value?>, in range: ClosedRange<Value>, _ help: String
  ) -> Field {
    Field(
      path: steps(key), help: help, shape: .single, isSecret: false,
      apply: { root, texts in
        if texts == [none] {
          root[keyPath: path] = nil
          return nil
        }
        guard let text = texts.first, texts.count == 1, let value = Value(settingText: text), range.contains(value)
        else { return "\(expectation(range)), or \(none)" }
        root[keyPath: path] = value
        return nil
      },
      show: { [$0[keyPath: path]?.settingText ?? none] },
      isSame: { $0[keyPath: path] == $1[keyPath: path] },
      copy: { $1[keyPath: path] = $0[keyPath: path] })
  }

  /// A field that counts bytes.
  static func bytes(
    _ key: String, _ path: FieldPath<Root, Int>, in range: ClosedRange<Int>, _ help: String
  ) -> Field {
    let low = ByteCount(range.lowerBound)
    let high = ByteCount(range.upperBound)
    return Field(
      path: steps(key), help: help, shape: .single, isSecret: false,
      apply: { root, texts in
        guard let text = texts.first, texts.count == 1, let value = ByteCount(settingText: text),
          (low...high).contains(value)
        else { return expectation(low...high) }
        root[keyPath: path] = value.bytes
        return nil
      },
      show: { [ByteCount($0[keyPath: path]).settingText] },
      isSame: { $0[keyPath: path] == $1[keyPath: path] },
      copy: { $1[keyPath: path] = $0[keyPath: path] })
  }

  /// A field with any number of texts.
  static func list(
    _ key: String, _ path: FieldPath<Root, [String]>, _ help: String,
    check: (@Sendable ([String]) -> String?)? = nil
  ) -> Field {
    Field(
      path: steps(key), help: help, shape: .list, isSecret: false,
      apply: { root, texts in
        let texts = texts.filter { !$0.isEmpty }
        if let complaint = check?(texts) { return complaint }
        root[keyPath: path] = texts
        return nil
      },
      show: { $0[keyPath: path] },
      isSame: { $0[keyPath: path] == $1[keyPath: path] },
      copy: { $1[keyPath: path] = $0[keyPath: path] })
  }

  /// A field with any number of values of a type. `none` alone is an empty list; it must be written so where the default
  /// is `canBeNone`, another one, since an empty text means the default.
  static func values<Value: SettingValue>(
    _ key: String, _ path: FieldPath<Root, [Value]>, secret: Bool = false, canBeNone: Bool = false, _ help: String
  ) -> Field {
    Field(
      path: steps(key), help: help, shape: .list, isSecret: secret,
      apply: { root, texts in
        if texts == [none] {
          root[keyPath: path] = []
          return nil
        }
        var values: [Value] = []
        for text in texts where !text.isEmpty {
          guard let value = Value(settingText: text) else { return "a list, each of it \(Value.expectation)" }
          values.append(value)
        }
        root[keyPath: path] = values
        return nil
      },
      show: { root in
        let texts = root[keyPath: path].map(\.settingText)
        return texts.isEmpty && canBeNone ? [none] : texts
      },
      isSame: { $0[keyPath: path] == $1[keyPath: path] },
      copy: { $1[keyPath: path] = $0[keyPath: path] })
  }

  private static var none: String { "none" }

  private static func steps(_ key: String) -> [String] { key.split(separator: ".").map(String.init) }

  private static func expectation<Value: SettingValue & Comparable>(_ range: ClosedRange<Value>) -> String {
    "\(Value.expectation), from \(range.lowerBound.settingText) to \(range.upperBound.settingText)"
  }
}
