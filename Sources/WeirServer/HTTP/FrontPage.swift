import NIOHTTP1

/// What people see who open the server's address: what this is, and how to talk to it.
struct FrontPage {
  private let wantsHTML: Bool
  private let host: String
  private let secure: String

  init(_ request: HTTPRequest, isSecure: Bool) {
    wantsHTML = request.headers["accept"].contains { $0.contains("text/html") }
    host = FrontPage.shownHost(request.headers.first(name: "host"))
    secure = isSecure ? "s" : ""
  }

  /// HTML for browsers, text for everybody else.
  var response: HTTPResponse {
    var response = HTTPResponse.text(wantsHTML ? html : text)
    if wantsHTML { response.headers.replaceOrAdd(name: "Content-Type", value: "text/html; charset=utf-8") }
    response.headers.add(name: "Vary", value: "Accept")
    return response
  }

  private var text: String {
    """
    This is Weir, an LLM chat backend. Devices talk to it over WebSocket.

      weir chat ws\(secure)://\(host)/    talk to it in a terminal
      ws\(secure)://\(host)/              subprotocols: weir.v1 (protobuf), weir.v1.json (JSON by hand)
      http\(secure)://\(host)/v1          base URL for tools made for OpenAI's API (chat completions)
      http\(secure)://\(host)/healthz     whether it is well
      http\(secure)://\(host)/readyz      whether it takes new devices
      http\(secure)://\(host)/metrics     figures for Prometheus
    """
  }

  private var html: String {
    """
    <!doctype html>
    <html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
    <title>Weir</title>
    <style>body{font:1rem/1.6 system-ui,sans-serif;max-width:42rem;margin:3rem auto;padding:0 1rem}
    code{background:#8882;padding:.1em .3em;border-radius:.2em}</style></head>
    <body><h1>Weir</h1>
    <p>This is an LLM chat backend. Devices talk to it over WebSocket.</p>
    <ul>
    <li>In a terminal: <code>weir chat ws\(secure)://\(host)/</code></li>
    <li>From a program: <code>ws\(secure)://\(host)/</code>, subprotocol <code>weir.v1</code> (protobuf)
    or <code>weir.v1.json</code> (JSON)</li>
    <li>From a tool made for OpenAI's API (chat completions): base URL <code>http\(secure)://\(host)/v1</code></li>
    <li><a href="/healthz">/healthz</a>, <a href="/readyz">/readyz</a>, <a href="/metrics">/metrics</a></li>
    </ul></body></html>
    """
  }

  /// The name the request came by, if it is made of what names are made of: it goes into the page.
  private static func shownHost(_ host: String?) -> String {
    guard let host, (1...255).contains(host.utf8.count) else { return "127.0.0.1:8080" }
    let isName = host.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: ":"),
        UInt8(ascii: "["), UInt8(ascii: "]"):
        true
      default: false
      }
    }
    return isName ? host : "127.0.0.1:8080"
  }
}
