/// The status codes that the handshake itself answers with.
enum HTTPStatus: Int {
  case badRequest = 400
  case forbidden = 403
  case methodNotAllowed = 405
  case requestTimeout = 408
  case uriTooLong = 414
  case upgradeRequired = 426
  case headerFieldsTooLarge = 431
  case internalServerError = 500
  case serviceUnavailable = 503
  case versionNotSupported = 505

  var phrase: String { Self.phrase(rawValue) }

  /// The usual phrase of any status that a server may refuse with.
  static func phrase(_ status: Int) -> String {
    switch status {
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 405: "Method Not Allowed"
    case 408: "Request Timeout"
    case 414: "URI Too Long"
    case 426: "Upgrade Required"
    case 429: "Too Many Requests"
    case 431: "Request Header Fields Too Large"
    case 500: "Internal Server Error"
    case 503: "Service Unavailable"
    case 505: "HTTP Version Not Supported"
    default: "Refused"
    }
  }
}

/// Why a request is not served: a status, a sentence that ends with what to do, and the headers that the status asks for.
struct Refusal: Error {
  let status: Int
  let reason: String
  let headers: [(String, String)]
  let body: String

  init(_ status: HTTPStatus, _ body: String, headers: [(String, String)] = []) {
    self.init(status: status.rawValue, reason: status.phrase, headers: headers, body: body + "\n")
  }

  init(status: Int, reason: String, headers: [(String, String)], body: String) {
    self.status = status
    self.reason = reason
    self.headers = headers
    self.body = body
  }
}
