import Foundation
import NIOCore
import SwiftProtobuf
import Testing
import WeirWire

/// Mutated frames. `WEIR_FUZZ_RUNS` sets how many of each kind, `WEIR_WIRE_SEED` which.
@Suite("Mutated frames neither crash nor hang the decoders nor make them disagree", .timeLimit(.minutes(60)))
struct FuzzTests {
  private static let runs = ProcessInfo.processInfo.environment["WEIR_FUZZ_RUNS"].flatMap { Int($0) } ?? 25_000

  private enum Form { case binary, json }

  @Test("binary ClientFrames") func binaryClient() { fuzz(ClientFrame.self, .binary) }
  @Test("binary ServerFrames") func binaryServer() { fuzz(ServerFrame.self, .binary) }
  @Test("ClientFrames in JSON") func jsonClient() { fuzz(ClientFrame.self, .json) }
  @Test("ServerFrames in JSON") func jsonServer() { fuzz(ServerFrame.self, .json) }

  private func fuzz<M: Sampled>(_ type: M.Type, _ form: Form) {
    var random = SeededRandom(seed: SeededRandom.seed)
    let corpus = (0..<200).map { _ in
      let sample = M.sample(&random)
      return form == .binary ? sample.binary : Array(sample.json.utf8)
    }
    let mutator = Mutator(corpus: corpus, tokens: form == .binary ? Mutator.binaryTokens : Mutator.jsonTokens)
    var read = 0
    for run in 0..<Self.runs {
      let bytes = mutator.next(&random)
      do {
        read += try check(type, bytes, form) ? 1 : 0
      } catch {
        Issue.record("seed \(SeededRandom.seed), run \(run): \(error) Base64: \(Data(bytes).base64EncodedString())")
        return
      }
    }
    // If nearly all were refused, or nearly none, the mutations would be too rough or too mild to test anything.
    #expect((Self.runs / 20..<Self.runs * 19 / 20).contains(read), "\(read) of \(Self.runs) were read")
  }

  private struct Disagreement: Error {
    let what: String
    init(_ what: String) { self.what = what }
  }

  /// Whether `bytes` are a message. What is read must be written and read again unchanged, be no bigger than its source
  /// allows, and mean the same to swift-protobuf; what is refused for its form, swift-protobuf must refuse.
  private func check<M: Sampled>(_ type: M.Type, _ bytes: [UInt8], _ form: Form) throws -> Bool {
    let message: M
    do throws(WireError) {
      let buffer = ByteBuffer(bytes: bytes)
      message = form == .binary ? try M.decode(buffer) : try WireJSON.decode(M.self, from: buffer)
    } catch {
      if form == .binary, !error.isLimit, (try? M.Generated(serializedBytes: bytes)) != nil {
        throw Disagreement("refused, although swift-protobuf reads it: \(error)")
      }
      return false
    }
    let canonical = message.binary
    // At most a small enum number in JSON (`-1,`) that becomes ten bytes.
    guard canonical.count <= 4 * bytes.count else { throw Disagreement("grew to \(canonical.count) bytes") }
    switch form {
    case .binary:
      guard try M(binary: canonical) == message else { throw Disagreement("another message after a round trip") }
      var options = BinaryDecodingOptions()
      options.discardUnknownFields = true
      let theirs: [UInt8] = try M.Generated(serializedBytes: bytes, options: options).serializedBytes()
      guard theirs == canonical else { throw Disagreement("swift-protobuf reads another message") }
    case .json:
      guard try M(json: message.json) == message else { throw Disagreement("another message after a round trip") }
      var options = JSONDecodingOptions()
      options.ignoreUnknownFields = true
      // It is stricter in places (nesting, rare numbers) and rounds 1e3 and 1.5 through a Double: these are left out.
      if bytes.hasFractionOrExponent { break }
      guard let theirs = try? M.Generated(jsonUTF8Bytes: bytes, options: options) else { break }
      guard try theirs.serializedBytes() == canonical else {
        throw Disagreement("swift-protobuf reads another message")
      }
    }
    return true
  }
}

extension [UInt8] {
  /// Whether a digit stands before a point or an `e` somewhere.
  fileprivate var hasFractionOrExponent: Bool {
    zip(self, dropFirst()).contains { (0x30...0x39).contains($0) && [0x2E, 0x45, 0x65].contains($1) }
  }
}

extension WireError {
  fileprivate var isLimit: Bool {
    switch reason {
    case .tooDeep, .tooManyElements: true
    default: false
    }
  }
}
