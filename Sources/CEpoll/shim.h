// epoll, which Swift's Glibc module leaves out. The load generator of `weir bench` is built on it.
#include <sys/epoll.h>
