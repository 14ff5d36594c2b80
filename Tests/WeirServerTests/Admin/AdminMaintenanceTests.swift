import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing
import WeirCore
import WeirStore
import WeirWire

@testable import WeirServer

@Suite("What the operator can have done")
struct AdminMaintenanceTests {
  private static let secret = "correct horse battery"
  let directory: String
  let store: Store

  init() throws {
    directory = NSTemporaryDirectory() + "weir-admin-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: directory + "/backups", withIntermediateDirectories: true)
    store = try Store.open(directory: directory + "/data")
    try write([
      .user("ann", UserState(lastTurnID: 1)),
      .conversation(
        "ann", Conversation(id: "c", title: "t", createdAtMs: 1, updatedAtMs: 5, revision: 1, lastSequence: 1),
        previousUpdatedAtMs: nil),
      .message("ann", "c", Message(sequence: 1, role: .user, parts: [.text("hello")])),
    ])
  }

  private func write(_ writes: [StoreWrite]) throws {
    let results = NIOLockedValueBox<[JournalResult]>([])
    let journal = try Journal(
      store: store, replies: [{ replies in results.withLockedValue { $0 += replies.map(\.result) } }])
    journal.append(JournalEntry(writes: writes), shard: 0, token: 1)
    journal.shutdown()
    #expect(results.withLockedValue { $0 } == [.committed])
  }

  private func end() throws {
    store.close()
    try FileManager.default.removeItem(atPath: directory)
  }

  private func router(
    backups: String? = nil, erase: (@Sendable (UserID) async throws -> Void)? = nil,
    admit: @escaping @Sendable (UserID) async -> Void = { _ in }
  ) -> HTTPRouter {
    var router = HTTPRouter()
    AdminRoutes(
      gate: AdminGate(secret: Secret(Self.secret)), state: { AdminState(version: "1", uptimeMs: 1) }, scan: { _, _ in },
      maintenance: AdminMaintenance(
        store: store, backupDirectory: backups, erasure: erase.map { UserErasure(begin: $0, end: admit) })
    ).install(in: &router)
    return router
  }

