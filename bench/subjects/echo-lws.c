// An echo with libwebsockets, as its minimal examples write one: what has come is queued, and sent when the socket
// takes it.
//   cc -O2 -o echo-lws echo-lws.c -lwebsockets && ./echo-lws PORT
#include <libwebsockets.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct message {
  struct message *next;
  size_t count;
  int is_binary;
  unsigned char bytes[];  // With libwebsockets' room for a header in front.
};

struct session {
  struct message *first, *last;
};

static volatile int stopped;

static void stop(int number) {
  (void)number;
  stopped = 1;
}

static int echo(struct lws *socket, enum lws_callback_reasons reason, void *user, void *bytes, size_t count) {
  struct session *session = user;
  struct message *message;
  switch (reason) {
    case LWS_CALLBACK_RECEIVE:
      message = malloc(sizeof *message + LWS_PRE + count);
      if (!message) return -1;
      message->next = NULL;
      message->count = count;
      message->is_binary = lws_frame_is_binary(socket);
      memcpy(message->bytes + LWS_PRE, bytes, count);
      if (session->last) session->last->next = message;
      else session->first = message;
      session->last = message;
      lws_callback_on_writable(socket);
      break;
    case LWS_CALLBACK_SERVER_WRITEABLE:
      message = session->first;
      if (!message) break;
      if (lws_write(
              socket, message->bytes + LWS_PRE, message->count,
              message->is_binary ? LWS_WRITE_BINARY : LWS_WRITE_TEXT) < (int)message->count)
        return -1;
      session->first = message->next;
      if (!session->first) session->last = NULL;
      free(message);
      if (session->first) lws_callback_on_writable(socket);
      break;
    case LWS_CALLBACK_CLOSED:
      while ((message = session->first)) {
        session->first = message->next;
        free(message);
      }
      break;
    default: break;
  }
  return 0;
}

int main(int argc, char **argv) {
  static const struct lws_protocols protocols[] = {
      {"echo", echo, sizeof(struct session), 64 << 10, 0, NULL, 0}, {NULL, NULL, 0, 0, 0, NULL, 0}};
  struct lws_context_creation_info info;
  memset(&info, 0, sizeof info);
  info.port = argc > 1 ? atoi(argv[1]) : 9100;
  info.iface = "lo";
  info.protocols = protocols;
  info.gid = info.uid = -1;
  lws_set_log_level(LLL_ERR, NULL);
  signal(SIGTERM, stop);
  struct lws_context *context = lws_create_context(&info);
  if (!context) return 1;
  while (!stopped && lws_service(context, 0) >= 0) continue;
  lws_context_destroy(context);
  return 0;
}
