import ArgumentParser
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing
import WeirCore
import WeirServer
import WeirStore
import WeirWire

@testable import weir

/// The commands on data directories, run as they are.
@Suite("weir admin on data")
struct AdminDataTests {
  let directory: String

  init() throws {
    directory = NSTemporaryDirectory() + "weir-data-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
  }

  private func end() throws { try FileManager.default.removeItem(atPath: directory) }

  /// A data directory with one message of each user, and a list without its conversation if `damaged`.
  private func makeData(_ users: String..., damaged: Bool = false) throws {
    let store = try Store.open(directory: directory + "/data")
    let results = NIOLockedValueBox<[JournalResult]>([])
    let journal = try Journal(
      store: store, replies: [{ replies in results.withLockedValue { $0 += replies.map(\.result) } }])
    for user in users {
      var writes: [StoreWrite] = [
        .user(user, UserState(lastTurnID: 1)),
        .message(user, "c", Message(sequence: 1, role: .user, parts: [.text("hello")])),
      ]
      if !damaged {
        let conversation = Conversation(
          id: "c", title: "t", createdAtMs: 1, updatedAtMs: 5, revision: 1, lastSequence: 1)
        writes.append(.conversation(user, conversation, previousUpdatedAtMs: nil))
      }
      journal.append(JournalEntry(writes: writes), shard: 0, token: 1)
    }
    journal.shutdown()
    #expect(results.withLockedValue { $0 } == users.map { _ in .committed })
    store.close()
  }

  /// The exit code of a command that runs here; 0: it ended well.
  private func code(_ arguments: String...) async throws -> Int32 {
    var command = try Weir.parseAsRoot(["admin"] + arguments)
    do {
      if var waiting = command as? any AsyncParsableCommand { try await waiting.run() } else { try command.run() }
      return 0
    } catch let exit as ExitCode {
      return exit.rawValue
    }
  }

  @Test("verify ends with 0, with 65 for findings, and otherwise as the directory's fault says")
  func verify() async throws {
    try makeData("ann")
    #expect(try await code("verify", "--data", directory + "/data") == 0)
    try makeData("bob", damaged: true)
    #expect(try await code("verify", "--data", directory + "/data") == 65)
    #expect(try await code("verify", "--data", directory) == 73)
    try end()
  }

  @Test("restore puts a backup into an empty place only, and refuses one that is not sound")
  func restore() async throws {
    try makeData("ann")
    let store = try Store.open(directory: directory + "/data")
    _ = try store.backUp(to: directory + "/backup")
    store.close()
    #expect(try await code("restore", directory + "/backup", "--data", directory + "/new") == 0)
    #expect(try Store.verify(in: directory + "/new").entries[.messages] == 1)
    #expect(try await code("restore", directory + "/backup", "--data", directory + "/new") == 73)
    try makeData("bob", damaged: true)
    #expect(try await code("restore", directory + "/data", "--data", directory + "/newer") == 65)
    #expect(!FileManager.default.fileExists(atPath: directory + "/newer"))
    try end()
  }

  @Test("erase without a server leaves nothing of the user, and everything of others")
  func erase() async throws {
    try makeData("ann", "bob")
    #expect(try await code("erase", "--yes", "--user", "ann", "--data", directory + "/data") == 0)
    let report = try Store.verify(in: directory + "/data")
    #expect(report.isSound && report.entries[.messages] == 1 && report.entries[.users] == 1)
    var lines = ""
    try Store.export("bob", in: directory + "/data") { lines += String(buffer: $0) }
    #expect(lines.contains("hello"))
    #expect(try await code("erase", "--yes", "--user", "ann", "--data", directory + "/nowhere") == 73)
    let store = try Store.open(directory: directory + "/data")
    #expect(try await code("erase", "--yes", "--user", "bob", "--data", directory + "/data") == 75)
    store.close()
    try end()
  }

  // MARK: Lines of an answer

  @Test("lines are read wherever the pieces end, and the last is kept")
  func lines() throws {
    let told = NIOLockedValueBox<[AdminProgress]>([])
    let wanted = [AdminProgress(.copying, count: 5, of: 10), AdminProgress(.done, message: "é \"x\"")]
    var text: [UInt8] = []
    for progress in wanted { text += Array(try JSONEncoder().encode(progress)) + [0x0A] }
    for size in 1...text.count {
      told.withLockedValue { $0 = [] }
      let lines = AdminLines { progress in told.withLockedValue { $0.append(progress) } }
      for start in stride(from: 0, to: text.count, by: size) {
        try lines.take(ByteBuffer(bytes: text[start..<min(start + size, text.count)]))
      }
      #expect(told.withLockedValue { $0 } == wanted && lines.last == wanted.last, "pieces of \(size)")
    }
  }

  @Test("a line that is none, or does not end, is refused")
  func strangeLines() {
    #expect(throws: AdminFailure.self) { try AdminLines { _ in }.take(ByteBuffer(string: "hello\n")) }
    #expect(throws: AdminFailure.self) {
      let lines = AdminLines { _ in }
      for _ in 0..<20 { try lines.take(ByteBuffer(repeating: 0x61, count: 100_000)) }
    }
  }

  /// Runs a command against a server that answers with these lines.
  private func run(_ path: String, answering lines: String, _ command: String...) async throws -> Int32 {
    var router = HTTPRouter()
    router.add(
      .POST, path,
      .immediate { request in
        request.headers["authorization"] == ["Bearer s3cret"]
          ? HTTPResponse(body: ByteBuffer(string: lines)) : .text("No.", status: .unauthorized)
      })
    let ready = router
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture { try installHTTP(on: channel, router: ready) }
      }.bind(host: "127.0.0.1", port: 0).get()
    let port = try #require(listener.localAddress?.port)
    let secret = directory + "/secret"
    try Data("s3cret\n".utf8).write(to: URL(fileURLWithPath: secret))
    var parsed = try Weir.parseAsRoot(
      ["admin"] + command + ["--url", "http://127.0.0.1:\(port)", "--secret-file", secret])
    var code: Int32 = 0
    do {
      if var waiting = parsed as? any AsyncParsableCommand { try await waiting.run() } else { try parsed.run() }
    } catch let exit as ExitCode {
      code = exit.rawValue
    }
    try await listener.close()
    return code
  }

  @Test("a command ends as the last line says, and with 69 if there is none")
  func ends() async throws {
    for (lines, code) in [
      ("{\"step\":\"copying\",\"count\":1}\n{\"step\":\"done\",\"message\":\"Well.\"}\n", 0),
      ("{\"step\":\"failed\",\"message\":\"No room.\"}\n", 69),
      ("{\"step\":\"failed\",\"message\":\"Not sound.\",\"findings\":[\"x\"]}\n", 65),
      ("{\"step\":\"copying\"}\n", 69), ("", 69), ("<html>\n", 69),
    ] as [(String, Int32)] {
      #expect(try await run("/admin/backup", answering: lines, "backup", "/b") == code, "\(lines)")
    }
    let done = "{\"step\":\"done\"}\n"
    #expect(try await run("/admin/erase", answering: done, "erase", "--yes", "--user", "ann") == 0)
    try end()
  }

  @Test("a backup's place is told with where the command was given")
  func query() throws {
    let command = try AdminBackup.parse(["a b/é"])
    let base = QueryText.encoded(FileManager.default.currentDirectoryPath)
    #expect(command.query == "directory=a%20b%2F%C3%A9&base=\(base)")
  }
}
