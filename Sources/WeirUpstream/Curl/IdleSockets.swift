import CCurl
import Glibc

/// The sockets of connections that libcurl keeps for later calls, and what comes on them meanwhile. HTTP/1.1 has no ids: a
/// response that nobody asked for would be taken for the answer to the next request, which may be another user's, and that
/// request's answer for the one after it. libcurl 7.88, which Debian 12 has, takes a connection with unread bytes for a sound
/// one, so such a connection is shut down here, which it does notice.
///
/// Confined to the thread of its `CurlMulti`. libcurl is given an unretained pointer: the object must outlive its handle.
final class IdleSockets {
  private static let maximumEvents = 64

  /// Watches idle sockets and nothing else, so that one look tells whether any of them has something to read.
  private let epoll: Int32
  /// Those that libcurl has open, and whether they are idle.
  private var open: [Int32: Bool] = [:]
  private var idleCount = 0

  init() throws(CurlError) {
    epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard epoll >= 0 else { throw CurlError("epoll_create1 failed with errno \(errno)") }
  }

  deinit { Glibc.close(epoll) }

  /// A transfer uses the socket.
  func isUsed(_ socket: Int32) {
    if open[socket] == true { unwatch(socket) }
    open[socket] = false
  }

  /// The transfer that used the socket alone has ended. If libcurl has not closed it, it keeps it.
  func isFree(_ socket: Int32) {
    guard open[socket] == false else { return }
    var event = epoll_event()
    event.events = EPOLLIN.rawValue
    event.data.fd = socket
    guard epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event) == 0 else { return }
    open[socket] = true
    idleCount += 1
  }

  /// libcurl is done with the socket.
  func close(_ socket: Int32) -> Int32 {
    if open.removeValue(forKey: socket) == true { unwatch(socket) }
    return Glibc.close(socket)
  }

  /// Shuts connections down on which something has come, be it only their end. To be called before libcurl chooses one for
  /// a request.
  func sweep() {
    if idleCount == 0 { return }
    withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: Self.maximumEvents) { events in
      var count: Int32
      repeat {
        count = epoll_wait(epoll, events.baseAddress, Int32(Self.maximumEvents), 0)
        for event in events.prefix(max(0, Int(count))) {
          let socket = event.data.fd
          unwatch(socket)
          open[socket] = false
          shutdown(socket, Int32(SHUT_RDWR))
        }
      } while count == Self.maximumEvents
    }
  }

  private func unwatch(_ socket: Int32) {
    var event = epoll_event()
    epoll_ctl(epoll, EPOLL_CTL_DEL, socket, &event)
    idleCount -= 1
  }
}
