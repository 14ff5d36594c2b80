import NIOCore
import Testing

@testable import WebSocket

@Suite struct FrameReaderTests {
  private func reader(
    role: Role = .server, compression: Bool = false, maximum: Int = 1 << 20
  ) -> FrameReader {
    FrameReader(FrameRules(role: role, allowsCompression: compression, maximumFrameBytes: maximum))
  }

  /// Feeds `bytes` in pieces of `step` and returns opcodes with joined payloads of the frames that ended.
  private func read(
    _ bytes: [UInt8], step: Int = .max, with reader: FrameReader
  ) -> (frames: [(UInt8, [UInt8])], violation: ProtocolViolation?) {
    var reader = reader
    var frames: [(UInt8, [UInt8])] = []
    var payload: [UInt8] = []
    var position = 0
    while position < bytes.count {
      let count = min(step, bytes.count - position)
      var piece = Array(bytes[position..<position + count])
      var spans: [FrameSpan] = []
      let violation = piece.withUnsafeMutableBytes { reader.read($0, into: &spans) }
      for span in spans {
        if span.begins { payload = [] }
        payload += piece[span.offset..<span.offset + span.count]
        if span.ends { frames.append((span.opcode.rawValue | (span.fin ? 0x80 : 0), payload)) }
      }
      if let violation { return (frames, violation) }
      position += count
    }
    return (frames, nil)
  }

  @Test("the examples of RFC 6455 section 5.7 are read")
  func examples() {
    let masked = read([0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58], with: reader())
    #expect(masked.frames.map(\.0) == [0x81])
    #expect(masked.frames.first?.1 == Array("Hello".utf8))
    let plain = read([0x01, 0x03, 0x48, 0x65, 0x6C, 0x80, 0x02, 0x6C, 0x6F], with: reader(role: .client))
    #expect(plain.frames.map(\.0) == [0x01, 0x80])
    #expect(plain.frames.flatMap(\.1) == Array("Hello".utf8))
  }

  @Test("frames of every length form are the same whatever pieces they come in")
  func anyPieces() {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededGenerator(seed: seed)
    let sizes = [0, 1, 2, 3, 4, 5, 124, 125, 126, 127, 128, 255, 256, 65535, 65536, 70000]
    let payloads = sizes.map { random.bytes($0) }
    let bytes = payloads.flatMap { Frames.frame(0x82, $0) }
    for step in [1, 2, 3, 5, 7, 13, 14, 15, 1000, 65536, .max] {
      let result = read(bytes, step: step, with: reader())
      #expect(result.violation == nil)
      #expect(result.frames.map(\.1) == payloads, "step \(step), seed \(seed)")
    }
  }

  @Test(
    "what RFC 6455 forbids in a header fails with 1002",
    arguments: [
      [0x81, 0x00], [0xA1, 0x80], [0x91, 0x80], [0xC1, 0x80], [0xC0, 0x80], [0xC9, 0x80],
      [0x83, 0x80], [0x84, 0x80], [0x87, 0x80], [0x8B, 0x80], [0x8F, 0x80], [0x09, 0x80], [0x08, 0x80], [0x0A, 0x80],
      [0x89, 0xFE, 0x00, 0x7E], [0x88, 0xFE, 0x00, 0x7E],
      [0x82, 0xFE, 0x00, 0x05], [0x82, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], [0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0],
    ] as [[UInt8]])
  func forbidden(header: [UInt8]) {
    for step in [1, Int.max] {
      #expect(read(header + [0, 0, 0, 0], step: step, with: reader()).violation?.code == .protocolError)
    }
  }

  @Test("a client refuses masked frames")
  func maskedByServer() {
    #expect(read(Frames.text("x"), with: reader(role: .client)).violation?.code == .protocolError)
  }

  @Test("RSV1 passes on the first frame of a message once compression is agreed, and nowhere else")
  func rsv1() {
    #expect(read([0xC1, 0x80, 0, 0, 0, 0], with: reader(compression: true)).violation == nil)
    #expect(read([0xC0, 0x80, 0, 0, 0, 0], with: reader(compression: true)).violation?.code == .protocolError)
    #expect(read([0xC9, 0x80, 0, 0, 0, 0], with: reader(compression: true)).violation?.code == .protocolError)
  }

  @Test("a declared length over the limit fails with 1009 before a byte of payload", arguments: [1025, 65536, 1 << 62])
  func tooLong(declared: Int) {
    let header = Frames.frame(0x82, [], declared: declared)
    #expect(read(header, with: reader(maximum: 1024)).violation?.code == .messageTooBig)
  }

  @Test("frames before a violation are still delivered, and nothing after it")
  func beforeViolation() {
    let bytes = Frames.text("good") + [0xFF, 0xFF] + Frames.text("lost")
    let result = read(bytes, with: reader())
    #expect(result.frames.map(\.1) == [Array("good".utf8)])
    #expect(result.violation != nil)
  }

  @Test("headers that we write are read back", arguments: [0, 1, 125, 126, 65535, 65536])
  func roundTrip(count: Int) {
    for role in [Role.server, .client] {
      var out = ByteBuffer()
      let mask: UInt32? = role == .client ? 0xA1B2_C3D4 : nil
      FrameWriter.writeHeader(.binary, count: count, mask: mask, to: &out)
      let payload = [UInt8](repeating: 0x5A, count: count)
      out.writeBytes(payload)
      if let mask { FrameWriter.maskTail(of: &out, count: count, with: mask) }
      let inOne = {
        var out = ByteBuffer(string: "before")
        FrameWriter.writeFrame(.binary, ByteBuffer(bytes: payload), mask: mask, to: &out)
        return Array(out.bytes.dropFirst(6))
      }()
      #expect(inOne == out.bytes)
      let result = read(out.bytes, with: reader(role: role == .client ? .server : .client))
      #expect(result.frames.map(\.1) == [payload])
    }
  }
}
