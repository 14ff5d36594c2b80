import CCurl
import Glibc
internal import WeirCore

/// epoll with an eventfd to wake it: the fence around both descriptors. `wake` may be called from any thread, all else
/// from the one that polls.
final class Poller: Sendable {
  /// What a socket is ready for.
  struct Ready {
    fileprivate let events: UInt32

    var isReadable: Bool { events & EPOLLIN.rawValue != 0 }
    var isOnlyReadable: Bool { events == EPOLLIN.rawValue }
    var isWritable: Bool { events & EPOLLOUT.rawValue != 0 }
    var hasFailed: Bool { events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 }
  }

  private static let maximumEvents = 256

  private let epoll: Int32
  private let bell: Int32

  init() throws(CurlError) {
    epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard epoll >= 0 else { throw CurlError("epoll_create1 failed with errno \(errno)") }
    bell = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    guard bell >= 0 else {
      close(epoll)
      throw CurlError("eventfd failed with errno \(errno)")
    }
    watch(bell, reading: true, writing: false)
  }

  deinit {
    close(bell)
    close(epoll)
  }

  /// Makes `wait` return, now or the next time.
  func wake() {
    var one: UInt64 = 1
    // Fails only when the counter is full, and then it is rung already.
    _ = write(bell, &one, 8)
  }

  /// Watches a socket from now on for this and nothing else.
  func watch(_ socket: Int32, reading: Bool, writing: Bool) {
    var event = epoll_event()
    event.events = (reading ? EPOLLIN.rawValue : 0) | (writing ? EPOLLOUT.rawValue : 0)
    event.data.fd = socket
    if epoll_ctl(epoll, EPOLL_CTL_MOD, socket, &event) != 0 { epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event) }
  }

  /// Watches a socket no more.
  func forget(_ socket: Int32) {
    var event = epoll_event()
    epoll_ctl(epoll, EPOLL_CTL_DEL, socket, &event)
  }

  /// Lets sockets become ready for so long, which the bell cuts short.
  func gather(_ limit: Interval) {
    weir_wait_readable(bell, Int(min(limit.nanoseconds, 999_999_999)))
  }

  /// Waits until something is ready, the bell rings or `limit` has passed (nil: for ever); says so by `woken`, then hands
  /// over each socket that is ready.
  func wait(_ limit: Interval?, woken: () -> Void, _ handle: (Int32, Ready) -> Void) {
    withUnsafeTemporaryAllocation(of: epoll_event.self, capacity: Self.maximumEvents) { events in
      let count = epoll_wait(epoll, events.baseAddress, Int32(Self.maximumEvents), Self.milliseconds(limit))
      woken()
      for event in events.prefix(max(0, Int(count))) {
        if event.data.fd == bell {
          var rings: UInt64 = 0
          _ = read(bell, &rings, 8)
        } else {
          handle(event.data.fd, Ready(events: event.events))
        }
      }
    }
  }

  /// Rounded up: a timer that wakes too early would be asked for again at once.
  private static func milliseconds(_ limit: Interval?) -> Int32 {
    guard let limit else { return -1 }
    return Int32(min(60_000, limit.nanoseconds / 1_000_000 + (limit.nanoseconds % 1_000_000 == 0 ? 0 : 1)))
  }
}
