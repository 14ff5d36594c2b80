import Foundation
import Testing
import WeirWire

extension SystemTests {
  /// Somebody sets the time of day. Nothing that is measured in time that passes may notice.
  @Suite(.enabled(if: FaultShim.isPossible, "there is no C compiler")) struct Clock {
    private static let hour: Int64 = 3600

    @Test("an hour forward and back disturbs no answer, no order, no device, and ends only tokens that it makes old")
    func jumps() async throws {
      let directory = try TemporaryDirectory()
      let clock = try await JumpingClock(in: directory)
      let secret = try directory.write(String(repeating: "0123456789abcdef", count: 4), to: "secret")
      let arguments = ["--jwt-secret-file", secret, "--set", "auth.expiryGrace=0s"]
      let server = try await ServerProcess.start(
        data: directory.file("data"), arguments, environment: clock.environment)
      let long = try await Self.device(server, user: "ann", ttl: "5h", secret)
      let short = try await Self.device(server, user: "bob", ttl: "30m", secret)

      var acks = [try await long.say("a story [[tokens=300 rate=100 delay=0ms]]", in: "running")]
      _ = try await long.text(of: acks[0].turnID, atLeast: 100)
      var sequences: [UInt64] = []
      for offset in [Self.hour, -Self.hour, 0] {
        try clock.set(offset)
        for _ in 1...3 {
          let mark = long.count
          let ack = try await long.say("[[tokens=3 rate=0 delay=0ms]] hello", in: "talk")
          let answer = try await long.answer(to: ack.turnID, since: mark, within: .seconds(10))
          #expect(answer.finished?.reason == .complete)
          sequences.append(ack.sequence)
          acks.append(ack)
        }
        // A token of half an hour is over when the clock says so.
        if offset == Self.hour { #expect(try await short.closed(within: .seconds(10)) == 4401) }
      }
      #expect(sequences == sequences.sorted() && Set(sequences).count == sequences.count)
      #expect(Set(acks.map(\.turnID)).count == acks.count)
      let story = try await long.answer(to: acks[0].turnID)
      #expect(story.finished?.reason == .complete)
      #expect(story.faults.isEmpty)
      #expect(Self.longestGap(long, acks[0].turnID) < .seconds(2), "an answer of 100 tokens a second stood still")
      let talk = try await long.history(of: "talk")
      #expect(talk.map(\.role) == Array(repeating: [.user, .assistant], count: 9).flatMap { $0 })
      #expect(talk.map(\.sequence) == talk.map(\.sequence).sorted())
      try await server.killNow()
    }

    @Test("a day's budget is neither given twice nor lost when the clock passes midnight and comes back")
    func budgets() async throws {
      let directory = try TemporaryDirectory()
      // The server begins half an hour before midnight, whenever the test runs.
      let day: Int64 = 86_400
      let toMidnight = day - Int64(Date().timeIntervalSince1970) % day
      let clock = try await JumpingClock(in: directory, offset: toMidnight - Self.hour / 2)
      let arguments =
        ServerProcess.fastDemo + [
          "--set", "plans.default.tokensPerDay=100000", "--set", "upstream.answerTokens=100",
        ]
      let server = try await ServerProcess.start(
        data: directory.file("data"), arguments, environment: clock.environment)
      let device = try await Device.connect(server, user: "ann")
      _ = try await device.converse("one", in: "talk")
      let first = try await Self.remaining(device)
      #expect(first < 100_000)

      try clock.set(toMidnight + Self.hour / 2)
      #expect(try await Self.remaining(device) == 100_000, "a new day")
      _ = try await device.converse("two", in: "talk")
      let second = try await Self.remaining(device)
      #expect(second < 100_000)

      // Back before midnight: a day that has begun has begun.
      try clock.set(toMidnight - Self.hour / 2)
      #expect(try await Self.remaining(device) == second)
      _ = try await device.converse("three", in: "talk")
      #expect(try await Self.remaining(device) < second)
      try await server.killNow()
    }

    private static func remaining(_ device: Device) async throws -> UInt64 {
      let reply = try await device.ask(.getUsage(GetUsage()))
      guard case .usageReport(let report) = reply else { throw Device.Refused(reply) }
      return try #require(report.limits.first { $0.name == "tokens_per_day" }).remaining
    }

    private static func device(
      _ server: ServerProcess, user: String, ttl: String, _ secret: String
    ) async throws -> Device {
      let token = try await Weir.run("token", "--user", user, "--ttl", ttl, "--secret-file", secret)
      #expect(token.exit == .code(0), "\(token.err)")
      let bearer = token.out.trimmingCharacters(in: .whitespacesAndNewlines)
      return try await Device.connect(server, .init(headers: [("Authorization", "Bearer \(bearer)")]))
    }

    private static func longestGap(_ device: Device, _ turn: UInt64) -> Duration {
      let times = device.state.value.arrivals.compactMap { arrival in
        if case .delta(let delta)? = arrival.frame.frame, delta.turnID == turn { arrival.time } else { nil }
      }
      return zip(times.dropFirst(), times).map { $0 - $1 }.max() ?? .zero
    }
  }
}