  /// What a server on a real socket answers, up to the connection's end.
  private func ask(
    _ request: String, secret: String = AdminMaintenanceTests.secret, of router: HTTPRouter
  ) async throws -> (status: String, body: String) {
    let group = MultiThreadedEventLoopGroup.singleton
    let listener = try await ServerBootstrap(group: group).childChannelInitializer { channel in
      channel.eventLoop.makeCompletedFuture { try installHTTP(on: channel, router: router) }
    }.bind(host: "127.0.0.1", port: 0).get()
    let done = group.next().makePromise(of: String.self)
    let client = try await ClientBootstrap(group: group).channelInitializer { channel in
      channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Gatherer(done)) }
    }.connect(host: "127.0.0.1", port: try #require(listener.localAddress?.port)).get()
    client.writeAndFlush(
      ByteBuffer(string: "\(request) HTTP/1.0\r\nAuthorization: Bearer \(secret)\r\n\r\n"), promise: nil)
    let answer = try await done.futureResult.get()
    try await listener.close()
    let end = try #require(answer.firstRange(of: "\r\n\r\n"))
    return (String(answer.dropFirst(9).prefix(3)), String(answer[end.upperBound...]))
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

  private func last(_ body: String) throws -> AdminProgress {
    let lines = try body.split(separator: "\n").map {
      try JSONDecoder().decode(AdminProgress.self, from: Data($0.utf8))
    }
    return try #require(lines.last)
  }

  @Test("nothing is done for whoever does not have the secret")
  func gate() async throws {
    let erased = NIOLockedValueBox(false)
    let router = router { _ in erased.withLockedValue { $0 = true } }
    for request in [
      "POST /admin/backup?directory=\(directory)/backups/a", "GET /admin/export?user=ann", "POST /admin/erase?user=ann",
    ] {
      let answer = try await ask(request, secret: "correct horse batter", of: router)
      #expect(answer.status == "401" && !answer.body.contains("hello"), "\(request)")
      // A page that is opened by accident does nothing.
      if request.hasPrefix("POST") {
        #expect(try await ask("GET" + request.dropFirst(4), of: router).status == "405")
      }
    }
    #expect(!erased.withLockedValue { $0 })
    #expect(try FileManager.default.contentsOfDirectory(atPath: directory + "/backups").isEmpty)
    try end()
  }

  @Test("a backup is made, verified and told of; its place is not written twice")
  func backup() async throws {
    let target = directory + "/backups/a"
    let made = try last(try await ask("POST /admin/backup?directory=\(target)", of: router()).body)
    #expect(made.step == .done && made.directory == target && made.count ?? 0 > 0)
    #expect(try Store.verify(in: target).entries[.messages] == 1)
    let again = try last(try await ask("POST /admin/backup?directory=\(target)", of: router()).body)
    #expect(again.step == .failed && again.message?.contains("exists already") == true)
    let relative = try last(
      try await ask("POST /admin/backup?directory=b&base=\(directory)/backups", of: router()).body)
    #expect(relative.step == .done && relative.directory == "\(directory)/backups/b")
    for query in ["", "directory=", "directory=b", "directory=b&base=c", "directory=%00"] {
      #expect(try await ask("POST /admin/backup?\(query)", of: router()).status == "400", "\(query)")
    }
    try end()
  }

  @Test("with a directory for backups there are none outside, by whatever name")
  func confined() async throws {
    let backups = directory + "/backups"
    try FileManager.default.createSymbolicLink(atPath: backups + "/out", withDestinationPath: directory)
    try FileManager.default.createDirectory(atPath: backups + "/week", withIntermediateDirectories: false)
    let router = router(backups: backups)
    for name in ["\(directory)/x", "../x", "out/x", "week/../../x", "\(backups)2", "week/..", "/x"] {
      let refused = try last(try await ask("POST /admin/backup?directory=\(name)&base=/tmp", of: router).body)
      #expect(refused.step == .failed, "\(name): \(refused.message ?? "")")
    }
    for name in ["a", "week/b", "\(backups)/week/c"] {
      let made = try last(try await ask("POST /admin/backup?directory=\(name)&base=/tmp", of: router).body)
      #expect(made.step == .done && made.directory?.hasPrefix(backups) == true, "\(name): \(made.message ?? "")")
    }
    #expect(Set(try FileManager.default.contentsOfDirectory(atPath: directory)) == ["backups", "data"])
    try end()
  }

  @Test("an export has the user's lines and an end")
  func export() async throws {
    let answer = try await ask("GET /admin/export?user=ann", of: router())
    let lines = answer.body.split(separator: "\n")
    #expect(lines.count == 4 && lines[2].contains("hello") && lines[3].contains("\"record\":\"end\""))
    #expect(try await ask("GET /admin/export", of: router()).status == "400")
    store.close()
    #expect(try await ask("GET /admin/export?user=ann", of: router()).status == "500")
    try end()
  }

  @Test("erasing ends the session first, then cleans the disk; a session that does not end stops it")
  func erase() async throws {
    struct Stuck: Error, CustomStringConvertible { var description: String { "The session does not end." } }
    let failed = try last(try await ask("POST /admin/erase?user=ann", of: router { _ in throw Stuck() }).body)
    #expect(failed.step == .failed && failed.message == "The session does not end.")
    // Who does not erase does not get a clean disk reported.
    let kept = try last(try await ask("POST /admin/erase?user=ann", of: router { _ in }).body)
    #expect(kept.step == .failed && kept.message?.contains("erase the user first") == true)
    let store = store
    let done = try last(
      try await ask("POST /admin/erase?user=ann", of: router { try store.eraseAlone($0) }).body)
    #expect(done.step == .done && done.message?.contains("Backups made before do") == true)
    #expect(try await ask("GET /admin/export?user=ann", of: router()).body.split(separator: "\n").count == 2)
    #expect(try await ask("POST /admin/erase?user=ann", of: router()).status == "501")
    #expect(try await ask("POST /admin/erase", of: router { _ in }).status == "400")
    try end()
  }

  @Test("the user comes in again when the disk is clean, and also when that failed", arguments: [true, false])
  func admitsAgain(isErased: Bool) async throws {
    let store = store
    let admitted = NIOLockedValueBox<[(user: UserID, isClean: Bool)]>([])
    let router = router(
      erase: { if isErased { try store.eraseAlone($0) } },
      admit: { user in
        let isClean = (try? store.scrub(user)) != nil
        admitted.withLockedValue { $0.append((user, isClean)) }
      })
    let answer = try last(try await ask("POST /admin/erase?user=ann", of: router).body)
    #expect(answer.step == (isErased ? .done : .failed))
    #expect(admitted.withLockedValue { $0.map(\.user) } == ["ann"])
    #expect(admitted.withLockedValue { $0.map(\.isClean) } == [isErased])
    try end()
  }

  @Test("one backup or erasure runs at a time, and its place is free after it")
  func alone() async throws {
    let (started, go) = (
      AsyncStream.makeStream(of: Void.self), AsyncStream.makeStream(of: Void.self)
    )
    let store = store
    let router = router { user in
      started.continuation.yield()
      for await _ in go.stream { break }
      try store.eraseAlone(user)
    }
    async let first = ask("POST /admin/erase?user=ann", of: router)
    for await _ in started.stream { break }
    #expect(try await ask("POST /admin/backup?directory=\(directory)/backups/a", of: router).status == "409")
    #expect(try await ask("POST /admin/erase?user=bob", of: router).status == "409")
    go.continuation.finish()
    #expect(try last(try await first.body).step == .done)
    let after = try last(try await ask("POST /admin/backup?directory=\(directory)/backups/a", of: router).body)
    #expect(after.step == .done)
    try end()
  }
}
