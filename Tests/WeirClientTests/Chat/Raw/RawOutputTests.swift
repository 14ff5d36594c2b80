import Testing

@testable import weir

@Suite("What raw mode shows")
struct RawOutputTests {
  let time: UInt64 = 1_709_208_123_456

  @Test("text and frames go to stdout as they are, control frames to stderr")
  func streams() {
    let output = RawOutput()
    #expect(output.lines(.text("hi"), .in, time: time) == RawOutput.Lines(out: ["hi"]))
    #expect(output.lines(.frame("{}"), .in, time: time) == RawOutput.Lines(out: ["{}"]))
    #expect(output.lines(.text("hi"), .out, time: time) == RawOutput.Lines())
    #expect(
      output.lines(.close(code: 1001, reason: "bye"), .in, time: time)
        == RawOutput.Lines(notes: ["closed with 1001: bye"]))
    #expect(
      output.lines(.pong([1], roundTrip: .microseconds(1_500)), .in, time: time)
        == RawOutput.Lines(notes: ["pong round trip 1.500 ms"]))
  }

  @Test("binary is shown as asked")
  func binary() {
    var output = RawOutput()
    #expect(
      output.lines(.binary([0, 0x41, 0xFF]), .in, time: time).out
        == ["(3 bytes)", "00000000: 0041 ff" + String(repeating: " ", count: 32) + "  .A."])
    output.binary = .hex
    #expect(output.lines(.binary([0, 255]), .in, time: time).out == ["00ff"])
    output.binary = .base64
    #expect(output.lines(.binary([0, 255]), .in, time: time).out == ["AP8="])
  }

  @Test("JSON lines hold time, direction, type and data")
  func json() {
    let output = RawOutput(json: true)
    #expect(
      output.lines(.text("a\"\n\u{1}"), .in, time: time).out
        == [#"{"time":"2024-02-29T12:02:03.456Z","dir":"in","type":"text","data":"a\"\n\u0001"}"#])
    #expect(
      output.lines(.frame(#"{"pong":{}}"#), .in, time: time).out
        == [#"{"time":"2024-02-29T12:02:03.456Z","dir":"in","type":"frame","data":{"pong":{}}}"#])
    #expect(
      output.lines(.binary([1, 2]), .out, time: time).out
        == [#"{"time":"2024-02-29T12:02:03.456Z","dir":"out","type":"binary","data":"AQI="}"#])
  }

  @Test(
    "timestamps are RFC 3339 in UTC",
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
      (1_735_689_599_999, "2024-12-31T23:59:59.999Z"), (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
    ])
  func timestamps(milliseconds: UInt64, text: String) {
    #expect(RawOutput.timestamp(milliseconds) == text)
  }

  @Test("a dump cuts rows of sixteen")
  func dump() {
    let lines = HexDump.lines(Array(0..<33))
    #expect(lines.count == 3)
    #expect(lines[0] == "00000000: 0001 0203 0405 0607 0809 0a0b 0c0d 0e0f  ................")
    #expect(lines[2].hasPrefix("00000020: 20 "))
    #expect(HexDump.lines([UInt8]()).isEmpty)
  }
}
