import NIOHTTP1

/// What people see who open the server's address: the chat page in a browser; elsewhere what this is, and how to talk to it.
struct FrontPage {
  private let request: HTTPRequest
  private let pages: WebPages
  private let host: String
  private let secure: String

  init(_ request: HTTPRequest, isSecure: Bool, pages: WebPages) {
    self.request = request
    self.pages = pages
    host = FrontPage.shownHost(request.headers.first(name: "host"))
    secure = isSecure ? "s" : ""
  }

  /// HTML for browsers, text for everybody else.
  var response: HTTPResponse {
    let wantsHTML = request.headers["accept"].contains { $0.contains("text/html") }
    if wantsHTML, let page = pages.chatPage(request, host: host) { return page }
    var response = HTTPResponse.text(text)
    response.headers.add(name: "Vary", value: "Accept")
    return response
  }

  private var text: String {
    """
    This is Weir, an LLM chat backend. Devices talk to it over WebSocket.

      http\(secure)://\(host)/            talk to it in a browser
      weir chat ws\(secure)://\(host)/    talk to it in a terminal
      ws\(secure)://\(host)/              subprotocols: weir.v1 (protobuf), weir.v1.json (JSON by hand)
      http\(secure)://\(host)/weir.js     client for web pages, an ES module; types in weir.d.ts
      http\(secure)://\(host)/v1          base URL for tools made for OpenAI's API (chat completions)
      http\(secure)://\(host)/healthz     whether it is well
      http\(secure)://\(host)/readyz      whether it takes new devices
      http\(secure)://\(host)/metrics     figures for Prometheus
    """
  }

  /// The name the request came by, if it is made of what names are made of: it goes into the page.
  static func shownHost(_ host: String?) -> String {
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
