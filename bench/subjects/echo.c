// The limit: an epoll loop that sends back what it reads and knows no protocol. What a WebSocket server's echo takes
// over this is what its protocol, its language and its framework cost.
//   cc -O2 -o echo echo.c && ./echo 9100
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BUFFER_BYTES = 256 << 10, EVENTS = 512 };

static char buffer[BUFFER_BYTES];

static void fail(const char *what) {
  perror(what);
  exit(1);
}

// All of it or nothing more: a reader that does not keep up is waited for, which the load generator never needs.
static int send_all(int socket, const char *bytes, ssize_t count) {
  while (count > 0) {
    ssize_t sent = send(socket, bytes, count, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return -1;
    if (sent > 0) {
      bytes += sent;
      count -= sent;
    }
  }
  return 0;
}

int main(int argc, char **argv) {
  int port = argc > 1 ? atoi(argv[1]) : 9100;
  int one = 1;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener, (struct sockaddr *)&address, sizeof address)) fail("bind");
  if (listen(listener, 4096)) fail("listen");
  int poll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
  printf("bare echo: tcp://127.0.0.1:%d\n", port);
  fflush(stdout);
  for (;;) {
    struct epoll_event events[EVENTS];
    int count = epoll_wait(poll, events, EVENTS, -1);
    for (int index = 0; index < count; index++) {
      int socket = events[index].data.fd;
      if (socket == listener) {
        int accepted;
        while ((accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
          setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
          struct epoll_event watched = {.events = EPOLLIN, .data.fd = accepted};
          epoll_ctl(poll, EPOLL_CTL_ADD, accepted, &watched);
        }
        continue;
      }
      ssize_t read = recv(socket, buffer, BUFFER_BYTES, 0);
      if (read < 0 && (errno == EAGAIN || errno == EINTR)) continue;
      if (read <= 0 || send_all(socket, buffer, read)) close(socket);
    }
  }
}
