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

  @Test("every value of every enum has the schema's name, and there is no name more")
  func enumNames() throws {
    try checkNames(Weir_V1_Role.self) { WeirWire.Message(role: Role(rawValue: $0)) }
    try checkNames(Weir_V1_MessageStatus.self) { WeirWire.Message(status: MessageStatus(rawValue: $0)) }
    try checkNames(Weir_V1_FinishReason.self) { TurnFinished(reason: FinishReason(rawValue: $0)) }
    try checkNames(Weir_V1_AckLevel.self) { Ack(level: AckLevel(rawValue: $0)) }
    try checkNames(Weir_V1_ConflictPolicy.self) { SendMessage(onConflict: ConflictPolicy(rawValue: $0)) }
    try checkNames(Weir_V1_TurnState.self) { TurnStatus(state: TurnState(rawValue: $0)) }
    try checkNames(Weir_V1_ErrorCode.self) { WeirError(code: ErrorCode(rawValue: $0)) }
    try checkNames(Weir_V1_PartKind.self) { Delta(kind: PartKind(rawValue: $0)) }
    try checkNames(Weir_V1_QueueReason.self) { QueuePosition(reason: QueueReason(rawValue: $0)) }
    try checkNames(Weir_V1_EndpointCondition.self) { EndpointState(condition: EndpointCondition(rawValue: $0)) }
  }

  private func checkNames<E: SwiftProtobuf.Enum & CaseIterable, M: Sampled>(
    _ theirs: E.Type, _ message: (Int32) -> M
  ) throws {
    // The number after the last has no name on either side: both write it as a number.
    for number in 0...theirs.allCases.count {
      let ours = message(Int32(number))
      #expect(try ours.json == M.Generated(serializedBytes: ours.binary).jsonString())
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
