// The floor for a relay: WebSocket in front, OpenAI's server-sent events behind, one epoll loop, no store, no queue, no
// user, no resume, no limits. A text message is a question; each token of its answer goes back as a text message.
//   cc -O2 -o relay relay.c -lcrypto && ./relay PORT PROVIDER_PORT [gather]
// Without `gather` each token is written as it is found, as an ordinary relay does; with it, all tokens of one read go
// out in one write.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_BYTES = 64 << 10, EVENTS = 512, LINE_BYTES = 8 << 10, QUESTION_BYTES = 8 << 10 };
enum state { LISTENER, UPGRADING, OPEN, HEAD, CHUNK_SIZE, CHUNK, CHUNK_END, ENDED };

// One socket. A device and its provider's stream know each other.
struct peer {
  int socket;
  enum state state;
  bool closed;
  struct peer *other;
  size_t chunk_left;
  // A device: what it sent that is not whole. A stream: the line that a read has cut, or what is still to be sent.
  size_t held;
  char hold[LINE_BYTES];
  // What the kernel did not take.
  char *unsent;
  size_t unsent_count;
};

static int poll_descriptor, provider_port;
static bool gathers;
static char input[READ_BYTES];
static char output[READ_BYTES + 4096];
static size_t output_count;
static struct peer *graveyard[EVENTS * 2];
static int buried;

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static struct peer *watch(int socket, enum state state, uint32_t events) {
  struct peer *peer = calloc(1, sizeof *peer);
  if (!peer) fail("calloc");
  peer->socket = socket;
  peer->state = state;
  struct epoll_event event = {.events = events, .data.ptr = peer};
  if (epoll_ctl(poll_descriptor, EPOLL_CTL_ADD, socket, &event)) fail("epoll_ctl");
  return peer;
}

// Freed at the end of the round: an event for it may already have been taken out of the kernel.
static void end(struct peer *peer) {
  if (!peer || peer->closed) return;
  peer->closed = true;
  close(peer->socket);
  if (peer->other) {
    struct peer *other = peer->other;
    peer->other = NULL;
    other->other = NULL;
    if (peer->state <= OPEN) end(other);
  }
  graveyard[buried++] = peer;
}

static void send_bytes(struct peer *peer, const char *bytes, size_t count) {
  if (!peer->unsent_count) {
    ssize_t sent = send(peer->socket, bytes, count, MSG_NOSIGNAL);
    if (sent < 0) sent = 0;  // Full, or lost; the latter shows when it is read.
    bytes += sent;
    count -= sent;
    if (!count) return;
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = peer};
    epoll_ctl(poll_descriptor, EPOLL_CTL_MOD, peer->socket, &event);
  }
  peer->unsent = realloc(peer->unsent, peer->unsent_count + count);
  if (!peer->unsent) fail("realloc");
  memcpy(peer->unsent + peer->unsent_count, bytes, count);
  peer->unsent_count += count;
}

static void send_rest(struct peer *peer) {
  ssize_t sent = send(peer->socket, peer->unsent, peer->unsent_count, MSG_NOSIGNAL);
  if (sent <= 0) return;
  peer->unsent_count -= sent;
  memmove(peer->unsent, peer->unsent + sent, peer->unsent_count);
  if (peer->unsent_count) return;
  struct epoll_event event = {.events = EPOLLIN, .data.ptr = peer};
  epoll_ctl(poll_descriptor, EPOLL_CTL_MOD, peer->socket, &event);
}

static void flush(struct peer *device) {
  if (output_count && device && !device->closed) send_bytes(device, output, output_count);
  output_count = 0;
}

