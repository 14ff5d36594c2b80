// epoll and eventfd, which Swift's Glibc module leaves out: for the load generator of `weir bench`, and for the bell that
// other threads ring on an event loop.
#include <sys/epoll.h>
#include <sys/eventfd.h>
