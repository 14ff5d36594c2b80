import Testing

@testable import WebSocket

@Suite struct MaskingTests {
  @Test("masking in pieces of any size and alignment equals the byte-by-byte definition")
  func pieces() {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<500 {
      let key = random.bytes(4)
      let payload = random.bytes(Int.random(in: 0...300, using: &random))
      let expected = payload.enumerated().map { $1 ^ key[$0 % 4] }
      let offset = Int.random(in: 0...7, using: &random)
      var memory = [UInt8](repeating: 0, count: offset) + payload
      var mask = key.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }
      memory.withUnsafeMutableBytes { bytes in
        var position = offset
        while position < bytes.count {
          let count = min(Int.random(in: 1...100, using: &random), bytes.count - position)
          mask = Masking.apply(mask, to: .init(rebasing: bytes[position..<position + count]))
          position += count
        }
      }
      #expect(Array(memory[offset...]) == expected, "seed \(seed)")
    }
  }
}
