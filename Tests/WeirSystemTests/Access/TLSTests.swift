import Testing
import WeirWire

extension SystemTests {
  /// TLS with certificates of one's own.
  @Suite struct Encrypted {
    @Test("wss works for who trusts the authority, and is refused with a clear sentence by who does not")
    func trust() async throws {
      let directory = try TemporaryDirectory()
      let certificates = try await Certificates.make(in: directory)
      let arguments = ["--tls-cert", certificates.certificate, "--tls-key", certificates.key]
      try await withServer(arguments + ServerProcess.fastDemo) { server in
        #expect(server.url.hasPrefix("wss://"))
        let good = try await Weir.run("chat", server.url, "--once", "hello", "--ca", certificates.authority)
        #expect(good.exit == .code(0), "\(good.err)")
        #expect(good.out.hasPrefix("This is Weir's"))

        let bad = try await Weir.run("chat", server.url, "--once", "hello", within: .seconds(90))
        #expect(bad.exit == .code(2))
        #expect(bad.out.isEmpty)
        #expect(bad.err.contains("certificate"), "\(bad.err)")
        expectNoTrace(bad)

        let insecure = try await Weir.run("chat", server.url, "--once", "hello", "--insecure")
        #expect(insecure.exit == .code(0), "\(insecure.err)")
      }
    }

    @Test("over TLS too devices of a user meet, long messages pass, and slow readers are served whole")
    func streams() async throws {
      let directory = try TemporaryDirectory()
      let certificates = try await Certificates.make(in: directory)
      let arguments = ["--tls-cert", certificates.certificate, "--tls-key", certificates.key]
      let context = try certificates.clientContext()
      try await withServer(arguments) { server in
        let one = try await Device.connect(server, user: "ann", .init(tls: context))
        let two = try await Device.connect(server, user: "ann", .init(format: .json, tls: context))
        _ = try await two.open("talk")
        let long = String(repeating: "long ünï ", count: 10_000)
        let ack = try await one.say(long + "[[tokens=60000 rate=0 delay=0ms]]", in: "talk")
        let (first, second) = try await (one.answer(to: ack.turnID), two.answer(to: ack.turnID))
        #expect(first.text == second.text)
        #expect(first.faults + second.faults == [])
        #expect(try await two.history(of: "talk").last?.text == first.text)
      }
    }

    @Test("a key that does not belong to the certificate is exit code 78 and a sentence")
    func wrongKey() async throws {
      let directory = try TemporaryDirectory()
      let certificates = try await Certificates.make(in: directory)
      let result = try await Weir.run(
        "serve", "--port", "0", "--data", directory.file("data"), "--tls-cert", certificates.authority, "--tls-key",
        certificates.key)
      #expect(result.exit == .code(78))
      #expect(result.err.contains("tls.keyFile"))
      expectNoTrace(result)
    }
  }
}
