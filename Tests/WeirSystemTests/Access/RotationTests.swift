import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import Testing
import WeirWire

extension SystemTests {
  /// Keys and certificates that change while the server runs.
  @Suite struct Rotation {
    private static func secret(_ letter: Character) -> String { String(repeating: letter, count: 32) }

    private static func keySet(_ letters: Character...) -> String {
      let keys = letters.map { letter in
        let k = Data(secret(letter).utf8).base64EncodedString().replacing("=", with: "").replacing("+", with: "-")
          .replacing("/", with: "_")
        return #"{"kty":"oct","kid":"\#(letter)","alg":"HS256","k":"\#(k)"}"#
      }
      return #"{"keys":[\#(keys.joined(separator: ","))]}"#
    }

    private static func options(_ letter: Character) async throws -> Device.Options {
      let made = try await Weir.run(
        "token", "--user", "ann", "--kid", String(letter), environment: ["WEIR_JWT_SECRET": secret(letter)])
      let token = made.out.trimmingCharacters(in: .whitespacesAndNewlines)
      return .init(headers: [("Authorization", "Bearer \(token)")])
    }

    @Test(
      "a key set that changes on disk counts by itself; devices that are there stay, and a damaged file changes nothing"
    )
    func keys() async throws {
      let directory = try TemporaryDirectory()
      let file = try directory.write(Self.keySet("a"), to: "jwks.json")
      let arguments = ["--jwks-file", file, "--set", "auth.fileCheckInterval=50ms"] + ServerProcess.fastDemo
      try await withServer(arguments) { server in
        let old = try await Device.connect(server, try await Self.options("a"))
        let next = try await Self.options("b")
        await #expect(throws: (any Error).self) { try await Device.connect(server, next) }
        // Issuers publish the next key before they use it, and the last one for a while after.
        _ = try directory.write(Self.keySet("a", "b"), to: "jwks.json")
        let new = try await poll("the new key counts") { try? await Device.connect(server, next) }
        #expect(try await new.hello().user == "ann")
        _ = try directory.write("{\"keys\":[", to: "jwks.json")
        _ = try await server.child.state.first("the refusal of the damaged file") { state in
          state.err.contains("are not usable, so the old ones stay") ? () : nil
        }
        _ = try await Device.connect(server, next)
        _ = try directory.write(Self.keySet("b"), to: "jwks.json")
        let gone = try await Self.options("a")
        try await poll("the old key counts no more") { () -> Void? in
          do {
            _ = try await Device.connect(server, gone)
            return nil
          } catch { return () }
        }
        #expect(try await old.converse("still here?").finished != nil)
        #expect(!server.child.state.value.err.contains(Self.secret("b")))
      }
    }

    @Test("a renewed certificate is shown to who connects next, and nobody is dropped", arguments: [true, false])
    func certificate(bySignal: Bool) async throws {
      let directory = try TemporaryDirectory()
      let first = try await Certificates.make(in: directory)
      let another = try TemporaryDirectory()
      let second = try await Certificates.make(in: another)
      let interval = bySignal ? "0s" : "50ms"
      let arguments =
        ["--tls-cert", first.certificate, "--tls-key", first.key, "--set", "auth.fileCheckInterval=\(interval)"]
        + ServerProcess.fastDemo
      let (old, new) = (try first.clientContext(), try second.clientContext())
      try await withServer(arguments) { server in
        let device = try await Device.connect(server, user: "ann", .init(tls: old))
        await #expect(throws: (any Error).self) { try await Device.connect(server, user: "ann", .init(tls: new)) }
        for (from, to) in [(second.certificate, first.certificate), (second.key, first.key)] {
          // In one step each, as certbot does.
          try FileManager.default.copyItem(atPath: from, toPath: to + ".new")
          #expect(rename(to + ".new", to) == 0)
        }
        if bySignal { server.child.signal(SIGHUP) }
        let later = try await poll("the new certificate is shown") {
          try? await Device.connect(server, user: "ann", .init(tls: new))
        }
        #expect(try await later.converse("hello").finished != nil)
        #expect(try await device.converse("still here?").finished != nil)
        await #expect(throws: (any Error).self) { try await Device.connect(server, user: "ann", .init(tls: old)) }
      }
    }

    @Test("TLS 1.2 and 1.3 are spoken, 1.1 and 1.0 are not")
    func versions() async throws {
      let directory = try TemporaryDirectory()
      let certificates = try await Certificates.make(in: directory)
      let arguments = ["--tls-cert", certificates.certificate, "--tls-key", certificates.key]
      try await withServer(arguments + ServerProcess.fastDemo) { server in
        for (version, isSpoken) in [(TLSVersion.tlsv1, false), (.tlsv11, false), (.tlsv12, true), (.tlsv13, true)] {
          var configuration = TLSConfiguration.makeClientConfiguration()
          configuration.trustRoots = .file(certificates.authority)
          configuration.minimumTLSVersion = version
          configuration.maximumTLSVersion = version
          let context = try NIOSSLContext(configuration: configuration)
          if isSpoken {
            let device = try await Device.connect(server, user: "ann", .init(tls: context))
            #expect(try await device.hello().user == "ann", "\(version)")
          } else {
            await #expect(throws: (any Error).self, "\(version)") {
              try await Device.connect(server, user: "ann", .init(tls: context))
            }
          }
        }
      }
    }
  }
}
