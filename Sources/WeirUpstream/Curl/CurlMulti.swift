import CCurl
import Glibc
internal import WeirCore

/// libcurl's multi handle, driven by `curl_multi_socket_action`: the fence around the handle and its two callbacks. It
/// registers sockets with the poller and keeps libcurl's one timer. Confined to one thread after its creation.
final class CurlMulti {
  /// Once in a process, before all else; libcurl counts.
  private static let isGlobalReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK
  private static let maximumIdleHandles = 256

  private let handle: UnsafeMutableRawPointer
  private let poller: Poller
  /// Outlives the handle: it is let go of behind `deinit`.
  private let idleSockets: IdleSockets
  private var idle: [UnsafeMutableRawPointer] = []
  /// How often each socket was read from while busy; wraps around.
  private var busyReads: [UInt8] = []
  /// When `timeout` is to be called; nil: libcurl waits for nothing.
  private(set) var deadline: MonotonicTime?

  /// Keeps at most so many idle connections for later calls.
  init(poller: Poller, maximumConnections: Int) throws(CurlError) {
    guard Self.isGlobalReady, let handle = curl_multi_init() else { throw CurlError("libcurl does not start") }
    self.handle = handle
    self.poller = poller
    do throws(CurlError) {
      idleSockets = try IdleSockets()
    } catch {
      curl_multi_cleanup(handle)
      throw error
    }
    // Unretained: `deinit` ends the handle, and with it all calls back.
    let context = Unmanaged.passUnretained(self).toOpaque()
    _ = weir_curl_multi_set_pointer(handle, CURLMOPT_SOCKETDATA, context)
    _ = weir_curl_multi_set_pointer(handle, CURLMOPT_TIMERDATA, context)
    _ = weir_curl_multi_set_long(handle, CURLMOPT_MAXCONNECTS, maximumConnections)
    _ = weir_curl_multi_set_socket_function(handle) { easy, socket, what, context, _ in
      guard let context else { return 0 }
      Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue().watch(socket, what, for: easy)
      return 0
    }
    _ = weir_curl_multi_set_timer_function(handle) { _, milliseconds, context in
      guard let context else { return 0 }
      Unmanaged<CurlMulti>.fromOpaque(context).takeUnretainedValue().setTimer(milliseconds)
      return 0
    }
  }

  deinit {
    // From here on nothing may call back into an object that is going away.
    _ = weir_curl_multi_set_socket_function(handle, nil)
    _ = weir_curl_multi_set_timer_function(handle, nil)
    for easy in idle { curl_easy_cleanup(easy) }
    curl_multi_cleanup(handle)
  }

  /// Keeps at most so many idle connections from now on.
  func keep(connections: Int) { _ = weir_curl_multi_set_long(handle, CURLMOPT_MAXCONNECTS, connections) }

  private func watch(_ socket: curl_socket_t, _ what: Int32, for easy: UnsafeMutableRawPointer?) {
    switch what {
    case CURL_POLL_REMOVE: poller.forget(socket)
    default:
      if let easy, let transfer = Self.transfer(of: easy) {
        transfer.socket = socket
        idleSockets.isUsed(socket)
      }
      poller.watch(socket, reading: what & CURL_POLL_IN != 0, writing: what & CURL_POLL_OUT != 0)
    }
  }

  /// Nil for a handle that libcurl made for itself.
  private static func transfer(of easy: UnsafeMutableRawPointer) -> CurlTransfer? {
    var context: UnsafeMutableRawPointer?
    guard weir_curl_easy_get_pointer(easy, CURLINFO_PRIVATE, &context) == CURLE_OK, let context else { return nil }
    return Unmanaged<CurlTransfer>.fromOpaque(context).takeUnretainedValue()
  }

  private func setTimer(_ milliseconds: Int) {
    deadline = milliseconds < 0 ? nil : MonotonicClock.now + .milliseconds(UInt64(milliseconds))
  }

  /// A handle for a new transfer.
  func takeHandle() throws(CurlError) -> UnsafeMutableRawPointer {
    guard let easy = idle.popLast() ?? curl_easy_init() else { throw CurlError("out of memory") }
    return easy
  }

  /// A handle that no transfer uses any more. It forgets all but what libcurl knows of hosts and sessions.
  func giveBack(_ easy: UnsafeMutableRawPointer) {
    curl_easy_reset(easy)
    if idle.count < Self.maximumIdleHandles { idle.append(easy) } else { curl_easy_cleanup(easy) }
  }

  /// Starts a transfer. It must be removed before it is let go.
  func add(_ transfer: CurlTransfer) throws(CurlError) {
    idleSockets.sweep()
    transfer.leaveClosing(to: idleSockets)
    let code = curl_multi_add_handle(handle, transfer.easy)
    if code != CURLM_OK { throw CurlError(String(cString: curl_multi_strerror(code))) }
  }

  /// Ends a transfer, if it has not ended: its connection is closed, or its HTTP/2 stream reset. Not from a receiver.
  func remove(_ transfer: CurlTransfer) {
    // HTTP/2 tells responses apart, and its connections are shared.
    let socket = transfer.isHTTP2 ? nil : transfer.socket
    curl_multi_remove_handle(handle, transfer.easy)
    if let socket { idleSockets.isFree(socket) }
    giveBack(transfer.easy)
  }

  /// A socket is ready. `isBusy`: there is so much to read that the acknowledgements of what was read may be late.
  func ready(_ socket: Int32, _ events: Poller.Ready, isBusy: Bool) {
    var mask: Int32 = 0
    if events.isReadable {
      mask |= CURL_CSELECT_IN
      if isBusy { acknowledgeLate(socket) }
    }
    if events.isWritable { mask |= CURL_CSELECT_OUT }
    if events.hasFailed { mask |= CURL_CSELECT_ERR }
    var running: Int32 = 0
    curl_multi_socket_action(handle, socket, mask, &running)
  }

  /// Linux answers each small segment that is read from a connection without traffic the other way at once, with a segment
  /// of its own: a seventh of what a streamed token costs. After this it waits for more to acknowledge, 40 ms at most. It
  /// forgets that once it has waited in vain (`TCP_QUICKACK` in tcp(7)). Of a stream whose tokens are closer together
  /// telling it now and then is enough; of others each token is acknowledged anyway, early or late.
  private func acknowledgeLate(_ socket: Int32) {
    let index = Int(socket)
    if index >= busyReads.count { busyReads += repeatElement(0, count: index + 1 - busyReads.count) }
    defer { busyReads[index] &+= 1 }
    guard busyReads[index] & 7 == 0 else { return }
    var isQuick: Int32 = 0
    setsockopt(socket, Int32(IPPROTO_TCP), TCP_QUICKACK, &isQuick, socklen_t(MemoryLayout<Int32>.size))
  }

  /// Lets libcurl do what its timer was for, if it has run out.
  func timeout(now: MonotonicTime) {
    guard let due = deadline, due <= now else { return }
    deadline = nil
    // What was added begins here.
    idleSockets.sweep()
    var running: Int32 = 0
    curl_multi_socket_action(handle, CURL_SOCKET_BAD, 0, &running)
  }

  /// Tells receivers of the transfers that have ended. They still have to be removed.
  func deliverEnds() {
    var left: Int32 = 0
    while let message = curl_multi_info_read(handle, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
      let code = message.pointee.data.result
      guard let transfer = Self.transfer(of: easy) else { continue }
      transfer.receiver.ended(transfer, code)
    }
  }
}
