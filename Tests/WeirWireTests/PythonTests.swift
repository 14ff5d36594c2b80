import Foundation
import Testing
import WeirWire

@Suite("The codec and protoc's Python understand each other")
struct PythonTests {
  @Test(
    "every message, with random values, in binary and JSON, in both directions",
    .enabled("\(PythonChecker.howToGetIt)") {
      if PythonChecker.isRequired { return true }
      return try await PythonChecker.find() != nil
    })
  func exchange() async throws {
    let seed = SeededRandom.seed
    var random = SeededRandom(seed: seed)
    let vectors = Schema.all.flatMap { schema in
      (0..<40).map { _ in vector(schema.type, &random) }
    }
    switch try await PythonChecker.exchange(vectors, seed: seed) {
    case .failed(let complaint):
      Issue.record("seed \(seed): \(complaint)")
    case .vectors(let theirs):
      let types = Dictionary(uniqueKeysWithValues: Schema.all.map { ($0.name, $0.type) })
      for line in theirs {
        let columns = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        let type = try #require(types[columns[0]], "\(columns[0]) is in the schema and not in the codec")
        try check(type, hex: columns[1], json: columns[2], "seed \(seed): \(line)")
      }
      // One line at least for each message: the script walks the schema, so that none is forgotten here.
      #expect(Set(theirs.map { String($0.prefix { $0 != "\t" }) }) == Set(types.keys))
    }
  }

  private func vector<M: Sampled>(_ type: M.Type, _ random: inout SeededRandom) -> String {
    let sample = M.sample(&random)
    let hex = sample.binary.map { String(Int($0) + 0x100, radix: 16).dropFirst() }.joined()
    return "\(M.fullName)\t\(hex)\t\(sample.json)"
  }

  private func check<M: Sampled>(_ type: M.Type, hex: String, json: String, _ comment: String) throws {
    let digits = Array(hex.utf8)
    let bytes = try stride(from: 0, to: digits.count, by: 2).map { at in
      try #require(UInt8(String(decoding: digits[at..<at + 2], as: UTF8.self), radix: 16))
    }
    let fromBytes = try M(binary: bytes)
    #expect(fromBytes.binary == bytes, "\(comment)")
    #expect(try M(json: json) == fromBytes, "\(comment)")
  }
}
