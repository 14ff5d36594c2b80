import ArgumentParser
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing
import WeirServer

@testable import weir

@Suite("weir admin")
struct AdminCommandTests {
  private var state: AdminState {
    var state = AdminState(version: "1.2.3", uptimeMs: 93_784_000)
    state.retryBudgetLeft = 0.42
    state.lanes = [
      .init(name: "interactive", waiting: 12, running: 3, oldestWaitMs: 1500), .init(name: "batch"),
    ]
    state.endpoints = [
      .init(
        pool: "fast", name: "one", state: "closed", limit: 20, inFlight: 3, latencyMs: 340, remainingRequests: 17),
      .init(pool: "fast", name: "two", state: "open", limit: 1, inFlight: 0, heldForMs: 7000),
    ]
    state.shards = [.init(index: 0, sessions: 4, devices: 5, turns: 6)]
    state.slowestTurns = [
      .init(
        user: "ann\u{1B}[2J\nx", turnID: 7, model: "fast", lane: "batch", state: "running", ageMs: 61_000,
        answerBytes: 900)
    ]
    return state
  }

  @Test("the view has lanes, endpoints, shards and the slowest turns in tables")
  func view() {
    let lines = StateView(width: 200).text(state, at: "http://h").split(
      separator: "\n", omittingEmptySubsequences: false)
    #expect(lines[0] == "weir 1.2.3  http://h  up 1d2h  retries left 42 %")
    #expect(lines[2] == "LANE         WAITING  RUNNING  OLDEST")
    #expect(lines[3] == "interactive  12       3        1.5s")
    #expect(lines[4] == "batch        0        0        -")
    #expect(lines[7] == "fast  one       closed  3        20     340ms        -     17             -")
    #expect(lines[8] == "fast  two       open    0        1      -            7.0s  -              -")
    #expect(lines[11] == "0      4         5        6")
    #expect(lines[14].hasPrefix("7             ann") && lines[14].hasSuffix("running  1m1s  900"))
    #expect(lines.count == 16)
  }

  @Test("a name cannot move the cursor or break a line")
  func hostileNames() {
    let text = StateView(width: 200).text(state, at: "http://h")
    #expect(!text.contains("\u{1B}") && !text.contains("\nx"))
  }

  @Test("lines are cut to the terminal, and colours do not count")
  func width() {
    let plain = StateView(width: 30).text(state, at: "http://h")
    #expect(plain.split(separator: "\n").allSatisfy { $0.count <= 30 })
    let colored = StateView(width: 30, isColored: true).text(state, at: "http://h")
    #expect(colored.contains("\u{1B}[31m"))
    #expect(colored.replacing(#/\u{1B}\[\d+m/#, with: "") == plain)
  }

  @Test(
    "spans of time",
    arguments: [
      (0, "0ms"), (999, "999ms"), (1500, "1.5s"), (59_000, "59s"), (3_599_000, "59m59s"), (7_260_000, "2h1m"),
    ])
  func spans(milliseconds: Int, text: String) {
    #expect(StateView.span(milliseconds) == text)
  }

  @Test("an export asks for exactly what was wished")
  func query() throws {
    let command = try AdminUsage.parse(["--from", "2026-11-01", "--user", "a b&c/é", "--format", "json"])
    #expect(command.query == "from=2026-11-01&user=a%20b%26c%2F%C3%A9&format=json")
  }

  @Test("addresses of servers are taken apart")
  func places() throws {
    let place = try AdminPlace("https://[::1]:8443/")
    #expect(place.host == "::1" && place.port == 8443 && place.isSecure)
    #expect(try AdminPlace("http://weir.example").port == 80)
    for url in ["", "weir.example:80", "ws://h", "http://", "http://h/path", "http://h?x"] {
      #expect(throws: AdminFailure.self, "\(url)") { try AdminPlace(url) }
    }
  }

  /// A server whose `/admin/state` answers `answer`, and what the client makes of it.
  private func ask<Result>(
    _ answer: @escaping @Sendable (HTTPRequest) -> HTTPResponse, _ body: (AdminClient) async throws -> Result
  ) async throws -> Result {
    var router = HTTPRouter()
    router.get("/admin/state", answer)
    let ready = router
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try installHTTP(on: channel, router: ready) }
      }.bind(host: "127.0.0.1", port: 0).get()
    let port = try #require(listener.localAddress?.port)
    let client = AdminClient(place: try AdminPlace("http://127.0.0.1:\(port)"), secret: "s3cret", caFile: nil)
    let result = try await body(client)
    try await listener.close()
    return result
  }

  @Test("the state of a server is read, with the secret")
  func client() async throws {
    let wanted = state
    let got = try await ask({ request in
      guard request.headers["authorization"] == ["Bearer s3cret"], let json = try? JSONEncoder().encode(wanted) else {
        return .text("No.", status: .unauthorized)
      }
      return HTTPResponse(body: ByteBuffer(bytes: json))
    }) { try await $0.state() }
    #expect(got.0 == wanted)
  }

  @Test("what a server says instead is told, harmless")
  func refusals() async throws {
    for (status, words) in [
      (HTTPResponseStatus.unauthorized, "wrong ␛[31m"), (.notFound, "set admin.secret"), (.ok, "is no state"),
    ] {
      let failure = await #expect(throws: AdminFailure.self) {
        try await ask({ _ in .text("wrong \u{1B}[31m", status: status) }) { _ = try await $0.state() }
      }
      #expect(failure?.description.contains(words) == true, "\(status): \(failure?.description ?? "")")
    }
  }

  @Test("a server that is not there is told so")
  func unreachable() async throws {
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .bind(host: "127.0.0.1", port: 0).get()
    let port = try #require(listener.localAddress?.port)
    try await listener.close()
    let client = AdminClient(place: try AdminPlace("http://127.0.0.1:\(port)"), secret: "s", caFile: nil)
    let failure = await #expect(throws: AdminFailure.self) { _ = try await client.state() }
    #expect(failure?.description.contains("Is weir serve running there?") == true)
  }
}
