import Foundation
import Testing

extension SystemTests {
  /// Hours of use in which everything goes wrong. `Tests/soak/run` runs it; nothing else does.
  @Suite(.enabled(if: SoakPlan.fromEnvironment != nil, "Tests/soak/run runs it")) struct Soak {
    @Test("no promise is broken and nothing grows, however long the server is used and whatever fails")
    func soak() async throws {
      let plan = try #require(SoakPlan.fromEnvironment)
      let directory = try TemporaryDirectory()
      let world = try await SoakWorld.start(plan, in: directory)
      let samples = Watched<[SoakSample]>([])
      try await withThrowingTaskGroup(of: Void.self) { group in
        for number in 0..<plan.users {
          group.addTask { await SoakUser(number, in: world).run() }
        }
        for number in 0..<plan.slowDevices {
          group.addTask { await SoakUser(number, in: world).followSlowly() }
        }
        group.addTask { try await world.makeTrouble() }
        group.addTask { try await world.watch { sample in samples.update { $0.append(sample) } } }
        // What ends the others first is an error of the harness itself.
        try await group.waitForAll()
      }
      let report = SoakReport(plan, samples.value, world.tally)
      try report.write()
      print(report.table)
      for broken in world.tally.broken { Issue.record("\(broken)") }
      for growth in report.growths { Issue.record("\(growth)") }
      #expect(world.tally.turns > plan.users)
      await world.stop()
    }
  }
}
