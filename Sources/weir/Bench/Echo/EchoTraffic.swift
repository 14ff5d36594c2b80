/// What an echo measurement sends and what must come back, made before it begins: under load nothing is built, only
/// sent from memory and compared with memory.
struct EchoTraffic {
  /// Different messages go round while compressing, so that a kept context has something to do and nothing is free.
  static let compressedMessages = 64
  /// The most that is compared in one go: the loop's reads.
  private static let comparedBytes = 256 << 10

  /// The messages as they are before compressing.
  let payloads: [[UInt8]]
  let isCompressed: Bool
  /// The frames in their order, and again from the first as long as one burst may need.
  let outgoing: [UInt8]
  /// Where in `outgoing` each message's frame begins; one more than messages, the last being the end.
  let starts: [Int]
  /// Replies as they come if nothing is compressed: enough of the same frame to compare any read with. Else empty.
  let expected: [UInt8]
  /// The size of one reply; 0 if compressed.
  let replyBytes: Int

  init(isBare: Bool, size: Int, opcode: UInt8, isCompressed: Bool, outstanding: Int) throws(BenchFailure) {
    self.isCompressed = isCompressed
    var payloads: [[UInt8]] = []
    var frames: [[UInt8]] = []
    for number in 0..<(isCompressed ? Self.compressedMessages : 1) {
      let payload = SampleText.json(bytes: size, number: UInt64(number))
      let body = isCompressed ? try RawDeflate.compress(payload) : payload
      payloads.append(payload)
      frames.append(MaskedFrame.bytes(opcode: opcode, body, isCompressed: isCompressed))
    }
    self.payloads = payloads
    var outgoing: [UInt8] = []
    var starts = [0]
    for index in 0..<frames.count + outstanding {
      outgoing += frames[index % frames.count]
      if index < frames.count { starts.append(outgoing.count) }
    }
    self.outgoing = outgoing
    self.starts = starts
    // A bare server sends back the very bytes it got.
    let reply = isCompressed ? [] : isBare ? frames[0] : MaskedFrame.reply(opcode: opcode, payloads[0])
    replyBytes = reply.count
    var expected: [UInt8] = []
    while !reply.isEmpty, expected.count < Self.comparedBytes + reply.count { expected += reply }
    self.expected = expected
  }

  /// How many different messages there are.
  var count: Int { payloads.count }
}

/// Text as chat makes it: JSON around words, different for each number and the same on each run.
enum SampleText {
  private static let words =
    """
    the of and to in is that it for was on are as with they be at one have this from or had by hot word but what some \
    we can out other were all there when up use your how said an each she which do their time if will way about \
    many then
    """.split(separator: " ").map(String.init)

  static func json(bytes: Int, number: UInt64) -> [UInt8] {
    var state = number &* 0x9E37_79B9_7F4A_7C15 &+ 1
    func draw() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return state >> 33
    }
    var text = "{\"conversation\":\"c-\(draw())\",\"role\":\"assistant\",\"sequence\":\(draw() % 1000),\"content\":\""
    while text.utf8.count < bytes { text += words[Int(draw() % UInt64(words.count))] + " " }
    var result = Array(text.utf8.prefix(bytes))
    let end = Array("\"}".utf8)
    if bytes > 64 { result.replaceSubrange(bytes - end.count..<bytes, with: end) }
    return result
  }
}