// The text of a JSON string as it stands, with the short escapes undone, as one text frame.
static void send_token(struct peer *device, const char *text, size_t count) {
  if (output_count + count + 4 > sizeof output) flush(device);
  char *frame = output + output_count;
  size_t header = count < 126 ? 2 : 4;
  char *payload = frame + header;
  size_t length = 0;
  for (size_t index = 0; index < count; index++) {
    char byte = text[index];
    if (byte == '\\' && index + 1 < count) {
      byte = text[++index];
      byte = byte == 'n' ? '\n' : byte == 't' ? '\t' : byte == 'r' ? '\r' : byte;
    }
    payload[length++] = byte;
  }
  frame[0] = (char)0x81;
  if (header == 2) {
    frame[1] = length;
  } else {
    frame[1] = 126;
    frame[2] = length >> 8;
    frame[3] = length;
  }
  output_count += header + length;
  if (!gathers) flush(device);
}

static void take_line(struct peer *stream, const char *line, size_t count) {
  static const char key[] = "\"content\":\"";
  if (count < 6 || memcmp(line, "data: ", 6)) return;
  const char *found = memmem(line, count, key, sizeof key - 1);
  if (!found) return;
  const char *text = found + sizeof key - 1, *close = text, *limit = line + count;
  while (close < limit && *close != '"') close += *close == '\\' ? 2 : 1;
  if (close < limit && close > text && stream->other) send_token(stream->other, text, close - text);
}

static void take_text(struct peer *stream, const char *bytes, size_t count) {
  while (count) {
    const char *line_end = memchr(bytes, '\n', count);
    size_t length = line_end ? (size_t)(line_end - bytes) : count;
    if (stream->held || !line_end) {
      if (stream->held + length > LINE_BYTES) length = LINE_BYTES - stream->held;
      memcpy(stream->hold + stream->held, bytes, length);
      stream->held += length;
      if (line_end) take_line(stream, stream->hold, stream->held);
    } else {
      take_line(stream, bytes, length);
    }
    if (!line_end) return;
    stream->held = 0;
    count -= line_end + 1 - bytes;
    bytes = line_end + 1;
  }
}

// Chunked transfer coding, RFC 9112 section 7.1, as far as a well-behaved provider needs it.
static void take_stream(struct peer *stream, const char *bytes, size_t count) {
  while (count && stream->state != ENDED) {
    if (stream->state == CHUNK) {
      size_t taken = count < stream->chunk_left ? count : stream->chunk_left;
      take_text(stream, bytes, taken);
      bytes += taken;
      count -= taken;
      if (!(stream->chunk_left -= taken)) stream->state = CHUNK_END;
      continue;
    }
    char byte = *bytes++;
    count--;
    switch (stream->state) {
      case HEAD:
        // `chunk_left` counts how much of the empty line has been seen.
        stream->chunk_left = byte == "\r\n\r\n"[stream->chunk_left] ? stream->chunk_left + 1 : byte == '\r';
        if (stream->chunk_left == 4) {
          stream->chunk_left = 0;
          stream->state = CHUNK_SIZE;
        }
        break;
      case CHUNK_SIZE:
        if (byte == '\n') {
          stream->state = stream->chunk_left ? CHUNK : ENDED;
        } else if (byte != '\r') {
          stream->chunk_left = stream->chunk_left * 16 + (byte <= '9' ? byte - '0' : (byte | 32) - 'a' + 10);
        }
        break;
      default:
        if (byte == '\n') stream->state = CHUNK_SIZE;
    }
  }
}

