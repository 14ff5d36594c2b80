import CEpoll
import Glibc

/// epoll with a token for each descriptor: the fence around both the descriptor and the kernel's event records. For one
/// thread. Edge-triggered: whoever is told must read and write until the kernel says to wait.
final class EventPoll {
  /// What a descriptor is ready for.
  struct Ready {
    let token: Int
    fileprivate let events: UInt32

    var isReadable: Bool {
      events & (EPOLLIN.rawValue | EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0
    }
    var isWritable: Bool { events & EPOLLOUT.rawValue != 0 }
    /// The other side will send no more: read to the end.
    var isEnding: Bool { events & (EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 }
  }

  private static let maximumEvents = 512
  private let descriptor: CInt
  private let events = UnsafeMutableBufferPointer<epoll_event>.allocate(capacity: maximumEvents)

  init() throws(BenchFailure) {
    descriptor = epoll_create1(CInt(EPOLL_CLOEXEC))
    guard descriptor >= 0 else { throw .system("epoll_create1", errno, "Close other programs and try again.") }
  }

  deinit {
    close(descriptor)
    events.deallocate()
  }

  /// Watches `socket` until it is closed; closing it is all it takes to forget it.
  func watch(_ socket: CInt, token: Int) throws(BenchFailure) {
    var event = epoll_event()
    event.events = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
    event.data.u64 = UInt64(token)
    guard epoll_ctl(descriptor, EPOLL_CTL_ADD, socket, &event) == 0 else {
      throw .system("epoll_ctl", errno, "Raise fs.epoll.max_user_watches or use fewer connections.")
    }
  }

  /// Waits at most so many nanoseconds; returns how many `subscript` now has.
  func wait(nanoseconds: UInt64) -> Int {
    // The kernel turns a zero into a look, which is what is wanted then.
    var limit = timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
    let count = epoll_pwait2(descriptor, events.baseAddress, CInt(Self.maximumEvents), &limit, nil)
    return max(0, Int(count))
  }

  subscript(_ index: Int) -> Ready {
    Ready(token: Int(events[index].data.u64), events: events[index].events)
  }
}
