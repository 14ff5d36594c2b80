import SwiftProtobuf
import Testing
import WeirWire

@Suite("The codec and swift-protobuf's generated code understand each other")
struct SwiftProtobufTests {
  @Test("every message has the same bytes, and reads back equal, in both directions", arguments: Schema.all)
  func binary(schema: Schema) throws {
    try checkBinary(schema.type)
  }

  private func checkBinary<M: Sampled>(_ type: M.Type) throws {
    try eachSample(of: type) { ours in
      let bytes = ours.binary
      let theirs = try M.Generated(serializedBytes: bytes)
      #expect(theirs.unknownFields.data.isEmpty)
      let theirBytes: [UInt8] = try theirs.serializedBytes()
      #expect(bytes == theirBytes)
      #expect(try M(binary: theirBytes) == ours)
    }
  }

  @Test("every message reads the other's JSON, and JSON and bytes say the same", arguments: Schema.all)
  func json(schema: Schema) throws {
    try checkJSON(schema.type)
  }

  private func checkJSON<M: Sampled>(_ type: M.Type) throws {
    var namesOfTheSchema = JSONEncodingOptions()
    namesOfTheSchema.preserveProtoFieldNames = true
    namesOfTheSchema.alwaysPrintEnumsAsInts = true
    namesOfTheSchema.alwaysPrintInt64sAsNumbers = true
    try eachSample(of: type) { ours in
      // Their bytes, not only their JSON: two fields with exchanged names would pass each comparison alone.
      let theirs = try M.Generated(serializedBytes: ours.binary)
      #expect(try M.Generated(jsonString: ours.json) == theirs)
      #expect(try M(json: theirs.jsonString()) == ours)
      #expect(try M(json: theirs.jsonString(options: namesOfTheSchema)) == ours)
    }
  }

  private func eachSample<M: Sampled>(of type: M.Type, _ check: (M) throws -> Void) throws {
    var random = SeededRandom(seed: SeededRandom.seed)
    for index in 0..<100 {
      let sample = M.sample(&random)
      do {
        try check(sample)
      } catch {
        Issue.record("seed \(SeededRandom.seed), sample \(index) \(sample): \(error)")
      }
    }
  }
}
