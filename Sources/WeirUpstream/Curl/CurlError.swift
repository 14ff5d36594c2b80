import CCurl

/// libcurl or the system would not give what a transfer needs.
struct CurlError: Error, Sendable, Equatable, CustomStringConvertible {
  let description: String

  init(_ what: String) {
    description = what
  }

  init(_ code: CURLcode, setting option: String) {
    description = "libcurl does not take \(option): \(String(cString: curl_easy_strerror(code)))"
  }
}
