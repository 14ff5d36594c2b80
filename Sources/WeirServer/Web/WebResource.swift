internal import NIOCore
internal import NIOHTTP1

/// A file that is ready to be sent, in both forms.
struct WebResource: Sendable {
  /// How long browsers may keep it.
  enum Lifetime: Sendable {
    /// Its name changes with what is in it.
    case forEver
    /// They ask every time, and mostly hear that nothing has changed.
    case untilAsked
  }

  private let plain: ByteBuffer
  private let compressed: ByteBuffer?
  private let hash: String
  private let headers: HTTPHeaders

  init(_ name: String, _ linked: WebLinker.Linked, _ lifetime: Lifetime, _ more: [(String, String)] = []) {
    plain = ByteBuffer(bytes: linked.bytes)
    compressed = Gzip.compressed(linked.bytes).map { ByteBuffer(bytes: $0) }
    hash = linked.hash
    var headers = HTTPHeaders(more)
    headers.add(name: "Content-Type", value: WebResource.type(name))
    headers.add(name: "Vary", value: "Accept-Encoding")
    switch lifetime {
    case .forEver: headers.add(name: "Cache-Control", value: "public, max-age=31536000, immutable")
    case .untilAsked: headers.add(name: "Cache-Control", value: "no-cache")
    }
    self.headers = headers
  }

  /// Bytes on the way to a browser.
  var compressedBytes: Int { (compressed ?? plain).readableBytes }

  /// What a request for it gets; the body is left out for HEAD by who writes the response.
  func response(to request: HTTPRequest) -> HTTPResponse {
    let body = WebResource.takesGzip(request.headers) ? compressed : nil
    let tag = body == nil ? "\"\(hash)\"" : "\"\(hash)-gzip\""
    var response = HTTPResponse(headers: headers, body: body ?? plain)
    response.headers.add(name: "ETag", value: tag)
    if request.headers[canonicalForm: "if-none-match"].contains(where: { WebResource.tag($0, is: tag) }) {
      response.status = .notModified
      response.body = ByteBuffer()
      return response
    }
    if body != nil { response.headers.add(name: "Content-Encoding", value: "gzip") }
    return response
  }

  /// RFC 9110 §12.5.3: named, or meant by `*`, and not weighted with 0.
  static func takesGzip(_ headers: HTTPHeaders) -> Bool {
    var takes = false
    for entry in headers[canonicalForm: "accept-encoding"] {
      let parts = entry.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\t" }.lowercased() }
      guard let coding = parts.first, coding == "gzip" || coding == "*" else { continue }
      let isRefused = parts.dropFirst().contains { ["q=0", "q=0.0", "q=0.00", "q=0.000"].contains($0) }
      if coding == "gzip" { return !isRefused }
      takes = !isRefused
    }
    return takes
  }

  /// RFC 9110 §13.1.2, by weak comparison.
  private static func tag(_ candidate: Substring, is tag: String) -> Bool {
    let text = candidate.hasPrefix("W/") ? candidate.dropFirst(2) : candidate
    return text == tag || text == "*"
  }

  private static func type(_ name: String) -> String {
    switch name.split(separator: ".").last {
    case "html": "text/html; charset=utf-8"
    case "js": "text/javascript; charset=utf-8"
    case "css": "text/css; charset=utf-8"
    case "svg": "image/svg+xml"
    default: "text/plain; charset=utf-8"
    }
  }
}
