// accept4 that fails on command, for LD_PRELOAD. ACCEPT_ERROR names a file; while it holds a number, every call fails with
// that number as errno. (The connection stays in the kernel's queue, as it does with most real errors.)
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

int accept4(int listener, struct sockaddr *address, socklen_t *length, int flags) {
  static int (*real)(int, struct sockaddr *, socklen_t *, int);
  const char *path = getenv("ACCEPT_ERROR");
  FILE *file = path ? fopen(path, "re") : NULL;
  int code = 0;
  if (file) {
    if (fscanf(file, "%d", &code) != 1) code = 0;
    fclose(file);
  }
  if (code) {
    errno = code;
    return -1;
  }
  if (!real) real = dlsym(RTLD_NEXT, "accept4");
  return real(listener, address, length, flags);
}
