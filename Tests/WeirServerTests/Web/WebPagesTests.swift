import CZlib
import Foundation
import NIOCore
import NIOHTTP1
import Testing
import WeirCore

@testable import WeirServer

@Suite("The pages for browsers")
struct WebPagesTests {
  private let assets = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Sources/WeirServer/Web/Assets")

  private func router(_ pages: WebPages = .embedded) -> HTTPRouter {
    HTTPRouter.builtIn(metrics: Metrics(), pages: pages, health: { HealthReport([]) }, readiness: { .ready })
  }

  private func get(_ path: String, _ headers: HTTPHeaders = [:], _ pages: WebPages = .embedded) -> HTTPResponse? {
    guard case .immediate(let answer) = router(pages).endpoint(.GET, path).route else { return nil }
    return answer(HTTPRequest(method: .GET, target: RequestTarget(path), headers: headers))
  }

  private func page(_ headers: HTTPHeaders = [:]) throws -> HTTPResponse {
    var headers = headers
    headers.add(name: "Accept", value: "text/html,*/*")
    headers.add(name: "Host", value: "chat.example")
    return try #require(get("/", headers))
  }

  /// The addresses of our own that a text names.
  private func addresses(in text: String) -> [String] {
    text.matches(of: /["'](\/assets\/[^"']+)["']/).map { String($0.output.1) }
  }

  @Test("the program holds every file of Assets, as it is")
  func everyFile() throws {
    let walk = try #require(FileManager.default.enumerator(at: assets, includingPropertiesForKeys: [.isRegularFileKey]))
    var files: [String: [UInt8]] = [:]
    for case let url as URL in walk where try url.resourceValues(forKeys: [.isRegularFileKey]).isRegularFile == true {
      let name = url.standardizedFileURL.path.dropFirst(assets.standardizedFileURL.path.count + 1)
      files[String(name)] = [UInt8](try Data(contentsOf: url))
    }
    #expect(files.count > 10)
    #expect(Dictionary(uniqueKeysWithValues: WebFile.embedded.map { ($0.name, $0.bytes) }) == files)
  }

  @Test("every reference of the page and its modules leads to a file with a hash, which may be kept for ever")
  func references() throws {
    var rest = addresses(in: String(buffer: try page().body))
    var seen: Set<String> = []
    while let path = rest.popLast() {
      if !seen.insert(path).inserted { continue }
      let response = try #require(get(path))
      #expect(response.status == .ok, "\(path)")
      #expect(path.contains(/-[0-9a-f]{16}\.(js|css|svg)$/))
      #expect(response.headers["cache-control"] == ["public, max-age=31536000, immutable"])
      let text = String(buffer: response.body)
      if path.hasSuffix(".js") {
        #expect(!text.contains(/(from|import) ['"]\.\.?\//), "\(path) names a file by its name in the repository")
      }
      rest += addresses(in: text)
    }
    #expect(seen.count > 10)
  }

  @Test("a browser hears of all modules at once")
  func preloads() throws {
    let text = String(buffer: try page().body)
    let modules = WebFile.embedded.filter {
      $0.name.hasSuffix(".js") && !["app/theme.js", "app/main.js"].contains($0.name) && !$0.name.hasPrefix("admin/")
    }
    for module in modules {
      let stem = module.name.dropLast(3)
      #expect(text.contains("<link rel=\"modulepreload\" href=\"/assets/\(stem)-"), "\(module.name)")
    }
  }

  @Test("the first load is less than 100 KiB")
  func firstLoad() {
    #expect((20 << 10)..<(100 << 10) ~= WebPages.embedded.firstLoadBytes, "\(WebPages.embedded.firstLoadBytes) bytes")
  }

  @Test("nothing inline runs, nothing of others is loaded, nobody frames the page, and text cannot become elements")
  func policy() throws {
    let response = try page()
    let policy = try #require(response.headers.first(name: "content-security-policy"))
    #expect(policy.hasPrefix("default-src 'none'; script-src 'self'; style-src 'self'; "))
    #expect(!policy.contains("unsafe") && policy.contains("frame-ancestors 'none'"))
    #expect(policy.contains("require-trusted-types-for 'script'"))
    #expect(policy.contains("connect-src 'self' ws://chat.example wss://chat.example;"))
    let text = String(buffer: response.body)
    #expect(!text.contains(/<script(?![^>]*src=)/) && !text.contains("style=") && !text.contains(/\son[a-z]+=/))
    #expect(!text.contains(/(src|href)="https?:/))
  }

