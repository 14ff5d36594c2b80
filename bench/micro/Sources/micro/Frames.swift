import NIOCore

@testable import WebSocket

extension Case {
  /// The WebSocket layer on bare bytes.
  static let frames: [Case] = [
    Case(name: "frame-read-32", operation: "find and unmask one frame of 32 bytes, 16 in a read") {
      readFrames(bytes: 32, count: 16)
    },
    Case(name: "frame-read-1k", operation: "find and unmask one frame of 1 KiB") { readFrames(bytes: 1024, count: 1) },
    Case(name: "frame-write-32", operation: "header and 32 bytes into a buffer") {
      let payload = ByteBuffer(repeating: 0x61, count: 32)
      var out = ByteBuffer()
      return { count in
        for _ in 0..<count {
          out.clear()
          FrameWriter.writeFrame(.binary, payload, mask: nil, to: &out)
        }
        keep(out)
      }
    },
    Case(name: "utf8-1k", operation: "check 1 KiB of text") {
      let text = Array(String(repeating: "rivers and reservoirs, ", count: 50).utf8.prefix(1024))
      return { count in
        for _ in 0..<count { text.withUnsafeBytes { keep(UTF8Validator.isValid($0)) } }
      }
    },
  ]

  private static func readFrames(bytes: Int, count frames: Int) -> (Int) -> Void {
    var wire: [UInt8] = []
    for _ in 0..<frames {
      wire += bytes < 126 ? [0x82, UInt8(0x80 | bytes)] : [0x82, 0xFE, UInt8(bytes >> 8), UInt8(bytes & 0xFF)]
      wire += [0x37, 0xFA, 0x21, 0x3D]
      wire += [UInt8](repeating: 0x55, count: bytes)
    }
    var reader = FrameReader(FrameRules(role: .server, allowsCompression: false, maximumFrameBytes: 1 << 20))
    var spans: [FrameSpan] = []
    return { count in
      // What is unmasked once is masked by the second reading, and so on: the work is the same.
      for _ in 0..<(count + frames - 1) / frames {
        spans.removeAll(keepingCapacity: true)
        let problem = wire.withUnsafeMutableBytes { reader.read($0, into: &spans) }
        precondition(problem == nil && spans.count == frames, "the frames were not read")
      }
    }
  }
}
