import Foundation
import Testing

extension SystemTests {
  /// Frames that break the protocol or a limit, against the real server: its close code, its memory, its other devices.
  @Suite struct FrameAttacks {
    private struct Row {
      let name: String
      let bytes: [UInt8]
      let codes: Set<UInt16>
    }

    @Test("broken and hostile frames end their connection with the code the RFC names, and nothing else")
    func closeCodes() async throws {
      try await withServer { server in
        let before = try server.residentBytes()
        for row in Self.rows {
          try await HandFrames.with(server) { frames in
            frames.connection.send(row.bytes)
            let code = try await frames.closeCode()
            #expect(row.codes.contains(code ?? 0), "\(row.name): \(code.map(String.init) ?? "no Close frame")")
          }
        }
        let growth = try server.residentBytes() - before
        print("broken frames: \(growth / 1024) KiB more in memory after \(Self.rows.count) kinds")
        #expect(growth < 16 << 20)
        try await Handshake.expectWell(server)
      }
    }

    private static var rows: [Row] {
      let frame = HandFrames.frame
      let zeros: [UInt8] = [0, 0, 0, 0]
      return [
        Row(name: "not masked", bytes: frame(2, [1], true, 0, false), codes: [1002]),
        Row(name: "RSV1 without deflate", bytes: frame(2, [1], true, 0x40, true), codes: [1002]),
        Row(name: "RSV2", bytes: frame(2, [1], true, 0x20, true), codes: [1002]),
        Row(name: "RSV3", bytes: frame(2, [1], true, 0x10, true), codes: [1002]),
        Row(name: "opcode 3", bytes: frame(3, [1], true, 0, true), codes: [1002]),
        Row(name: "opcode 15", bytes: frame(15, [1], true, 0, true), codes: [1002]),
        Row(
          name: "ping of 126 bytes", bytes: frame(9, [UInt8](repeating: 0, count: 126), true, 0, true), codes: [1002]),
        Row(name: "ping in fragments", bytes: frame(9, [1], false, 0, true), codes: [1002]),
        Row(name: "continuation of nothing", bytes: frame(0, [1], true, 0, true), codes: [1002]),
        Row(
          name: "text inside a message", bytes: frame(2, [1], false, 0, true) + frame(1, [65], true, 0, true),
          codes: [1002]),
        Row(name: "length with the top bit", bytes: [0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 1] + zeros, codes: [1002]),
        Row(name: "length 2^62", bytes: [0x82, 0xFF, 0x40, 0, 0, 0, 0, 0, 0, 0] + zeros, codes: [1009]),
        Row(name: "length 2 MiB", bytes: [0x82, 0xFF, 0, 0, 0, 0, 0, 0x20, 0, 0] + zeros, codes: [1009]),
        Row(name: "126 for 5", bytes: [0x82, 0xFE, 0, 5] + zeros + [1, 2, 3, 4, 5], codes: [1002]),
        Row(name: "close code 999", bytes: frame(8, [3, 0xE7], true, 0, true), codes: [1002]),
        Row(name: "close code 1005", bytes: frame(8, [3, 0xED], true, 0, true), codes: [1002]),
        Row(name: "close of one byte", bytes: frame(8, [3], true, 0, true), codes: [1002]),
        Row(name: "close reason that is no UTF-8", bytes: frame(8, [3, 0xE8, 0xFF], true, 0, true), codes: [1007]),
        Row(name: "text that is no UTF-8", bytes: frame(1, [0xC0, 0x80], true, 0, true), codes: [1003, 1007]),
        Row(name: "text on the binary subprotocol", bytes: frame(1, Array("{}".utf8), true, 0, true), codes: [1003]),
        Row(name: "protobuf: varint without end", bytes: frame(2, [0x08, 0xFF], true, 0, true), codes: [1007]),
        Row(
          name: "protobuf: varint of 11 bytes",
          bytes: frame(2, [0x08] + [UInt8](repeating: 0xFF, count: 10) + [1], true, 0, true),
          codes: [1007]),
        Row(name: "protobuf: field 0", bytes: frame(2, [0x00, 0x01], true, 0, true), codes: [1007]),
        Row(name: "protobuf: length over the end", bytes: frame(2, [0x12, 0x7F, 1], true, 0, true), codes: [1007]),
        Row(
          name: "protobuf: groups a thousand deep",
          bytes: frame(2, [UInt8](repeating: 0x7B, count: 1000), true, 0, true),
          codes: [1007]),
        Row(
          name: "131000 fragments of one byte",
          bytes: frame(2, [1], false, 0, true) + (0..<131_000).flatMap { _ in frame(0, [1], false, 0, true) },
          codes: [1008]),
        Row(
          name: "a thousand pings at once", bytes: (0..<1000).flatMap { _ in frame(9, [1], true, 0, true) },
          codes: [1008]),
      ]
    }

    @Test(
      "sixty-four megabytes of zeros in a compressed message are stopped at the limit",
      .enabled(if: Python.runs(.websockets), "Python has no websockets; Tests/run installs it"))
    func bomb() async throws {
      try await withServer { server in
        try await Handshake.expectWell(server)
        let before = try server.residentBytes()
        let result = try await Python.run("bomb.py", [server.url])
        #expect(result.exit == .code(0), "\(result.out)\(result.err)")
        let growth = try server.residentBytes() - before
        print("deflate bombs: \(growth / 1024) KiB more in memory after ten of 64 MiB")
        #expect(growth < 16 << 20)
        try await Handshake.expectWell(server)
      }
    }

    @Test("resets in the middle of everything leave no descriptor and no noise behind")
    func resets() async throws {
      try await withServer { server in
        try await Handshake.expectWell(server)
        let before = try descriptors(of: server)
        for round in 0..<200 {
          let connection = try await RawConnection.open(port: server.port)
          let request = HandFrames.request(port: server.port) + "\r\n"
          switch round % 4 {
          case 0: connection.send(String(request.prefix(40)))
          case 1: connection.send(request)
          case 2: connection.send(Array(request.utf8) + [0x82, 0xFE, 0x10])
          default: break
          }
          connection.close()
        }
        try await poll("all descriptors freed") { try descriptors(of: server) <= before ? () : nil }
        try await Handshake.expectWell(server)
        let noise = server.child.state.value.err.split(separator: "\n").count
        #expect(noise < 20, "\(server.child.state.value.err)")
      }
    }

    private func descriptors(of server: ServerProcess) throws -> Int {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/\(server.child.pid)/fd").count
    }
  }
}
