import Foundation
import Testing

/// What fuzzing begins with, and what it has found: each input keeps its promise, without the fuzzer.
@Suite("Inputs of the fuzzers")
struct CorpusTests {
  private static let corpus = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "corpus")
  private static let targets = FuzzTarget.ofProtocol + FuzzTarget.ofUpstream + FuzzTarget.ofServer

  @Test("every input of the corpora keeps the promises", arguments: targets.map(\.name))
  func replay(name: String) throws {
    let target = try #require(Self.targets.first { $0.name == name })
    let folder = Self.corpus.appending(path: name)
    let inputs = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    #expect(!inputs.isEmpty)
    let run = try target.start()
    for input in inputs {
      let bytes = try Data(contentsOf: input)
      #expect(bytes.count <= target.maximumBytes, "\(input.lastPathComponent) is longer than the fuzzer's inputs")
      do {
        try bytes.withUnsafeBytes { try run($0) }
      } catch {
        Issue.record("\(name)/\(input.lastPathComponent): \(error)")
      }
    }
  }

  @Test("every corpus and every dictionary is some target's")
  func names() throws {
    let names = Set(Self.targets.map(\.name))
    #expect(names.count == Self.targets.count)
    let manager = FileManager.default
    #expect(Set(try manager.contentsOfDirectory(atPath: Self.corpus.path())) == names)
    let dictionaries = Self.corpus.deletingLastPathComponent().appending(path: "dictionaries")
    for file in try manager.contentsOfDirectory(atPath: dictionaries.path()) {
      #expect(names.contains(String(file.prefix { $0 != "." })), "\(file) is no target's")
    }
  }
}
