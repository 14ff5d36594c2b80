/// A request as libcurl needs it.
struct HTTPPost: Sendable {
  var url: String
  /// "Name: value", without line ends.
  var headers: [String]
  var body: [UInt8]
  var connectTimeoutMs: Int
}
