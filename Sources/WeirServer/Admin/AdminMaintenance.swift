import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import WeirCore
import WeirStore

/// What the operator can have done with the data while it is served: `POST /admin/backup`, `GET /admin/export` and
/// `POST /admin/erase`.
struct AdminMaintenance: Sendable {
  /// Exports that read at the same time.
  private static let maximumExports = 2
  /// Findings that are told; there may be more.
  private static let toldFindings = 20

  private struct Running {
    var exports = 0
    /// A backup or an erasure: one at a time, since each rewrites or copies much of the disk.
    var isBusy = false
  }

  private let store: Store
  private let backupDirectory: String?
  private let erasure: UserErasure?
  private let running = NIOLockedValueBox(Running())

  /// - Parameters:
  ///   - backupDirectory: backups are made in it only, and names are below it; nil: anywhere the server may write.
  ///   - erasure: nil: the server cannot erase while it runs.
  init(store: Store, backupDirectory: String? = nil, erasure: UserErasure? = nil) {
    self.store = store
    self.backupDirectory = backupDirectory
    self.erasure = erasure
  }

  func install(in router: inout HTTPRouter, refusal: @escaping @Sendable (HTTPRequest) -> HTTPResponse?) {
    let maintenance = self
    router.add(
      .POST, "/admin/backup", .init(.stream { maintenance.backUp($0, $1) }, bodyBytes: 0, refusal: refusal))
    router.add(.GET, "/admin/export", .init(.stream { maintenance.export($0, $1) }, bodyBytes: 0, refusal: refusal))
    router.add(.POST, "/admin/erase", .init(.stream { maintenance.erase($0, $1) }, bodyBytes: 0, refusal: refusal))
  }

  // MARK: Export

  private func export(_ request: HTTPRequest, _ stream: HTTPResponseStream) {
    guard let user = user(request, stream) else { return }
    let isFree = running.withLockedValue { running in
      guard running.exports < Self.maximumExports else { return false }
      running.exports += 1
      return true
    }
    guard isFree else {
      return stream.respond(
        .text("\(Self.maximumExports) exports are running; wait for one to end.", status: .tooManyRequests))
    }
    let (store, running) = (store, running)
    BlockingAnswer.run(
      headers: Self.lines, through: stream, whenDone: { running.withLockedValue { $0.exports -= 1 } }
    ) { answer in
      try store.export(user) { try answer.send($0) }
      try answer.end()
    }
  }

  // MARK: Backup

  private func backUp(_ request: HTTPRequest, _ stream: HTTPResponseStream) {
    let target: String
    do throws(InvalidRequest) {
      target = try place(request.target)
    } catch {
      return stream.respond(.text(error.message, status: .badRequest))
    }
    let (store, below) = (store, backupDirectory)
    runAlone(stream) { answer in
      let result = try store.backUp(to: target, below: below) { step in
        switch step {
        case .copying(let copied):
          answer.offer(AdminProgress(.copying, count: copied.bytes, of: copied.ofBytes).line)
        case .verifying(let verified):
          answer.offer(AdminProgress(.verifying, count: verified.entries, of: verified.ofEntries).line)
        }
      }
      var last = AdminProgress(.done, count: result.bytes)
      last.directory = result.directory
      if result.report.isSound {
        last.message =
          "The backup in '\(target)' is made, and \(result.report.totalEntries) entries in it were verified."
      } else {
        last.step = .failed
        last.message =
          "The backup in '\(target)' is not sound: \(result.report.findingCount) findings. Verify the data, and keep "
          + "older backups."
        last.findings = result.report.findings.prefix(Self.toldFindings).map { "\($0.kind.rawValue): \($0)" }
      }
      return last
    }
  }

  /// Where the backup is wanted. A relative name is below the configured directory, or without one below `base`: where
  /// the command was given.
  private func place(_ target: RequestTarget) throws(InvalidRequest) -> String {
    guard let name = target.queryValue("directory"), !name.isEmpty, !name.utf8.contains(0) else {
      throw InvalidRequest("The parameter directory must say where the backup is to be; add it.")
    }
    if name.hasPrefix("/") { return name }
    if let backupDirectory { return "\(backupDirectory)/\(name)" }
    guard let base = target.queryValue("base"), base.hasPrefix("/"), !base.utf8.contains(0) else {
      throw InvalidRequest("The parameter directory must begin with /, or base must say where it begins; correct it.")
    }
    return "\(base)/\(name)"
  }

  // MARK: Erasure

  private func erase(_ request: HTTPRequest, _ stream: HTTPResponseStream) {
    guard let erasure else {
      return stream.respond(
        .text(
          "This server cannot erase a user while it runs; stop it, and run weir admin erase --data DIR.",
          status: .notImplemented))
    }
    guard let user = user(request, stream) else { return }
    let store = store
    runAlone(stream) { answer in
      // Kept out until the disk is clean: what the user wrote meanwhile would have to be rewritten too.
      defer { try? Self.block { await erasure.end(user) } }
      try Self.block(telling: answer) { try await erasure.begin(user) }
      try store.scrub(user) { answer.offer(AdminProgress($0).line) }
      return AdminProgress(
        .done,
        message: "Everything about the user is erased, and no file of the data has it any more. Backups made before do."
      )
    }
  }

  /// Waits on this thread for what is done elsewhere, and tells `answer` each second that it goes on.
  private static func block(
    telling answer: BlockingAnswer? = nil, _ work: @escaping @Sendable () async throws -> Void
  ) throws {
    let outcome = NIOLockedValueBox<(any Error)?>(nil)
    let finished = ConditionLock(value: false)
    Task {
      do { try await work() } catch { outcome.withLockedValue { $0 = error } }
      finished.lock()
      finished.unlock(withValue: true)
    }
    repeat { answer?.offer(AdminProgress(.erasing).line) } while !finished.lock(whenValue: true, timeoutSeconds: 1)
    finished.unlock()
    if let error = outcome.withLockedValue({ $0 }) { throw error }
  }

  // MARK: For all

  private static let lines: HTTPHeaders = ["Content-Type": "application/x-ndjson"]

  private func user(_ request: HTTPRequest, _ stream: HTTPResponseStream) -> UserID? {
    if let user = request.target.queryValue("user"), !user.isEmpty { return user }
    stream.respond(.text("The parameter user must name the user; add it.", status: .badRequest))
    return nil
  }

  /// Runs what nothing else of its kind may run beside. It goes on to its end also when nobody reads the answer.
  private func runAlone(
    _ stream: HTTPResponseStream, _ work: @escaping @Sendable (BlockingAnswer) throws -> AdminProgress
  ) {
    let isFree = running.withLockedValue { running in
      if running.isBusy { return false }
      running.isBusy = true
      return true
    }
    guard isFree else {
      return stream.respond(
        .text("A backup or an erasure is running; wait for its end, then ask again.", status: .conflict))
    }
    let running = running
    BlockingAnswer.run(
      headers: Self.lines, through: stream, whenDone: { running.withLockedValue { $0.isBusy = false } }
    ) { answer in
      let last: AdminProgress
      do { last = try work(answer) } catch { last = AdminProgress(.failed, message: "\(error)") }
      try answer.end(last.line)
    }
  }
}
