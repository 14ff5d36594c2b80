import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOPosix
import Testing
import WeirCore
import WeirStore

@testable import WeirServer

@Suite("What the operator can ask")
struct AdminRoutesTests {
  private static let secret = "correct horse battery"
  private static let key = UsageKey(day: 20_778, model: "fast, \"v2\"", promptVersion: "p1")

  private static var figures: UsageFigures {
    var figures = UsageFigures()
    figures.turns = 3
    figures.failures = 1
    figures.inputTokens = 100
    figures.outputTokens = 50
    figures.cost = 12_500_000
    figures.saved = 3_000_000_000_000
    return figures
  }

  private func router(
    _ scan: @escaping UsageScan = { _, row in try row("ann", AdminRoutesTests.key, AdminRoutesTests.figures) }
  ) -> HTTPRouter {
    var router = HTTPRouter()
    AdminRoutes(
      gate: AdminGate(secret: Secret(Self.secret)),
      state: {
        var state = AdminState(version: "1.2.3", uptimeMs: 5)
        state.lanes = [.init(name: "batch", waiting: 2, running: 1, oldestWaitMs: 30)]
        return state
      }, scan: scan
    ).install(in: &router)
    return router
  }

  /// A server on a real socket, and what it answers up to the connection's end.
  private func ask(_ target: String, secret: String = AdminRoutesTests.secret, of router: HTTPRouter) async throws
    -> String
  {
    let group = MultiThreadedEventLoopGroup.singleton
    let listener = try await ServerBootstrap(group: group).childChannelInitializer { channel in
      channel.eventLoop.makeCompletedFuture { try installHTTP(on: channel, router: router) }
    }.bind(host: "127.0.0.1", port: 0).get()
    let done = group.next().makePromise(of: String.self)
    let client = try await ClientBootstrap(group: group).channelInitializer { channel in
      channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Gatherer(done)) }
    }.connect(host: "127.0.0.1", port: try #require(listener.localAddress?.port)).get()
    client.writeAndFlush(
      ByteBuffer(
        string: "GET \(target) HTTP/1.0\r\nAuthorization: Bearer \(secret)\r\n\r\n"), promise: nil)
    let answer = try await done.futureResult.get()
    try await listener.close()
    return answer
  }

  private final class Gatherer: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let done: EventLoopPromise<String>
    private var all = ByteBuffer()

    init(_ done: EventLoopPromise<String>) { self.done = done }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      var bytes = unwrapInboundIn(data)
      all.writeBuffer(&bytes)
    }

    func channelInactive(context: ChannelHandlerContext) { done.succeed(String(buffer: all)) }
  }

  private func body(_ answer: String) -> String {
    answer.firstRange(of: "\r\n\r\n").map { String(answer[$0.upperBound...]) } ?? ""
  }

  @Test("the state is there for whoever has the secret")
  func state() async throws {
    let answer = try await ask("/admin/state", of: router())
    let state = try JSONDecoder().decode(AdminState.self, from: Data(body(answer).utf8))
    #expect(state.version == "1.2.3" && state.lanes.first?.waiting == 2)
    for secret in ["", "correct horse batter", "correct horse batteryy", "x"] {
      let refused = try await ask("/admin/state", secret: secret, of: router())
      #expect(refused.hasPrefix("HTTP/1.0 401 ") && !refused.contains("1.2.3"), "\(secret)")
    }
  }

  @Test("usage comes as CSV, quoted where it must be")
  func csv() async throws {
    let answer = try await ask("/admin/usage?from=2026-11-01&to=2026-11-30&format=csv", of: router())
    #expect(answer.contains("Content-Type: text/csv; charset=utf-8\r\n"))
    #expect(
      body(answer)
        == "day,user,model,prompt_version,turns,failures,cache_hits,input_tokens,cached_input_tokens,output_tokens,"
        + "cost,saved\r\n2026-11-21,ann,\"fast, \"\"v2\"\"\",p1,3,1,0,100,0,50,0.0000125,3\r\n")
  }

  @Test("usage comes as JSON, with exact amounts")
  func json() async throws {
    let answer = try await ask("/admin/usage?from=2026-11-01&to=2026-11-30", of: router())
    let object = try JSONSerialization.jsonObject(with: Data(body(answer).utf8)) as? [String: Any]
    #expect(object?["from"] as? String == "2026-11-01" && object?["to"] as? String == "2026-11-30")
    let row = try #require((object?["rows"] as? [[String: Any]])?.first)
    #expect(row["day"] as? String == "2026-11-21" && row["model"] as? String == "fast, \"v2\"")
    #expect(row["turns"] as? Int == 3 && row["cost"] as? String == "0.0000125")
  }

  @Test("a ledger of many rows comes whole and in order, and none comes as an empty list")
  func manyRows() async throws {
    let count = 20_000
    let answer = try await ask(
      "/admin/usage?from=2026-11-01&format=csv",
      of: router { query, row in
        for number in 0..<count { try row("user-\(number)", Self.key, Self.figures) }
      })
    let users = body(answer).split(separator: "\r\n").dropFirst().map { $0.split(separator: ",")[1] }
    #expect(users.map(String.init) == (0..<count).map { "user-\($0)" })
    let empty = try await ask("/admin/usage", of: router { _, _ in })
    #expect((try JSONSerialization.jsonObject(with: Data(body(empty).utf8)) as? [String: Any])?["rows"] is [Any])
  }

  @Test("a ledger that cannot be read is an error, or a cut where some of it has been sent")
  func failingScan() async throws {
    struct Broken: Error {}
    let none = try await ask("/admin/usage", of: router { _, _ in throw Broken() })
    #expect(none.hasPrefix("HTTP/1.0 500 "))
    let some = try await ask(
      "/admin/usage",
      of: router { _, row in
        for _ in 0..<1000 { try row("ann", Self.key, Self.figures) }
        throw Broken()
      })
    #expect(some.hasPrefix("HTTP/1.0 200 ") && !some.hasSuffix("]}\n"))
  }

  @Test(
    "a query that makes no sense is told so",
    arguments: [
      "from=2026-13-01", "from=yesterday", "to=2026-02-30", "from=2026-11-02&to=2026-11-01", "format=xml",
    ])
  func badQuery(query: String) async throws {
    #expect(try await ask("/admin/usage?\(query)", of: router()).hasPrefix("HTTP/1.0 400 "), "\(query)")
  }

  @Test("days, user and format are read; without days it is today's")
  func query() throws {
    let query = try UsageQuery(
      RequestTarget("/u?from=2026-11-20&to=2026-11-21&user=a%20b&format=csv"), today: 30_000)
    #expect(query == UsageQuery(days: 20_777...20_778, user: "a b", format: .csv))
    #expect(try UsageQuery(RequestTarget("/u"), today: 30_000) == UsageQuery(days: 30_000...30_000))
    #expect(try UsageQuery(RequestTarget("/u?from=2026-11-20"), today: 30_000).days == 20_777...30_000)
  }

  @Test(
    "amounts are exact",
    arguments: [
      (0, "0"), (1, "0.000000000001"), (500_000_000_000, "0.5"), (1_000_000_000_000, "1"),
      (UInt64.max, "18446744.073709551615"),
    ] as [(UInt64, String)])
  func amounts(amount: UInt64, text: String) {
    #expect(MoneyText.decimal(amount) == text)
  }

  @Test("whoever guesses secrets is slowed down, and nobody else is")
  func guessing() throws {
    let time = NIOLockedValueBox(0.0)
    let gate = AdminGate(secret: Secret(Self.secret), now: { time.withLockedValue { $0 } })
    func ask(_ secret: String, from address: String) throws -> HTTPResponse? {
      gate.refusal(
        HTTPRequest(
          method: .GET, target: RequestTarget("/"), headers: ["Authorization": "Bearer \(secret)"],
          remote: try SocketAddress(ipAddress: address, port: 1)))
    }
    for _ in 0..<5 { #expect(try ask("x", from: "10.0.0.1")?.status == .unauthorized) }
    let slowed = try #require(try ask(Self.secret, from: "10.0.0.1"))
    #expect(slowed.status == .tooManyRequests && slowed.headers["retry-after"] == ["10"])
    #expect(try ask(Self.secret, from: "10.0.0.2") == nil)
    time.withLockedValue { $0 = 10 }
    #expect(try ask("x", from: "10.0.0.1")?.status == .unauthorized)
    #expect(try ask(Self.secret, from: "10.0.0.1")?.status == .tooManyRequests)
    time.withLockedValue { $0 = 20 }
    #expect(try ask(Self.secret, from: "10.0.0.1") == nil)
  }

  @Test("behind a proxy guesses count against the one the proxy speaks for, not against everybody")
  func behindProxy() async throws {
    var configuration = WeirConfiguration()
    configuration.proxies.trusted = [try #require(AddressRange("127.0.0.1"))]
    configuration.proxies.carrier = .forwardedFor
    let gatekeeper = Gatekeeper(configuration, authenticator: try await Authenticator(configuration.auth))
    let gate = AdminGate(secret: Secret(Self.secret), gatekeeper: gatekeeper, now: { 0 })
    func ask(_ secret: String, for client: String) throws -> HTTPResponse? {
      gate.refusal(
        HTTPRequest(
          method: .GET, target: RequestTarget("/"),
          headers: ["Authorization": "Bearer \(secret)", "X-Forwarded-For": client],
          remote: try SocketAddress(ipAddress: "127.0.0.1", port: 1)))
    }
    for _ in 0..<10 { _ = try ask("x", for: "192.0.2.1") }
    #expect(try ask(Self.secret, for: "192.0.2.1")?.status == .tooManyRequests)
    #expect(try ask(Self.secret, for: "192.0.2.2") == nil)
  }

  @Test("guesses from any number of addresses are bounded together")
  func manyAddresses() throws {
    let gate = AdminGate(secret: Secret(Self.secret), now: { 0 })
    var evaluated = 0
    for number in 0..<5000 {
      let address = try SocketAddress(ipAddress: "10.1.\(number / 250).\(number % 250)", port: 1)
      let request = HTTPRequest(
        method: .GET, target: RequestTarget("/"), headers: ["Authorization": "Bearer x"], remote: address)
      if gate.refusal(request)?.status == .unauthorized { evaluated += 1 }
    }
    #expect(evaluated <= 1024 + 5)
  }
}