static void ask(struct peer *device, const char *question, size_t count) {
  if (device->other) end(device->other);
  int connection = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(provider_port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect(connection, (struct sockaddr *)&address, sizeof address) && errno != EINPROGRESS) fail("connect");
  struct peer *stream = watch(connection, HEAD, EPOLLIN | EPOLLOUT);
  stream->other = device;
  device->other = stream;
  char body[QUESTION_BYTES * 2 + 256], head[512];
  size_t length = sprintf(body, "{\"model\":\"mock\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"");
  for (size_t index = 0; index < count; index++) {
    if (question[index] == '"' || question[index] == '\\') body[length++] = '\\';
    body[length++] = question[index];
  }
  length += sprintf(body + length, "\"}]}");
  size_t head_length = sprintf(
      head,
      "POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: "
      "%zu\r\n\r\n",
      length);
  stream->unsent = malloc(head_length + length);
  if (!stream->unsent) fail("malloc");
  memcpy(stream->unsent, head, head_length);
  memcpy(stream->unsent + head_length, body, length);
  stream->unsent_count = head_length + length;
}

static bool upgrade(struct peer *device) {
  device->hold[device->held < LINE_BYTES ? device->held : LINE_BYTES - 1] = 0;
  if (!strstr(device->hold, "\r\n\r\n")) return device->held < LINE_BYTES - 1;
  char *key = strcasestr(device->hold, "sec-websocket-key: ");
  if (!key) return false;
  char joined[128];
  int length = snprintf(
      joined, sizeof joined, "%.*s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", (int)strcspn(key + 19, "\r") % 64, key + 19);
  unsigned char digest[SHA_DIGEST_LENGTH], accept[64];
  SHA1((unsigned char *)joined, length, digest);
  EVP_EncodeBlock(accept, digest, sizeof digest);
  char reply[256];
  length = sprintf(
      reply,
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
      "%s\r\n\r\n",
      accept);
  send_bytes(device, reply, length);
  device->held = 0;
  device->state = OPEN;
  return true;
}

// One text frame after the other; anything else ends the connection.
static bool take_frames(struct peer *device) {
  for (;;) {
    unsigned char *frame = (unsigned char *)device->hold;
    if (device->held < 6) return true;
    if (frame[0] != 0x81 || !(frame[1] & 0x80)) return false;
    size_t length = frame[1] & 0x7F, header = 2;
    if (length == 127) return false;
    if (length == 126) {
      length = frame[2] << 8 | frame[3];
      header = 4;
    }
    if (length > QUESTION_BYTES - 8) return false;
    if (device->held < header + 4 + length) return true;
    unsigned char *key = frame + header, *payload = key + 4;
    for (size_t index = 0; index < length; index++) payload[index] ^= key[index & 3];
    ask(device, (char *)payload, length);
    device->held -= header + 4 + length;
    memmove(device->hold, payload + length, device->held);
  }
}

static void take_device(struct peer *device, const char *bytes, size_t count) {
  if (device->held + count > LINE_BYTES) return end(device);
  memcpy(device->hold + device->held, bytes, count);
  device->held += count;
  if (!(device->state == UPGRADING ? upgrade(device) : take_frames(device))) end(device);
}

static void receive(struct peer *peer) {
  ssize_t count = recv(peer->socket, input, READ_BYTES, 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return end(peer);
  if (peer->state <= OPEN) return take_device(peer, input, count);
  take_stream(peer, input, count);
  flush(peer->other);
  if (peer->state == ENDED) end(peer);
}

int main(int argc, char **argv) {
  if (argc < 3) return fprintf(stderr, "usage: relay PORT PROVIDER_PORT [gather]\n"), 64;
  provider_port = atoi(argv[2]);
  gathers = argc > 3 && !strcmp(argv[3], "gather");
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
  struct sockaddr_in address = {
      .sin_family = AF_INET, .sin_port = htons(atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (bind(listener, (struct sockaddr *)&address, sizeof address)) fail("bind");
  if (listen(listener, 4096)) fail("listen");
  poll_descriptor = epoll_create1(0);
  watch(listener, LISTENER, EPOLLIN);
  for (;;) {
    struct epoll_event events[EVENTS];
    int count = epoll_wait(poll_descriptor, events, EVENTS, -1);
    for (int index = 0; index < count; index++) {
      struct peer *peer = events[index].data.ptr;
      if (peer->closed) continue;
      if (peer->state == LISTENER) {
        int accepted;
        while ((accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
          setsockopt(accepted, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
          watch(accepted, UPGRADING, EPOLLIN);
        }
        continue;
      }
      if (events[index].events & EPOLLOUT && peer->unsent_count) send_rest(peer);
      if (events[index].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) receive(peer);
    }
    while (buried) {
      struct peer *peer = graveyard[--buried];
      free(peer->unsent);
      free(peer);
    }
  }
}
