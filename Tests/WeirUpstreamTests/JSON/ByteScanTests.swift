import Testing

@testable import WeirUpstream

@Suite("Byte scan")
struct ByteScanTests {
  @Test("the first of two bytes is found, whatever stands around it and wherever it stands")
  func finds() {
    for seed in UInt64(1)...300 {
      var random = SeededRandom(seed: seed)
      // Bytes that differ from those looked for by one or by their top bit are where such a search goes wrong.
      let alphabet: [UInt8] = [0x0A, 0x0D, 0x0B, 0x09, 0x0C, 0x0E, 0x8A, 0x8D, 0x00, 0x01, 0x80, 0xFF, 0x7F, 0x41]
      let rare = Int.random(in: 0...1, using: &random) == 0
      let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
        alphabet[Int.random(in: (rare ? 2 : 0)..<alphabet.count, using: &random)]
      }
      for start in 0...bytes.count {
        let found = ByteScan.first(of: 0x0A, or: 0x0D, in: bytes.span, from: start)
        let expected = bytes[start...].firstIndex { $0 == 0x0A || $0 == 0x0D } ?? bytes.count
        #expect(found == expected, "seed \(seed), from \(start)")
      }
    }
  }
}
