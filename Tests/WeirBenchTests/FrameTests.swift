import NIOCore
import Testing
import WeirWire

@testable import weir

@Suite("Frames of the load generator")
struct FrameTests {
  /// Frames as a server sends them, of all three kinds of length.
  private static let sizes = [0, 1, 125, 126, 65_535, 65_536]

  private static func payload(_ size: Int) -> [UInt8] { (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) } }

  @Test("frames are found wherever reads cut them", arguments: [1, 2, 3, 7, 130, 4096, 1 << 20])
  func cutAnywhere(piece: Int) {
    let payloads = Self.sizes.map(Self.payload)
    let stream = payloads.flatMap { MaskedFrame.reply(opcode: 0x2, $0) }
    var scanner = FrameScanner()
    var found: [[UInt8]] = []
    var wire = 0
    for start in Swift.stride(from: 0, to: stream.count, by: piece) {
      let problem = stream[start..<min(stream.count, start + piece)].withUnsafeBytes { bytes in
        scanner.feed(bytes) { frame in
          found.append(Array(frame.payload))
          wire += frame.wireBytes
        }
      }
      #expect(problem == nil)
    }
    #expect(found == payloads)
    #expect(wire == stream.count)
  }

  @Test(
    "frames that no server may send are told",
    arguments: [
      [0x02, 0x00],  // Not final.
      [0x82, 0x80],  // Masked.
      [0xA2, 0x00],  // A reserved bit.
      [0x82, 127, 0x7F, 0, 0, 0, 0, 0, 0, 0],  // 2^62 bytes and more.
    ] as [[UInt8]])
  func forbidden(bytes: [UInt8]) {
    var scanner = FrameScanner()
    let problem = bytes.withUnsafeBytes { scanner.feed($0) { _ in Issue.record("a frame was found") } }
    #expect(problem != nil)
  }

  @Test("a client's frame says that it is masked, and unmasks to its payload", arguments: sizes)
  func masked(size: Int) {
    let payload = Self.payload(size)
    let frame = MaskedFrame.bytes(opcode: 0x1, payload)
    let plain = MaskedFrame.reply(opcode: 0x1, payload)
    #expect(frame[0] == 0x81)
    #expect(frame[1] == plain[1] | 0x80)
    #expect(frame.count == plain.count + 4)
    let header = plain.count - payload.count
    let key = frame[header..<header + 4]
    #expect(frame[(header + 4)...].enumerated().map { $1 ^ key[header + $0 & 3] } == payload)
  }

  @Test("a compressed message inflates to itself, also among others in one context")
  func deflate() throws {
    for keepsContext in [false, true] {
      let inflater = try RawInflate(keepsContext: keepsContext)
      for number in 0..<20 as Range<UInt64> {
        let message = SampleText.json(bytes: 1024, number: number)
        #expect(message.count == 1024)
        let compressed = try RawDeflate.compress(message)
        #expect(compressed.count < message.count)
        #expect(compressed.withUnsafeBytes { inflater.inflate($0, limit: 1024) } == message)
      }
      let long = try RawDeflate.compress([UInt8](repeating: 0, count: 5000))
      #expect(long.withUnsafeBytes { inflater.inflate($0, limit: 1024) } == nil)
    }
  }

  @Test("a Delta is read as WeirWire writes it, and nothing else is taken for one")
  func delta() throws {
    for (turn, offset, text) in [(1, 0, "a"), (300, 70_000, "räume 🙂"), (UInt64.max, UInt64.max, "")] {
      var buffer = ByteBuffer()
      ServerFrame(frame: .delta(Delta(turnID: turn, offset: offset, text: text))).encode(into: &buffer)
      try buffer.withUnsafeReadableBytes { bytes in
        let view = try #require(DeltaView(bytes))
        #expect(view.turnID == turn)
        #expect(view.offset == offset)
        #expect(String(decoding: view.text, as: UTF8.self) == text)
        for end in 0..<bytes.count { #expect(DeltaView(UnsafeRawBufferPointer(rebasing: bytes[..<end])) == nil) }
      }
    }
    var other = ByteBuffer()
    ServerFrame(frame: .pong(Pong(nonce: 1))).encode(into: &other)
    #expect(other.withUnsafeReadableBytes { DeltaView($0) } == nil)
  }

  @Test("an upgrade is taken when it is right, wherever reads cut it, and not when it is wrong")
  func opening() throws {
    let target = try Target("ws://127.0.0.1:1234/chat?a=b")
    #expect(target.path(adding: "user", "ann") == "/chat?a=b&user=ann")
    let good =
      "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
    for cut in 1..<good.utf8.count {
      var opening = Opening(target)
      let bytes = Array(good.utf8) + [0x82, 0x00]
      guard case .more = bytes[..<cut].withUnsafeBytes({ opening.feed($0) }) else {
        Issue.record("done after \(cut) bytes")
        continue
      }
      guard case .done(let consumed) = bytes[cut...].withUnsafeBytes({ opening.feed($0) }) else {
        Issue.record("not done, cut at \(cut)")
        continue
      }
      #expect(consumed == good.utf8.count - cut)
    }
    for (from, to) in [("101", "200"), ("s3pP", "s3pQ")] {
      var opening = Opening(target)
      let bytes = Array(good.replacing(from, with: to).utf8)
      guard case .refused = bytes.withUnsafeBytes({ opening.feed($0) }) else {
        Issue.record("taken with \(to)")
        continue
      }
    }
    var compressed = Opening(target, deflate: .noTakeover)
    guard case .refused = Array(good.utf8).withUnsafeBytes({ compressed.feed($0) }) else {
      Issue.record("taken without permessage-deflate")
      return
    }
  }

  @Test(
    "addresses that are none are refused", arguments: ["https://127.0.0.1/", "ws://", "ws://127.0.0.1:x/", "wss://a/"])
  func targets(url: String) {
    #expect(throws: BenchFailure.self) { try Target(url) }
  }
}
