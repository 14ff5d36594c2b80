import Configuration
import NIOConcurrencyHelpers

/// A configuration file: its values, and the keys in it.
struct YAMLFile {
  /// Why the file cannot be used, and what to do.
  struct Failure: Error {
    let sentence: String
  }

  let path: String
  /// nil: the file has nothing but comments.
  let provider: (any ConfigProvider)?
  /// All that have a value, with dots, sorted.
  let keys: [String]

  /// Reads the file. Blocks: for start-up only.
  init(path: String) async throws(Failure) {
    self.path = path
    let bytes: [UInt8]
    do throws(FileContents.Failure) {
      bytes = try FileContents.read(path)
    } catch {
      throw Failure(sentence: "the configuration file cannot be read: \(error.reason); correct --config")
    }
    if YAMLFile.isBlank(bytes) {
      provider = nil
      keys = []
      return
    }
    // The parser asks of every key it finds whether its value is secret: that tells which keys there are.
    let found = NIOLockedValueBox<Set<String>>([])
    let options = YAMLSnapshot.ParsingOptions(
      secretsSpecifier: .dynamic { key, _ in
        found.withLockedValue { _ = $0.insert(key) }
        return Settings.byKey[key]?.isSecret ?? true
      })
    do {
      let place = ConfigReader(
        provider: InMemoryProvider(values: ["filePath": ConfigValue(.string(path), isSecret: false)]))
      let provider = try await FileProvider<YAMLSnapshot>(parsingOptions: options, config: place)
      self.provider = provider
      keys = found.withLockedValue { $0 }.sorted()
    } catch {
      throw Failure(sentence: "this is not the YAML of a configuration; correct the file: \(Self.problem(error))")
    }
  }

  /// What the parser says without the line it says it of, in which a secret may be. Its words end with that line and a
  /// mark below it.
  private static func problem(_ error: any Error) -> String {
    "\(error)".split(separator: "\n", maxSplits: 1).first.map(String.init) ?? ""
  }

  /// Whether the key has nothing behind it, as a section has whose lines are all comments.
  func isEmpty(_ key: String) -> Bool {
    guard let found = try? provider?.value(forKey: AbsoluteConfigKey(ConfigKey(key)), type: .string),
      case .string(let text)? = found.value?.content
    else { return false }
    return text.isEmpty || text == "~" || text == "null"
  }

  /// Whether there is nothing in it but white space, comments and document marks.
  private static func isBlank(_ bytes: [UInt8]) -> Bool {
    bytes.split(separator: UInt8(ascii: "\n")).allSatisfy { line in
      let rest = line.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") || $0 == UInt8(ascii: "\r") }
      return rest.isEmpty || rest.first == UInt8(ascii: "#") || rest.elementsEqual("---".utf8)
    }
  }
}
