import Foundation
import Testing

/// The fuzzers and the micro-benchmarks are packages of their own with Weir's targets in them. Nothing of CI builds those
/// packages, so here is what would break them.
@Suite struct ManifestTests {
  private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// What each target of a package depends on, in the manifest's words.
  private static func dependencies(in manifest: String) throws -> [String: Set<String>] {
    let text = try String(contentsOf: root.appending(path: manifest), encoding: .utf8)
    let target = /name: "(\w+)",\s*dependencies: \[([^\]]*)\]/
    return Dictionary(
      text.matches(of: target).map { match in
        let names = match.2.matches(of: /\.product\([^)]*\)|"?\w+"?/).map { String($0.0) }
        return (String(match.1), Set(names))
      }, uniquingKeysWith: { first, _ in first })
  }

  @Test(
    "a target depends on the same in each package that has it",
    arguments: ["Tests/fuzz/Package.swift", "bench/micro/Package.swift"])
  func sameDependencies(manifest: String) throws {
    let weir = try Self.dependencies(in: "Package.swift")
    let other = try Self.dependencies(in: manifest)
    #expect(weir.count > 5)
    let shared = Set(weir.keys).intersection(other.keys)
    #expect(shared.isSuperset(of: ["WeirCore", "WeirUpstream", "WeirStore", "WebSocket"]))
    for name in shared { #expect(other[name] == weir[name], "\(name)") }
  }
}
