import CCurl
import Glibc

/// Takes what a transfer receives. Called on the thread that drives the `CurlMulti`, inside its methods.
protocol TransferReceiver: AnyObject {
  /// A piece of the response's body; the span is valid during the call.
  func received(_ bytes: Span<UInt8>, of transfer: CurlTransfer) -> TransferVerdict
  /// The transfer has ended. It may be removed here.
  func ended(_ transfer: CurlTransfer, _ code: CURLcode)
}

/// What a receiver thinks of a piece.
enum TransferVerdict {
  case taken
  /// Not taken; it comes again after `CurlTransfer.setPaused(false)`.
  case pause
  /// The transfer ends, with `CURLE_WRITE_ERROR`.
  case abort
}

/// One HTTP request on a libcurl easy handle: the fence around the handle, its header list and its error text. It is
/// confined to the thread of its `CurlMulti`. It holds its receiver: one that holds it lets go when it has ended.
final class CurlTransfer {
  let easy: UnsafeMutableRawPointer
  let receiver: any TransferReceiver
  /// Its connection's, once it has one.
  var socket: Int32?
  private var headers: UnsafeMutablePointer<curl_slist>?
  /// libcurl writes here what went wrong while the transfer runs, so it has a fixed address.
  private let errorText = UnsafeMutableBufferPointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))
  /// Asked for once, with the body's first byte.
  private var knownHead: ResponseHead?
  /// Header lines that may say something of limits; bounded.
  private var headerLines: [[UInt8]] = []

  /// Sets up `easy`, which stays the caller's; it must be reset before it outlives this.
  init(easy: UnsafeMutableRawPointer, post: HTTPPost, receiver: any TransferReceiver) throws(CurlError) {
    self.easy = easy
    self.receiver = receiver
    errorText.initialize(repeating: 0)
    for header in post.headers {
      guard let list = curl_slist_append(headers, header) else { throw CurlError("out of memory") }
      headers = list
    }
    try set(CURLOPT_URL, post.url)
    try set(post.body)
    try check(weir_curl_easy_set_list(easy, CURLOPT_HTTPHEADER, headers), "headers")
    try set(CURLOPT_CONNECTTIMEOUT_MS, max(1, post.connectTimeoutMs))
    try setHabits()
    try setVersion(post)
    try setCallbacks()
  }

  deinit {
    curl_slist_free_all(headers)
    errorText.deallocate()
  }

  private func setHabits() throws(CurlError) {
    // No signals: libcurl would use them for time limits, and they are the process's.
    try set(CURLOPT_NOSIGNAL, 1)
    try check(weir_curl_easy_allow_http_only(easy), "protocols")
    try check(weir_curl_easy_leave_lookups(easy), "quick exit")
    try set(CURLOPT_FOLLOWLOCATION, 0)
    try set(CURLOPT_TCP_KEEPALIVE, 1)
    try set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    // A token's chunk is some hundred bytes; the default of 16 KiB would be most of a call's memory.
    try set(CURLOPT_BUFFERSIZE, 8192)
  }

  /// HTTP/2 where TLS offers it; calls then share a connection, and wait for its handshake rather than open another.
  /// Without TLS such a wait would last until the first response has begun.
  private func setVersion(_ post: HTTPPost) throws(CurlError) {
    let isTLS = post.url.lowercased().hasPrefix("https:")
    try set(CURLOPT_HTTP_VERSION, Int(isTLS ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1))
    if isTLS { try set(CURLOPT_PIPEWAIT, 1) }
  }

  private func setCallbacks() throws(CurlError) {
    try set(CURLOPT_ERRORBUFFER, UnsafeMutableRawPointer(errorText.baseAddress))
    // Unretained: whoever holds the transfer removes it from the multi handle before letting go of it.
    let context = Unmanaged.passUnretained(self).toOpaque()
    try set(CURLOPT_PRIVATE, context)
    try set(CURLOPT_WRITEDATA, context)
    let code = weir_curl_easy_set_write_function(easy) { bytes, size, count, context in
      guard let bytes, let context else { return 0 }
      // Not retained for the call: whoever holds it removes nothing while libcurl is at work on it.
      return Unmanaged<CurlTransfer>.fromOpaque(context)._withUnsafeGuaranteedRef {
        $0.wrote(UnsafeRawBufferPointer(start: bytes, count: size * count))
      }
    }
    try check(code, "write function")
    try set(CURLOPT_HEADERDATA, context)
    let headerCode = weir_curl_easy_set_header_function(easy) { bytes, size, count, context in
      guard let bytes, let context else { return 0 }
      let transfer = Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
      transfer.noteHeader(UnsafeRawBufferPointer(start: bytes, count: size * count))
      return size * count
    }
    try check(headerCode, "header function")
  }

  /// Its connection tells these when it is closed, however much later.
  func leaveClosing(to sockets: IdleSockets) {
    _ = weir_curl_easy_set_pointer(easy, CURLOPT_CLOSESOCKETDATA, Unmanaged.passUnretained(sockets).toOpaque())
    _ = weir_curl_easy_set_close_function(easy) { context, socket in
      guard let context else { return Glibc.close(socket) }
      return Unmanaged<IdleSockets>.fromOpaque(context).takeUnretainedValue().close(socket)
    }
  }

  /// Known once there is a response.
  var isHTTP2: Bool {
    var version = 0
    _ = weir_curl_easy_get_long(easy, CURLINFO_HTTP_VERSION, &version)
    return version >= CURL_HTTP_VERSION_2_0
  }

  private func wrote(_ bytes: UnsafeRawBufferPointer) -> Int {
    let verdict = bytes.withMemoryRebound(to: UInt8.self) { receiver.received($0.span, of: self) }
    switch verdict {
    case .taken: return bytes.count
    case .pause: return Int(CURL_WRITEFUNC_PAUSE)
    case .abort: return bytes.isEmpty ? 1 : 0
    }
  }

  private func noteHeader(_ line: UnsafeRawBufferPointer) {
    // Of several heads, as behind "100 Continue", the last counts.
    if line.starts(with: "HTTP/".utf8) { headerLines = [] }
    guard headerLines.count < ProviderLimits.maximumLines, ProviderLimits.concerns(line) else { return }
    headerLines.append(Array(line))
  }

  /// Suspends reading, or goes on; then what had been read comes at once, inside this call.
  func setPaused(_ isPaused: Bool) {
    _ = curl_easy_pause(easy, isPaused ? CURLPAUSE_RECV : CURLPAUSE_CONT)
  }

  /// The response's head; nil before there is one.
  var head: ResponseHead? {
    if let knownHead { return knownHead }
    var status = 0
    _ = weir_curl_easy_get_long(easy, CURLINFO_RESPONSE_CODE, &status)
    guard status != 0 else { return nil }
    let limits = ProviderLimits(lines: headerLines, wallClockMs: WallClock.milliseconds)
    headerLines = []
    knownHead = ResponseHead(status: status, limits: limits)
    return knownHead
  }

  /// What libcurl says went wrong, for the log: it names addresses.
  var errorDetail: String {
    let text = errorText.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return String(decoding: text, as: UTF8.self)
  }

  private func set(_ option: CURLoption, _ value: Int) throws(CurlError) {
    try check(weir_curl_easy_set_long(easy, option, value), "option \(option.rawValue)")
  }

  private func set(_ option: CURLoption, _ value: String) throws(CurlError) {
    try check(weir_curl_easy_set_string(easy, option, value), "option \(option.rawValue)")
  }

  private func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer?) throws(CurlError) {
    try check(weir_curl_easy_set_pointer(easy, option, value), "option \(option.rawValue)")
  }

  /// libcurl copies the body, so that nothing here must keep still.
  private func set(_ body: [UInt8]) throws(CurlError) {
    try check(weir_curl_easy_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(body.count)), "body size")
    let code = body.withUnsafeBytes {
      weir_curl_easy_set_pointer(easy, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: $0.baseAddress))
    }
    try check(code, "body")
  }

  private func check(_ code: CURLcode, _ option: String) throws(CurlError) {
    if code != CURLE_OK { throw CurlError(code, setting: option) }
  }
}
