// A disk that fails on command, for LD_PRELOAD. FAULT_ORDERS names a directory; while it has a file of one of these names,
// that happens to files whose path contains FAULT_PATHS:
//
//   fail-sync    fsync and fdatasync fail with EIO, without having synced
//   fail-write   write and pwrite fail with EIO
//   fail-space   the same with ENOSPC, as on a full disk
//
// Each sync that was made to fail adds a byte to the file "syncs": whoever tries again is seen.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static int ordered(const char *name) {
  const char *directory = getenv("FAULT_ORDERS");
  char path[4096];
  if (!directory) return 0;
  snprintf(path, sizeof path, "%s/%s", directory, name);
  return access(path, F_OK) == 0;
}

static int concerned(int descriptor) {
  const char *wanted = getenv("FAULT_PATHS");
  char link[64], path[4096];
  if (!wanted) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t count = readlink(link, path, sizeof path - 1);
  if (count < 0) return 0;
  path[count] = 0;
  return strstr(path, wanted) != NULL;
}

static void tell(void) {
  char path[4096];
  snprintf(path, sizeof path, "%s/syncs", getenv("FAULT_ORDERS"));
  int file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return;
  ssize_t (*real)(int, const void *, size_t) = dlsym(RTLD_NEXT, "write");
  if (real(file, ".", 1) < 0) abort();
  close(file);
}

static int sync_fails(int descriptor) {
  // Looked at first: nearly always it is not, and costs one system call.
  if (!ordered("fail-sync") || !concerned(descriptor)) return 0;
  tell();
  errno = EIO;
  return 1;
}

static int write_fails(int descriptor) {
  int code = ordered("fail-write") ? EIO : ordered("fail-space") ? ENOSPC : 0;
  if (!code || !concerned(descriptor)) return 0;
  errno = code;
  return 1;
}

int fsync(int descriptor) {
  if (sync_fails(descriptor)) return -1;
  int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
  return real(descriptor);
}

int fdatasync(int descriptor) {
  if (sync_fails(descriptor)) return -1;
  int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");
  return real(descriptor);
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
  static ssize_t (*real)(int, const void *, size_t);
  if (!real) real = dlsym(RTLD_NEXT, "write");
  return write_fails(descriptor) ? -1 : real(descriptor, bytes, count);
}

ssize_t pwrite(int descriptor, const void *bytes, size_t count, off_t offset) {
  ssize_t (*real)(int, const void *, size_t, off_t) = dlsym(RTLD_NEXT, "pwrite");
  return write_fails(descriptor) ? -1 : real(descriptor, bytes, count, offset);
}

ssize_t pwrite64(int descriptor, const void *bytes, size_t count, off64_t offset) {
  ssize_t (*real)(int, const void *, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");
  return write_fails(descriptor) ? -1 : real(descriptor, bytes, count, offset);
}
