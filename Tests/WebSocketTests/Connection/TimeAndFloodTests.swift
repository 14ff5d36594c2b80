import NIOCore
import NIOEmbedded
import Testing

@testable import WebSocket

@Suite struct TimeAndFloodTests {
  @Test("a silent peer is pinged after 25 s and 50 s and dropped after 75 s")
  func silentPeer() throws {
    let harness = try Harness()
    harness.advance(24)
    #expect(try harness.frames().isEmpty)
    harness.advance(2)
    #expect(try harness.frames().map(\.first) == [0x89])
    harness.advance(25)
    #expect(try harness.frames().map(\.first) == [0x89])
    harness.advance(23)
    #expect(harness.channel.isActive)
    harness.advance(3)
    #expect(!harness.channel.isActive)
    #expect(harness.recorder.closes.map(\.code) == [.abnormal])
  }

  @Test("anything that comes keeps the connection, for hours")
  func answeringPeer() throws {
    let harness = try Harness()
    for _ in 0..<300 {
      harness.advance(26)
      let pings = try harness.frames()
      #expect(pings.count <= 1)
      for ping in pings { try harness.receive(Frames.frame(0x8A, ping.payload)) }
    }
    #expect(harness.channel.isActive)
    #expect(harness.recorder.pongs.count > 250)
  }

  @Test("a peer that is not read from is not judged by its silence")
  func notReading() throws {
    let harness = try Harness()
    try harness.connection.setReading(false)
    harness.advance(1000)
    #expect(harness.channel.isActive)
    #expect(try harness.frames().isEmpty)
  }

  @Test(
    "a message that is not complete after 30 s is 1008, also when other bytes keep coming",
    arguments: [Frames.frame(0x01, [0x61]), [0x82], [0x82, 0x85, 1, 2, 3, 4, 5], Frames.frame(0x82, [1], declared: 9)])
  func incomplete(bytes: [UInt8]) throws {
    let harness = try Harness()
    try harness.receive(bytes)
    harness.advance(29)
    #expect(try harness.frames().allSatisfy { $0.first == 0x89 })
    harness.advance(2)
    let frames = try harness.frames()
    #expect(frames.map(\.first) == [0x88])
    #expect(frames.first?.payload.prefix(2) == [0x03, 0xF0])
  }

  @Test("pings in the midst of a message do not give it more time")
  func pingsInside() throws {
    let harness = try Harness()
    try harness.receive(Frames.frame(0x01, [0x61]))
    for _ in 0..<6 {
      harness.advance(4)
      try harness.receive(Frames.frame(0x89, [1]))
    }
    #expect(try harness.frames().allSatisfy { $0.first == 0x8A })
    harness.advance(8)
    #expect(try harness.frames().map(\.first) == [0x88])
  }

  @Test("large messages one after the other, each cut by the reads, are not one slow message")
  func backToBack() throws {
    let harness = try Harness()
    let frame = Frames.frame(0x82, [UInt8](repeating: 1, count: 1000))
    try harness.receive(Array(frame.prefix(500)))
    for _ in 0..<20 {
      harness.advance(10)
      try harness.receive(Array(frame.dropFirst(500) + frame.prefix(500)))
    }
    #expect(harness.recorder.messages.count == 20)
    #expect(harness.channel.isActive && harness.recorder.closes.isEmpty)
  }

  @Test("ten pings at once get ten pongs; a flood gets one for the newest of each read, then 1008")
  func pingFlood() throws {
    let harness = try Harness()
    try harness.receive((0..<10).flatMap { Frames.frame(0x89, [UInt8($0)]) })
    #expect(try harness.frames().map(\.payload) == (0..<10).map { [UInt8($0)] })
    harness.advance(10)
    try harness.receive((0..<35).flatMap { Frames.frame(0x89, [UInt8($0)]) })
    #expect(try harness.frames().map(\.payload) == (0..<20).map { [UInt8($0)] } + [[34]])
    try harness.receive((0..<10).flatMap { Frames.frame(0x89, [UInt8($0)]) })
    let frames = try harness.frames()
    #expect(frames.map(\.first) == [0x88])
    #expect(frames.first?.payload.prefix(2) == [0x03, 0xF0])
  }

  @Test("empty messages are delivered, a flood of them is 1008")
  func emptyFlood() throws {
    let harness = try Harness()
    try harness.receive((0..<2000).flatMap { _ in Frames.text("") })
    #expect(harness.recorder.messages.count == 2000)
    #expect(try harness.frames().isEmpty)
    try harness.receive(Frames.text(""))
    #expect(try harness.frames().first?.payload.prefix(2) == [0x03, 0xF0])
  }

  @Test("the high mark stops the owner, the low mark lets it go on, and it is told from the loop")
  func writability() throws {
    let harness = try Harness {
      $0.highWaterBytes = 1000
      $0.lowWaterBytes = 100
    }
    let connection = try harness.connection
    #expect(connection.isWritable)
    connection.send(.binary, ByteBuffer(repeating: 0, count: 900))
    #expect(connection.isWritable)
    #expect(connection.outstandingBytes == 904)
    connection.send(.binary, ByteBuffer(repeating: 0, count: 900))
    #expect(!connection.isWritable)
    #expect(harness.recorder.writability.isEmpty)
    harness.channel.embeddedEventLoop.run()
    #expect(harness.recorder.writability.first == false)
    harness.channel.embeddedEventLoop.run()
    #expect(harness.recorder.writability.last == true)
    #expect(connection.outstandingBytes == 0)
  }

  @Test("an owner that ignores the high mark loses the connection at the hard limit")
  func hardLimit() throws {
    let harness = try Harness { $0.maximumOutstandingBytes = 100_000 }
    let connection = try harness.connection
    for _ in 0..<20 { connection.send(.binary, ByteBuffer(repeating: 0, count: 10_000)) }
    #expect(!harness.channel.isActive)
    #expect(harness.recorder.closes.map(\.code) == [.tryAgainLater])
    #expect(connection.outstandingBytes == 0)
  }

  @Test("random bytes end in a Close frame with a valid code or in waiting, never in a crash")
  func fuzz() throws {
    let seed = UInt64.random(in: 0 ... .max)
    var random = SeededGenerator(seed: seed)
    for _ in 0..<300 {
      let harness = try Harness(deflate: DeflateParameters())
      var bytes: [UInt8] = []
      for _ in 0..<20 {
        let kinds: [UInt8] = [0x01, 0x02, 0x00, 0x80, 0x81, 0x82, 0xC1, 0x41, 0x88, 0x89, 0x8A]
        let first = kinds.randomElement(using: &random) ?? 0
        bytes += Frames.frame(first, random.bytes(Int.random(in: 0...200, using: &random)))
      }
      bytes[Int.random(in: bytes.indices, using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
      while !bytes.isEmpty {
        let count = min(bytes.count, Int.random(in: 1...100, using: &random))
        try harness.receive(Array(bytes.prefix(count)))
        bytes.removeFirst(count)
      }
      for frame in try harness.frames() where frame.first == 0x88 && !frame.payload.isEmpty {
        let code = UInt16(frame.payload[0]) << 8 | UInt16(frame.payload[1])
        #expect(CloseCode(code).isValidOnTheWire, "seed \(seed)")
      }
    }
  }
}
