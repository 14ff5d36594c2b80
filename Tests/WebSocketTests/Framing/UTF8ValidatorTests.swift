import Testing

@testable import WebSocket

@Suite struct UTF8ValidatorTests {
  @Test("all characters pass, cut at every byte, and are complete only at their last")
  func everyScalar() {
    for value in UInt32(0)...0x10FFFF {
      guard let scalar = Unicode.Scalar(value) else { continue }
      var validator = UTF8Validator()
      let bytes = Array(String(Character(scalar)).utf8)
      var good = true
      for (index, byte) in bytes.enumerated() {
        good = good && withUnsafeBytes(of: byte) { validator.consume($0) }
        good = good && validator.isComplete == (index == bytes.count - 1)
      }
      if !good { Issue.record("U+\(String(value, radix: 16))") }
    }
  }

  @Test("every two-, three- and four-byte prefix is judged as the standard library judges it")
  func agreesWithStandardLibrary() {
    let interesting: [UInt8] = [
      0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF,
      0xF0, 0xF1, 0xF3, 0xF4, 0xF5, 0xF8, 0xFE, 0xFF,
    ]
    for a in UInt8.min...(.max) {
      for b in interesting {
        for c in [0x41, 0x7F, 0x80, 0x9F, 0xA0, 0xBF, 0xC2, 0xF4] as [UInt8] {
          for d in [0x00, 0x80, 0xBF, 0xC0, 0xE1] as [UInt8] {
            let bytes = [a, b, c, d]
            let expected = String(validating: bytes, as: UTF8.self) != nil
            let actual = bytes.withUnsafeBytes { UTF8Validator.isValid($0) }
            if actual != expected { Issue.record("\(bytes)") }
          }
        }
      }
    }
  }

  @Test(
    "invalid text fails at the first byte that makes it so",
    arguments: [
      ([0xC0, 0x80], 1), ([0xC1], 1), ([0xE0, 0x9F], 2), ([0xED, 0xA0], 2), ([0xF0, 0x8F], 2), ([0xF4, 0x90], 2),
      ([0xF5], 1), ([0x80], 1), ([0xFF], 1), ([0xE2, 0x82, 0x41], 3), ([0x61, 0x62, 0xFE], 3),
    ] as [([UInt8], Int)])
  func failsFast(bytes: [UInt8], failsAt: Int) {
    var validator = UTF8Validator()
    let results = bytes.map { byte in withUnsafeBytes(of: byte) { validator.consume($0) } }
    #expect(results.firstIndex(of: false) == failsAt - 1)
  }

  @Test("an invalid byte is found at every place of a long ASCII text")
  func longText() {
    for length in 1...100 {
      for place in 0..<length {
        var bytes = [UInt8](repeating: 0x61, count: length)
        #expect(bytes.withUnsafeBytes { UTF8Validator.isValid($0) })
        bytes[place] = 0xFF
        #expect(!bytes.withUnsafeBytes { UTF8Validator.isValid($0) })
      }
    }
  }
}