  @Test("no module builds elements from text")
  func noInnerHTML() {
    for file in WebFile.embedded where file.name.hasPrefix("app/") || file.name.hasPrefix("admin/") {
      let text = String(decoding: file.bytes, as: UTF8.self)
      for word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "DOMParser", "eval("] {
        #expect(!text.contains(word), "\(file.name): \(word)")
      }
    }
  }

  @Test("the operator's page is there where it was installed, with the same policy, and its files lead on")
  func operatorsPage() throws {
    #expect(get("/admin")?.status == .notFound)
    var router = router()
    WebPages.embedded.installOperatorPage(in: &router)
    guard case .immediate(let answer) = router.endpoint(.GET, "/admin").route else { return #expect(Bool(false)) }
    let page = answer(HTTPRequest(method: .GET, target: RequestTarget("/admin"), headers: ["Host": "ops.example"]))
    let policy = try #require(page.headers.first(name: "content-security-policy"))
    #expect(!policy.contains("unsafe") && policy.contains("connect-src 'self' ws://ops.example wss://ops.example;"))
    let text = String(buffer: page.body)
    #expect(!text.contains(/<script(?![^>]*src=)/) && !text.contains("style=") && !text.contains(/\son[a-z]+=/))
    for name in ["base", "admin", "app/theme", "admin/main", "admin/feed", "admin/plot", "app/dom"] {
      let path = try #require(addresses(in: text).first { $0.hasPrefix("/assets/\(name)-") }, "\(name)")
      #expect(get(path)?.status == .ok, "\(path)")
    }
  }

  @Test("who takes gzip gets gzip, with a tag of its own")
  func gzip() throws {
    let plain = try page()
    let small = try page(["Accept-Encoding": "br, gzip;q=0.5"])
    #expect(plain.headers["content-encoding"].isEmpty && small.headers["content-encoding"] == ["gzip"])
    #expect(plain.headers["etag"] != small.headers["etag"])
    #expect(try inflated(small.body) == Array(plain.body.readableBytesView))
    #expect(plain.headers["vary"] == ["Accept, Accept-Encoding"])
  }

  @Test(
    "gzip is sent to those who ask for it",
    arguments: [
      ("gzip", true), ("*", true), ("identity, *;q=0", false), ("gzip;q=0, *", false), ("GZIP ; Q=0.001", true),
      ("br", false),
      ("", false), ("gzip; q=0.000", false), ("*, gzip;q=0", false),
    ])
  func acceptEncoding(header: String, takes: Bool) {
    #expect(WebResource.takesGzip(["Accept-Encoding": header]) == takes)
  }

  @Test("a page that has not changed is not sent again")
  func notModified() throws {
    let tag = try #require(try page().headers.first(name: "etag"))
    for value in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
      let response = try page(["If-None-Match": value])
      #expect(response.status == .notModified && response.body.readableBytes == 0, "\(value)")
      #expect(response.headers.first(name: "etag") == tag)
    }
    #expect(try page(["If-None-Match": "\"x\""]).status == .ok)
    #expect(try page(["If-None-Match": tag, "Accept-Encoding": "gzip"]).status == .ok)
  }

  @Test("any page may load the client; its name stays, and its types are beside it")
  func library() throws {
    let script = try #require(get("/weir.js"))
    #expect(script.headers["content-type"] == ["text/javascript; charset=utf-8"])
    #expect(script.headers["access-control-allow-origin"] == ["*"] && script.headers["cache-control"] == ["no-cache"])
    #expect(script.headers["x-typescript-types"] == ["/weir.d.ts"])
    #expect(String(buffer: try #require(get("/weir.d.ts")).body).contains("export class Weir"))
  }

  @Test("names change with what is in a file, and with what is in those that it uses")
  func hashes() {
    func names(_ leaf: String) -> [String] {
      var linker = WebLinker([
        WebFile(name: "index.html", bytes: Array("<script type=\"module\" src=\"app/a.js\">".utf8)),
        WebFile(
          name: "app/a.js", bytes: Array("import { b } from './sub/b.js'\nimport x from \"https://x/b.js\"".utf8)),
        WebFile(name: "app/sub/b.js", bytes: Array("import '../../c.js'".utf8)),
        WebFile(name: "c.js", bytes: Array(leaf.utf8)),
      ])
      return ["index.html", "app/a.js", "app/sub/b.js", "c.js"].map { linker.linked($0)?.path ?? "none" }
    }
    let (one, other) = (names("1"), names("2"))
    #expect(zip(one, other).allSatisfy { $0 != $1 } && one == names("1"))
    #expect(one[3].wholeMatch(of: /\/assets\/c-[0-9a-f]{16}\.js/) != nil)
  }

  @Test("files that use each other in a circle do not hang the server")
  func circle() {
    var linker = WebLinker([
      WebFile(name: "a.js", bytes: Array("import './b.js'".utf8)),
      WebFile(name: "b.js", bytes: Array("import './a.js'".utf8)),
    ])
    #expect(linker.linked("a.js")?.uses == ["b.js"] && linker.linked("nothing.js") == nil)
  }

  private func inflated(_ buffer: ByteBuffer) throws -> [UInt8] {
    var stream = z_stream()
    try #require(inflateInit2_(&stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK)
    defer { inflateEnd(&stream) }
    var input = Array(buffer.readableBytesView)
    var output = [UInt8](repeating: 0, count: 1 << 20)
    let size = output.count
    input.withUnsafeMutableBufferPointer { input in
      output.withUnsafeMutableBufferPointer { output in
        stream.next_in = input.baseAddress
        stream.avail_in = uInt(input.count)
        stream.next_out = output.baseAddress
        stream.avail_out = uInt(size)
        _ = inflate(&stream, Z_FINISH)
      }
    }
    output.removeLast(Int(stream.avail_out))
    return output
  }
}
