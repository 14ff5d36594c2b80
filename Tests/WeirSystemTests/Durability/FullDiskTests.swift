import Foundation
import Testing
import WeirWire

extension SystemTests {
  /// No room on the disk: said at once, to everybody, and nothing is acknowledged that is not there.
  @Suite struct FullDisk {
    @Test(
      "when the disk is full no message is acknowledged, reading goes on, and health says so",
      .enabled("the system lets this user mount nothing") { try await PrivateMount.isPossible() })
    func full() async throws {
      let directory = try TemporaryDirectory()
      let path = directory.file("mounted")
      try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      let server = try await ServerProcess.start(
        data: path, ServerProcess.fastDemo, shell: PrivateMount.shell(at: path, options: "size=24m"))
      let device = try await Device.connect(server, user: "ann")
      let text = String(repeating: "a page of text. ", count: 16_000)
      var acknowledged: [Ack] = []
      var refusal: WeirError?
      for number in 1...200 where refusal == nil {
        let reply = try await device.ask(
          .sendMessage(
            .init(conversationID: "talk", clientMessageID: "m\(number)", parts: [Part(part: .text(text))])))
        switch reply {
        case .ack(let ack): acknowledged.append(ack)
        case .error(let error): refusal = error
        default: throw Device.Refused(reply)
        }
      }
      let error = try #require(refusal, "24 MiB took \(acknowledged.count) messages of \(text.utf8.count) bytes")
      #expect(error.code == .notSaved)
      #expect(!acknowledged.isEmpty)
      #expect(try await HTTPReply.get("/healthz", port: server.port).status == 503)

      // All that was acknowledged can be read, by whoever comes now.
      let other = try await Device.connect(server, user: "ann")
      let kept = try await other.history(of: "talk", page: 2).filter { $0.role == .user }
      #expect(kept.map(\.sequence) == acknowledged.map(\.sequence))
      #expect(kept.allSatisfy { $0.text == text })
      let ended = try await server.terminate()
      expectNoTrace(ended)
    }
  }
}
