/// HTTP requests that must not be taken at their word.
enum HTTPRows {
  typealias Row = SystemTests.HTTPAttacks.Row

  private static let hidden = "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
  private static let line =
    "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"

  /// RFC 9112 sections 6.1, 6.3, 7.1 and 11.2.
  static let smuggling: [Row] = [
    Row(
      "a length and chunks", line + "Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + hidden, [400]),
    Row(
      "chunks and a length", line + "Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n" + hidden, [400]),
    Row("two lengths", line + "Content-Length: 0\r\nContent-Length: 60\r\n\r\n" + hidden, [400]),
    Row("a list of lengths", line + "Content-Length: 0, 60\r\n\r\n" + hidden, [400]),
    Row("a length with a sign", line + "Content-Length: +5\r\n\r\n" + hidden, [400]),
    Row("a negative length", line + "Content-Length: -1\r\n\r\n" + hidden, [400]),
    Row("a length over 2^64", line + "Content-Length: 18446744073709551621\r\n\r\n" + hidden, [400, 413]),
    Row("a length in hexadecimal", line + "Content-Length: 0x0\r\n\r\n" + hidden, [400]),
    Row(
      "chunks that are not last", line + "Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n" + hidden, [400, 501]),
    Row("a coding that is none", line + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" + hidden, [400, 501]),
    Row(
      "two codings", line + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n" + hidden,
      [400, 501]),
    Row("a space before the colon", line + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" + hidden, [400]),
    Row("a folded coding", line + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" + hidden, [400]),
    Row("a chunk of 2^65", line + "Transfer-Encoding: chunked\r\n\r\n20000000000000000\r\n" + hidden, [400]),
    Row("a chunk of -1", line + "Transfer-Encoding: chunked\r\n\r\n-1\r\n" + hidden, [400]),
    Row("a chunk that ends with LF", line + "Transfer-Encoding: chunked\r\n\r\n1\n{\r\n0\r\n\r\n" + hidden, [400]),
    Row("a chunk without its end", line + "Transfer-Encoding: chunked\r\n\r\n1\r\n{}0\r\n\r\n" + hidden, [400]),
    Row(
      "a chunk with a megabyte of extension",
      line + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n1;x=" + String(repeating: "y", count: 1 << 20)
        + "\r\n{\r\n0\r\n\r\n", [400, 413, 431]),
    Row("no host", "POST /v1/chat/completions HTTP/1.1\r\nContent-Length: 0\r\n\r\n" + hidden, [400]),
    Row("two hosts", line + "Host: evil.example.net\r\nContent-Length: 0\r\n\r\n" + hidden, [400]),
    Row("a NUL in a header", line + "X: a\u{0}b\r\nContent-Length: 0\r\n\r\n" + hidden, [400]),
  ]

  private static func completion(_ body: String) -> [UInt8] { completion(Array(body.utf8)) }

  private static func completion(_ body: [UInt8]) -> [UInt8] {
    Array((line + "Connection: close\r\nContent-Length: \(body.count)\r\n\r\n").utf8) + body
  }

  private static let deep = 1_000_000

  /// RFC 8259, and what OpenAI's interface takes.
  static let bodies: [Row] = [
    Row("nothing", completion(""), [400]),
    Row("arrays a million deep", completion([UInt8](repeating: 0x5B, count: deep)), [400]),
    Row(
      "objects a hundred thousand deep", completion(String(repeating: #"{"a":"#, count: 100_000)), [400]),
    Row(
      "an unknown member a million deep",
      completion(
        Array(#"{"messages":[{"role":"user","content":"hi"}],"x":"#.utf8) + [UInt8](repeating: 0x5B, count: deep)),
      [400]),
    Row("a number that is infinite", completion(chat(#""temperature":1e999999"#)), [400]),
    Row("a count over 2^64", completion(chat(#""max_tokens":99999999999999999999999"#)), [400]),
    Row("a negative count", completion(chat(#""max_tokens":-5"#)), [400]),
    Row("a number of a megabyte", completion(chat(#""max_tokens":"# + String(repeating: "9", count: 1 << 20))), [400]),
    Row("NaN", completion(chat(#""temperature":NaN"#)), [400]),
    Row(
      "an overlong slash",
      completion(Array(#"{"messages":[{"role":"user","content":""#.utf8) + [0xC0, 0xAF] + Array(#""}]}"#.utf8)), [400]),
    Row(
      "a surrogate in UTF-8",
      completion(Array(#"{"messages":[{"role":"user","content":""#.utf8) + [0xED, 0xA0, 0x80] + Array(#""}]}"#.utf8)),
      [400]),
    Row("a byte order mark", completion([0xEF, 0xBB, 0xBF] + Array(chat(#""n":1"#).utf8)), [400]),
    Row("UTF-16", completion(chat(#""n":1"#).utf8.flatMap { [$0, 0] }), [400]),
    Row("a NUL behind the object", completion(chat(#""n":1"#) + "\u{0}"), [400]),
    Row("two objects", completion(chat(#""n":1"#) + chat(#""n":1"#)), [400]),
    Row("roles that are none", completion(#"{"messages":[{"role":"root","content":"hi"}]}"#), [400]),
    Row(
      "100,000 messages",
      completion(
        #"{"messages":["# + Array(repeating: #"{"role":"user","content":"x"}"#, count: 100_000).joined(separator: ",")
          + "]}"), [400]),
    Row(
      "five megabytes", completion(chat(#""x":""# + String(repeating: "y", count: 5 << 20) + #"""#)), [413]),
    Row(
      "a form",
      "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/plain\r\n"
        + "Connection: close\r\nContent-Length: 2\r\n\r\n{}", [415]),
  ]

  private static func chat(_ member: String) -> String {
    #"{"messages":[{"role":"user","content":"hi"}],"# + member + "}"
  }

  /// Other ways to write a path, and paths to what lies beside the pages.
  static let detours = [
    "//admin/state", "/admin//state", "/admin/./state", "/x/../admin/state", "/admin/state/", "/admin/state;x=1",
    "/admin%2Fstate", "/%61dmin/state", "/Admin/State", "/admin/state%00", "/admin/..", "/admin/",
    "/.%2e/admin/state", "\\admin\\state", "/assets/../../../../etc/passwd", "/assets/..%2f..%2f..%2fetc%2fpasswd",
    "/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/assets//etc/passwd", "/etc/passwd", "/weir-data/CURRENT",
    "/.git/config",
  ]
}
