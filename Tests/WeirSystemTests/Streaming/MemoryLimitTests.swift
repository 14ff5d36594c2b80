import Testing
import WeirWire

extension SystemTests {
  /// The process has a limit, and keeps it without losing anything.
  @Suite struct MemoryLimit {
    @Test("answers that together pass the memory limit end all the same: whole, or with a refusal that can be retried")
    func passed() async throws {
      let arguments = ["--set", "memory.limitBytes=1048576", "--set", "streaming.logRetention=100ms"]
      try await withServer(arguments) { server in
        var waiting: [(device: Device, turn: UInt64)] = []
        var refused = 0
        for number in 1...8 {
          let device = try await Device.connect(server, user: "user\(number)")
          do {
            let ack = try await device.say("much [[tokens=60000 rate=0 delay=0ms]]", in: "talk")
            waiting.append((device, ack.turnID))
          } catch let refusal as Device.Refused {
            #expect(refusal.code == .overloaded)
            refused += 1
          }
        }
        for (device, turn) in waiting {
          let answer = try await device.answer(to: turn)
          #expect(answer.faults.isEmpty)
          let stored = try await device.history(of: "talk").last
          #expect(stored?.text == answer.text)
          if let failed = answer.failed { #expect(failed.error?.retryable == true) }
        }
        print("memory limit of 1 MiB: \(waiting.count) answers of 0.4 MB let in, \(refused) refused")
        // The pressure is over: the server serves on.
        let next = try await poll("a message that is taken again") { () -> Answer? in
          let device = try await Device.connect(server, user: "late")
          defer { device.abort() }
          do {
            return try await device.converse("[[tokens=5 rate=0 delay=0ms]] and now?")
          } catch let refusal as Device.Refused where refusal.code == .overloaded {
            return nil
          }
        }
        #expect(next.finished != nil)
      }
    }
  }
}
