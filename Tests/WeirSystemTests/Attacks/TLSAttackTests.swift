import Testing
import WeirWire

extension SystemTests {
  /// Peers of a TLS port that do not speak TLS, or take their time.
  @Suite struct TLSAttacks {
    @Test("garbage, plain HTTP and a hello that never ends leave a TLS port after their time, and hold little")
    func garbage() async throws {
      let directory = try TemporaryDirectory()
      let certificates = try await Certificates.make(in: directory)
      let arguments =
        ["--tls-cert", certificates.certificate, "--tls-key", certificates.key] + [
          "--set", "websocket.handshakeTimeout=1s",
        ] + ServerProcess.fastDemo
      let context = try certificates.clientContext()
      try await withServer(arguments) { server in
        let bystander = try await Device.connect(server, user: "bystander", .init(tls: context))
        #expect(try await bystander.converse("good morning", in: "talk").finished != nil)
        let hello = Self.hello
        let openings: [(String, [UInt8])] = [
          ("plain HTTP", Array((HandFrames.request(port: server.port) + "\r\n").utf8)),
          ("zeros", [UInt8](repeating: 0, count: 20_000)),
          ("a record of the largest length", [0x16, 0x03, 0x01, 0xFF, 0xFF] + [UInt8](repeating: 1, count: 70_000)),
          ("a hello of 16 MiB that has just begun", [0x16, 0x03, 0x01, 0x40, 0x00, 0x01, 0xFF, 0xFF, 0xFF]),
          ("SSL 2", [0x80, 0x2E, 0x01, 0x00, 0x02]),
          ("half a hello", Array(hello.prefix(hello.count / 2))),
          ("a hello and nothing more", hello),
          ("nothing", []),
          ("an alert", [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28]),
          ("data before a hello", [0x17, 0x03, 0x03, 0x00, 0x05, 1, 2, 3, 4, 5]),
        ]
        func besiege() async throws {
          var peers: [(String, RawConnection)] = []
          for _ in 0..<20 {
            for (name, bytes) in openings {
              let peer = try await RawConnection.open(port: server.port)
              peer.send(bytes)
              peers.append((name, peer))
            }
          }
          // A byte now and then does not put the end off.
          for byte in hello.dropFirst(hello.count / 2).prefix(3) {
            for (name, peer) in peers where name == "half a hello" { peer.send([byte]) }
            #expect(try await bystander.hello().user == "bystander")
          }
          for (name, peer) in peers {
            do {
              _ = try await peer.untilClosed(within: .seconds(15))
            } catch {
              Issue.record("\(name): \(error)")
            }
          }
        }
        try await besiege()
        let before = (memory: try server.residentBytes(), descriptors: try server.descriptors())
        try server.forgetPeak()
        try await besiege()
        let peak = try server.peakResidentBytes() - before.memory
        print("200 peers that speak no TLS: \(peak >> 10) KiB at the worst moment")
        // A TLS connection's own buffers, and the record that it waits for.
        #expect(peak < 200 * (64 << 10))
        #expect(try server.residentBytes() - before.memory <= before.memory / 20)
        try await poll("all descriptors freed") { try server.descriptors() <= before.descriptors ? () : nil }
        #expect(try await bystander.converse("good evening", in: "talk").finished != nil)
      }
    }

    /// A TLS 1.2 hello with one cipher suite, as short as they get.
    private static let hello: [UInt8] = {
      let body: [UInt8] = [0x03, 0x03] + [UInt8](repeating: 7, count: 32) + [0, 0, 2, 0xC0, 0x2B, 1, 0]
      let handshake: [UInt8] = [0x01, 0, 0, UInt8(body.count)] + body
      return [0x16, 0x03, 0x01, 0, UInt8(handshake.count)] + handshake
    }()
  }
}
