import FoundationEssentials
import Glibc
import NIOConcurrencyHelpers
import NIOCore
import NIOHTTP1
import WeirCore

/// What the operator can ask the server: `GET /admin/state` and `GET /admin/usage`, and what `AdminMaintenance` does.
/// Without a secret there is nothing at these paths.
struct AdminRoutes: Sendable {
  /// Exports that read the ledger at the same time.
  private static let maximumExports = 2

  private let gate: AdminGate
  private let state: @Sendable () async -> AdminState
  private let scan: UsageScan
  private let maintenance: AdminMaintenance?
  private let exports = NIOLockedValueBox(0)

  /// `state` gathers how the server stands. `scan` walks over the usage ledger, on a thread that may block. Without
  /// `maintenance`, the data can only be looked at.
  init(
    gate: AdminGate, state: @escaping @Sendable () async -> AdminState, scan: @escaping UsageScan,
    maintenance: AdminMaintenance? = nil
  ) {
    self.gate = gate
    self.state = state
    self.scan = scan
    self.maintenance = maintenance
  }

  func install(in router: inout HTTPRouter) {
    let routes = self
    router.add(
      .GET, "/admin/state",
      .init(.later { _ in await routes.showState() }, bodyBytes: 0, refusal: { routes.gate.refusal($0) }))
    router.add(
      .GET, "/admin/usage",
      .init(.stream { routes.export($0, $1) }, bodyBytes: 0, refusal: { routes.gate.refusal($0) }))
    maintenance?.install(in: &router) { routes.gate.refusal($0) }
  }

  private func showState() async -> HTTPResponse {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    do {
      let data = try encoder.encode(await state())
      return HTTPResponse(headers: ["Content-Type": "application/json"], body: ByteBuffer(bytes: data))
    } catch {
      // A figure that JSON has no number for.
      return .text("The state could not be written as JSON: \(error)", status: .internalServerError)
    }
  }

  private func export(_ request: HTTPRequest, _ stream: HTTPResponseStream) {
    let today = UTCDate.day(ofMs: UInt64(max(0, time(nil))) * 1000)
    let query: UsageQuery
    do throws(InvalidRequest) {
      query = try UsageQuery(request.target, today: today)
    } catch {
      return stream.respond(.text(error.message, status: .badRequest))
    }
    let isFree = exports.withLockedValue { running in
      guard running < Self.maximumExports else { return false }
      running += 1
      return true
    }
    guard isFree else {
      return stream.respond(
        .text("\(Self.maximumExports) exports are running; wait for one to end.", status: .tooManyRequests))
    }
    let exports = exports
    UsageExport.run(query, through: stream, scan) { exports.withLockedValue { $0 -= 1 } }
  }
}
