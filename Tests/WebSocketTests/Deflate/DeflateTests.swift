import CZlib
import NIOCore
import Testing

@testable import WebSocket

@Suite struct DeflateTests {
  private let limits = MessageLimits()

  private func text(_ count: Int, _ random: inout SeededGenerator) -> ByteBuffer {
    let words = ["weir ", "river ", "stream ", "token ", "answer ", "flow "]
    var buffer = ByteBuffer()
    while buffer.readableBytes < count { buffer.writeString(words.randomElement(using: &random) ?? "") }
    return buffer
  }

  private func inflate(_ inflation: MessageInflation, _ message: ByteBuffer, step: Int) -> (InflateOutcome, ByteBuffer)
  {
    var out = ByteBuffer()
    var rest = message
    inflation.begin()
    while rest.readableBytes > 0 {
      guard let piece = rest.readSlice(length: min(step, rest.readableBytes)) else { break }
      let outcome = piece.withUnsafeReadableBytes { inflation.inflate($0, into: &out, limit: limits) }
      guard outcome == .done else { return (outcome, out) }
    }
    return (inflation.finish(into: &out, limit: limits), out)
  }

  @Test(
    "what one side compresses the other inflates, with every window, with and without takeover, also after a quiet time"
  )
  func roundTrip() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededGenerator(seed: seed)
    for bits in 8...15 {
      for noTakeover in [true, false] {
        let pool = DeflatePool()
        let parameters = DeflateParameters(
          serverNoContextTakeover: noTakeover, clientNoContextTakeover: noTakeover, serverMaxWindowBits: bits,
          clientMaxWindowBits: bits)
        let deflation = MessageDeflation(parameters, DeflateConfiguration(), role: .server, pool: pool)
        let inflation = MessageInflation(parameters, role: .client, pool: pool)
        for round in 0..<8 {
          let message = text(Int.random(in: 300...40_000, using: &random), &random)
          var compressed = ByteBuffer()
          #expect(deflation.compress(message, into: &compressed))
          let (outcome, inflated) = inflate(inflation, compressed, step: round.isMultiple(of: 2) ? 100 : .max)
          #expect(outcome == .done)
          #expect(inflated == message, "bits \(bits), seed \(seed)")
          if round == 3 {
            inflation.becomeIdle()
          } else if round == 5 {
            deflation.becomeIdle()
          }
        }
      }
    }
  }

  @Test("takeover makes a repeated message much smaller")
  func takeover() {
    var random = SeededGenerator(seed: 1)
    let message = ByteBuffer(bytes: random.bytes(1000))
    let deflation = MessageDeflation(DeflateParameters(), DeflateConfiguration(), role: .server, pool: DeflatePool())
    var first = ByteBuffer()
    var second = ByteBuffer()
    #expect(deflation.compress(message, into: &first))
    #expect(deflation.compress(message, into: &second))
    #expect(second.readableBytes < first.readableBytes / 10)
  }

  @Test("8 window bits are kept: a 256-byte window inflates it in small steps")
  func eightBits() throws {
    var random = SeededGenerator(seed: 8)
    var message = ByteBuffer(bytes: random.bytes(250))
    for _ in 0..<200 { message.writeBytes(message.bytes.suffix(Int.random(in: 3...300, using: &random))) }
    for level in 1...9 {
      let deflater = try #require(Deflater(.init(level: level, windowBits: 8, memoryLevel: 8)))
      var compressed = ByteBuffer()
      message.withUnsafeReadableBytes { deflater.compress($0, into: &compressed) }
      compressed.writeBytes([0, 0, 0xFF, 0xFF])
      #expect(try inflateWithSmallWindow(compressed.bytes) == message.bytes, "level \(level)")
    }
  }

  /// zlib itself with a 256-byte window and 16 bytes of output at a time, so that matches must come from the window.
  private func inflateWithSmallWindow(_ input: [UInt8]) throws -> [UInt8] {
    var stream = z_stream()
    var output: [UInt8] = []
    try withUnsafeMutablePointer(to: &stream) { stream in
      try #require(inflateInit2_(stream, -8, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK)
      defer { inflateEnd(stream) }
      var input = input
      try input.withUnsafeMutableBufferPointer { bytes in
        stream.pointee.next_in = bytes.baseAddress
        stream.pointee.avail_in = uInt(bytes.count)
        var piece = [UInt8](repeating: 0, count: 16)
        var produced = 16
        while produced > 0 {
          produced = try piece.withUnsafeMutableBufferPointer { target in
            stream.pointee.next_out = target.baseAddress
            stream.pointee.avail_out = 16
            let status = CZlib.inflate(stream, Z_SYNC_FLUSH)
            try #require(status == Z_OK || status == Z_BUF_ERROR)
            return 16 - Int(stream.pointee.avail_out)
          }
          output += piece.prefix(produced)
        }
      }
    }
    return output
  }

  private func compressedZeros(_ count: Int) -> ByteBuffer {
    let deflation = MessageDeflation(DeflateParameters(), DeflateConfiguration(), role: .client, pool: DeflatePool())
    var compressed = ByteBuffer()
    _ = deflation.compress(ByteBuffer(repeating: 0, count: count), into: &compressed)
    return compressed
  }

  @Test("a message of exactly the limit inflates, one byte more does not, and a bomb stops there")
  func bomb() {
    let inflation = MessageInflation(DeflateParameters(), role: .server, pool: DeflatePool())
    let exact = inflate(inflation, compressedZeros(1 << 20), step: .max)
    #expect(exact.0 == .done)
    #expect(exact.1.readableBytes == 1 << 20)
    for size in [1 << 20 + 1, 64 << 20] {
      let fresh = MessageInflation(DeflateParameters(), role: .server, pool: DeflatePool())
      let bomb = inflate(fresh, compressedZeros(size), step: .max)
      #expect(bomb.0 == .tooBig)
      #expect(bomb.1.storageCapacity <= 1 << 20)
    }
  }

  @Test(
    "broken streams are invalid",
    arguments: [
      [0x07],  // reserved block type
      [0xFF, 0xFF, 0xFF], [0x00, 0x05, 0x00, 0x00, 0x00],
    ] as [[UInt8]])
  func invalid(bytes: [UInt8]) {
    let inflation = MessageInflation(DeflateParameters(), role: .server, pool: DeflatePool())
    #expect(inflate(inflation, ByteBuffer(bytes: bytes), step: .max).0 == .invalid)
  }

  @Test("a stream cut at any byte is invalid or, between two blocks, complete; never more than was sent")
  func truncated() {
    var random = SeededGenerator(seed: 3)
    let message = text(2000, &random)
    let deflation = MessageDeflation(DeflateParameters(), DeflateConfiguration(), role: .client, pool: DeflatePool())
    var compressed = ByteBuffer()
    #expect(deflation.compress(message, into: &compressed))
    var complete = 0
    for count in 1..<compressed.readableBytes {
      let inflation = MessageInflation(DeflateParameters(), role: .server, pool: DeflatePool())
      let cut = ByteBuffer(bytes: compressed.bytes.prefix(count))
      if inflate(inflation, cut, step: .max).0 == .done { complete += 1 }
    }
    #expect(complete <= 1)
  }

  @Test(
    "a message that ends with a final block, padded as RFC 7692 section 7.2.3.4 says, inflates, and so does the next")
  func finalBlock() {
    let inflation = MessageInflation(DeflateParameters(), role: .client, pool: DeflatePool())
    for _ in 0..<3 {
      let (outcome, inflated) = inflate(
        inflation, ByteBuffer(bytes: [0xF3, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00, 0x00]), step: .max)
      #expect(outcome == .done)
      #expect(String(buffer: inflated) == "Hello")
    }
  }

  @Test("a message of endless empty final blocks is cut short")
  func finalBlockFlood() {
    let inflation = MessageInflation(DeflateParameters(), role: .server, pool: DeflatePool())
    let flood = ByteBuffer(bytes: (0..<100_000).flatMap { _ in [0x03, 0x00] as [UInt8] })
    #expect(inflate(inflation, flood, step: .max).0 == .invalid)
  }

  @Test("the examples of RFC 7692 section 7.2.3 inflate")
  func examples() {
    let inflation = MessageInflation(DeflateParameters(), role: .client, pool: DeflatePool())
    let plain = inflate(inflation, ByteBuffer(bytes: [0xF2, 0x48, 0xCD, 0xC9, 0xC9, 0x07, 0x00]), step: 1)
    #expect(String(buffer: plain.1) == "Hello")
    let again = inflate(inflation, ByteBuffer(bytes: [0xF2, 0x00, 0x11, 0x00, 0x00]), step: 1)
    #expect(again.0 == .done)
    #expect(String(buffer: again.1) == "Hello")
    let stored = [0x00, 0x05, 0x00, 0xFA, 0xFF, 0x48, 0x65, 0x6C, 0x6C, 0x6F, 0x00] as [UInt8]
    #expect(String(buffer: inflate(inflation, ByteBuffer(bytes: stored), step: .max).1) == "Hello")
  }

  @Test("random bytes never crash the inflater nor pass the limit")
  func fuzz() {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededGenerator(seed: seed)
    let pool = DeflatePool()
    for _ in 0..<3000 {
      let inflation = MessageInflation(DeflateParameters(clientNoContextTakeover: true), role: .server, pool: pool)
      var bytes = compressedZeros(5000).bytes + random.bytes(20)
      for _ in 0..<3 { bytes[Int.random(in: bytes.indices, using: &random)] = random.bytes(1)[0] }
      let (_, out) = inflate(inflation, ByteBuffer(bytes: bytes), step: Int.random(in: 1...50, using: &random))
      #expect(out.readableBytes <= limits.maximumMessageBytes, "seed \(seed)")
    }
  }
}
