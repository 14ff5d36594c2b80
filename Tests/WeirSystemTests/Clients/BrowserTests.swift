import Foundation
import Testing

extension SystemTests {
  /// A real browser.
  @Suite struct Browser {
    private static let program = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
      .first { FileManager.default.isExecutableFile(atPath: $0) }

    /// Browsers are large: only the full run takes the time. In CI a missing one is a failure.
    private static var runs: Bool {
      TestRun.isFull && (TestRun.isCI || (program != nil && Python.runs(.playwright)))
    }

    @Test(
      "Chromium connects from an allowed page, agrees on compression, and streams an answer to its end",
      .enabled(if: runs, "needs WEIR_TEST_ALL=1, chromium and Python's playwright; Tests/run --all installs them"))
    func chromium() async throws {
      let program = try #require(Self.program, "chromium is not installed")
      let page = try Python.start("page.py")
      defer { page.signal(SIGKILL) }
      let origin = try await page.state.first("the page's address") { state in
        state.out.firstMatch(of: #/(http:\/\/127\.0\.0\.1:\d+)\n/#).map { String($0.1) }
      }
      let demo = ["--demo-rate", "300", "--demo-delay", "0ms", "--demo-tokens", "300"]
      try await withServer(demo + ["--allow-origin", origin]) { server in
        let good = try await Python.run("browser.py", [program, origin, server.url, "allowed"])
        #expect(good.exit == .code(0), "\(good.out)\(good.err)")
        // The same page by another name of the same machine is another origin.
        let other = origin.replacing("127.0.0.1", with: "localhost")
        let bad = try await Python.run("browser.py", [program, other, server.url, "refused"])
        #expect(bad.exit == .code(0), "\(bad.out)\(bad.err)")
      }
    }
  }
}
