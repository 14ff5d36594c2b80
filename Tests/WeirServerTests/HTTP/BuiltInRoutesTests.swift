import NIOConcurrencyHelpers
import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing
import WeirCore

@testable import WeirServer

@Suite("The routes every server has")
struct BuiltInRoutesTests {
  private func answer(
    _ path: String, accept: String = "*/*", host: String = "chat.example:8080", health: HealthReport = HealthReport([]),
    readiness: Readiness = .ready
  ) throws -> String {
    let metrics = Metrics()
    metrics.framesIn.add(7)
    let router = HTTPRouter.builtIn(
      metrics: metrics, health: { health }, readiness: { readiness },
      gauges: { metrics.sessionsLive.set(3) })
    return try HTTPExchange(router).send("GET \(path) HTTP/1.1\r\nHost: \(host)\r\nAccept: \(accept)\r\n\r\n")
  }

  @Test("/healthz is 200 while all is well, and 503 with the fault when it is not")
  func health() throws {
    let well = try answer("/healthz", health: HealthReport([.init(name: "store")]))
    #expect(well.hasPrefix("HTTP/1.1 200 ") && well.hasSuffix("{\"status\":\"ok\",\"checks\":{\"store\":\"ok\"}}\n"))
    let ill = try answer("/healthz", health: HealthReport([.init(name: "store", fault: "the \"disk\" is full")]))
    #expect(ill.hasPrefix("HTTP/1.1 503 "))
    #expect(ill.hasSuffix("{\"status\":\"failing\",\"checks\":{\"store\":\"the \\\"disk\\\" is full\"}}\n"))
  }

  @Test("/readyz is 200 only while devices are taken")
  func readiness() throws {
    #expect(try answer("/readyz").hasPrefix("HTTP/1.1 200 "))
    for state in [Readiness.starting, .draining] {
      let text = try answer("/readyz", readiness: state)
      #expect(text.hasPrefix("HTTP/1.1 503 ") && text.contains(state.rawValue))
    }
  }

  @Test("/metrics is Prometheus text, with what is asked for at the moment and what the system knows")
  func metrics() throws {
    let text = try answer("/metrics")
    #expect(text.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"))
    for line in ["weir_frames_in_total 7", "weir_sessions_live 3"] { #expect(text.contains("\n\(line)\n")) }
    for name in ["process_resident_memory_bytes", "process_cpu_seconds_total", "process_max_fds"] {
      #expect(text.contains("\n\(name) "))
    }
  }

  @Test("/ says how to connect, and is the chat page for browsers")
  func frontPage() throws {
    let text = try answer("/")
    #expect(text.contains("text/plain") && text.contains("weir chat ws://chat.example:8080/"))
    let html = try answer("/", accept: "text/html,*/*;q=0.8")
    #expect(html.contains("text/html") && html.contains("<script type=\"module\" src=\"/assets/app/main-"))
  }

  @Test("a Host header cannot put anything into the page")
  func hostileHost() throws {
    let html = try answer("/", accept: "text/html", host: "x\"><script>alert(1)</script>")
    #expect(!html.contains("alert(1)") && html.contains("connect-src 'self' ws://127.0.0.1:8080 "))
  }

  @Test(
    "targets are taken apart",
    arguments: [
      ("/", "/", nil), ("/a?b=c", "/a", "b=c"), ("http://h/a?b", "/a", "b"), ("http://h", "/", nil), ("", "/", nil),
      ("?x", "/", "x"), ("/a??", "/a", "?"),
    ] as [(String, String, String?)])
  func targets(uri: String, path: String, query: String?) {
    let target = RequestTarget(uri)
    #expect(target.path == path && target.query == query)
  }

  @Test(
    "query values are percent-decoded",
    arguments: [
      ("/?a=1&a=2", "1"), ("/?b=1&a=x+y%20z", "x y z"), ("/?a", ""), ("/?a=%41%zz%4", "A%zz%4"), ("/?%61=7", "7"),
      ("/?a=%ff", nil), ("/?b=1", nil), ("/?a=b=c", "b=c"),
    ] as [(String, String?)])
  func queryValues(uri: String, value: String?) {
    #expect(RequestTarget(uri).queryValue("a") == value)
  }

  @Test("dates are as RFC 9110 writes them")
  func dates() {
    #expect(HTTPDate.text(784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
    #expect(HTTPDate.text(0) == "Thu, 01 Jan 1970 00:00:00 GMT")
  }
}
