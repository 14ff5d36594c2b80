/// All that is wrong with a configuration, so that one look is enough to set it right.
public struct ConfigurationError: StartUpError, Equatable {
  /// One thing that is wrong.
  public struct Problem: Sendable, Equatable {
    /// The setting's key, or the file's name.
    public var key: String
    /// Where the value came from: "command line", a variable's name, or a file's name. Empty: from nowhere.
    public var source: String
    /// What is wrong and what would be right. Holds the value, unless that is secret.
    public var sentence: String

    /// A problem with the setting `key`.
    public init(key: String, source: String = "", sentence: String) {
      self.key = key
      self.source = source
      self.sentence = sentence
    }
  }

  /// In the order of the settings.
  public var problems: [Problem]

  /// An error with all of these.
  public init(_ problems: [Problem]) {
    self.problems = problems
  }

  /// One line for each problem.
  public var description: String {
    problems.map { problem in
      "\(problem.key)\(problem.source.isEmpty ? "" : " (from \(problem.source))"): \(problem.sentence)"
    }.joined(separator: "\n")
  }

  /// EX_CONFIG of sysexits.h.
  public var exitCode: Int32 { 78 }
}
