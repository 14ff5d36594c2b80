// The limit for durable acknowledgements with Weir's own records: reads the write-ahead logs of a Weir data directory and
// writes all that is in them again, into empty databases with the same column families, by one writer, synced, at different
// batch sizes.
//   cc -O2 -o replay replay.c -lrocksdb && ./replay WEIR_DATA DIRECTORY BATCH...
// A batch is counted in acknowledged messages, each with all that belongs to it and to its answer. Prints one line of JSON
// for each batch size.
#include <dirent.h>
#include <rocksdb/c.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// In the order in which Weir makes them: their numbers are in the logs.
static const char *const families[] = {
    "default", "users", "conversations", "conversation-list", "messages", "sent", "turns", "turn-text", "answers", "usage",
};
enum { family_count = sizeof families / sizeof *families, sent = 5, header_bytes = 12, block_bytes = 32768 };

struct bytes {
  char *data;
  size_t count, room;
};

static void die(const char *why) {
  fprintf(stderr, "%s\n", why);
  exit(1);
}

static void check(char *error) {
  if (error) die(error);
}

static void append(struct bytes *bytes, const void *data, size_t count) {
  if (bytes->count + count > bytes->room) {
    bytes->room = 2 * (bytes->count + count);
    bytes->data = realloc(bytes->data, bytes->room);
    if (!bytes->data) die("no memory");
  }
  memcpy(bytes->data + bytes->count, data, count);
  bytes->count += count;
}

// A log is made of blocks of 32 KiB, a block of pieces: checksum (4), length (2), kind (1), and what is in it. Kinds: 1 a
// whole batch, 2 its beginning, 3 its middle, 4 its end.
static void read_log(const char *path, struct bytes *records) {
  FILE *file = fopen(path, "rb");
  if (!file) die(path);
  struct bytes batch = {0};
  unsigned char block[block_bytes];
  size_t count;
  while ((count = fread(block, 1, sizeof block, file)) > 0) {
    for (size_t place = 0; place + 7 <= count;) {
      size_t length = block[place + 4] | block[place + 5] << 8;
      int kind = block[place + 6];
      if (kind < 1 || kind > 4 || place + 7 + length > count) break;
      if (kind == 1 || kind == 2) batch.count = 0;
      append(&batch, block + place + 7, length);
      // The batch's own header, its number and its count, is made anew for other batches.
      if ((kind == 1 || kind == 4) && batch.count > header_bytes)
        append(records, batch.data + header_bytes, batch.count - header_bytes);
      place += 7 + length;
    }
  }
  fclose(file);
  free(batch.data);
}

static uint32_t varint(const char *data, size_t count, size_t *place) {
  uint32_t value = 0;
  for (int shift = 0; shift < 35 && *place < count; shift += 7) {
    unsigned char byte = data[(*place)++];
    value |= (uint32_t)(byte & 127) << shift;
    if (byte < 128) return value;
  }
  die("a number in a log is cut off");
  return 0;
}

static void skip(const char *data, size_t count, size_t *place) {
  size_t length = varint(data, count, place);
  if (length > count - *place) die("a record in a log is cut off");
  *place += length;
}

// Goes over one change (db/write_batch.cc). Returns whether it puts something into `sent`, which each message does once.
static int next(const struct bytes *records, size_t *place, uint32_t *changes) {
  unsigned char tag = records->data[(*place)++];
  uint32_t family = 0;
  if (tag == 4 || tag == 5 || tag == 8 || tag == 14) family = varint(records->data, records->count, place);
  switch (tag) {
    case 0: case 4: case 7: case 8: skip(records->data, records->count, place); break;
    case 1: case 5: case 14: case 15:
      skip(records->data, records->count, place);
      skip(records->data, records->count, place);
      break;
    case 13: return 0;
    default: die("a log holds a change of a kind that this program does not know");
  }
  ++*changes;
  return tag == 5 && family == sent;
}

static double clock_seconds(clockid_t which) {
  struct timespec time;
  clock_gettime(which, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

static int by_value(const void *left, const void *right) {
  double difference = *(const double *)left - *(const double *)right;
  return (difference > 0) - (difference < 0);
}

static int by_name(const struct dirent **left, const struct dirent **right) {
  return strcmp((*left)->d_name, (*right)->d_name);
}

static int is_log(const struct dirent *entry) {
  const char *dot = strrchr(entry->d_name, '.');
  return dot && !strcmp(dot, ".log");
}

static void replay(const struct bytes *records, const char *directory, long size) {
  char path[4096], *error = NULL;
  snprintf(path, sizeof path, "%s/%ld", directory, size);
  rocksdb_options_t *options = rocksdb_options_create();
  rocksdb_options_set_create_if_missing(options, 1);
  rocksdb_options_set_create_missing_column_families(options, 1);
  const rocksdb_options_t *all[family_count];
  rocksdb_column_family_handle_t *handles[family_count];
  for (int index = 0; index < family_count; index++) all[index] = options;
  rocksdb_t *store = rocksdb_open_column_families(options, path, family_count, families, all, handles, &error);
  check(error);
  rocksdb_writeoptions_t *synced = rocksdb_writeoptions_create();
  rocksdb_writeoptions_set_sync(synced, 1);

  size_t most = 1 << 20, commits = 0, place = 0;
  double *times = malloc(most * sizeof *times);
  struct bytes batch = {0};
  long total = 0;
  double start = clock_seconds(CLOCK_MONOTONIC), cpu = clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
  while (place < records->count && commits < most) {
    uint32_t changes = 0;
    size_t from = place;
    long messages = 0;
    while (place < records->count && messages < size) messages += next(records, &place, &changes);
    char header[header_bytes] = {0};
    memcpy(header + 8, &changes, sizeof changes);
    batch.count = 0;
    append(&batch, header, sizeof header);
    append(&batch, records->data + from, place - from);
    double before = clock_seconds(CLOCK_MONOTONIC);
    rocksdb_writebatch_t *write = rocksdb_writebatch_create_from(batch.data, batch.count);
    rocksdb_write(store, synced, write, &error);
    check(error);
    rocksdb_writebatch_destroy(write);
    times[commits++] = clock_seconds(CLOCK_MONOTONIC) - before;
    total += messages;
  }
  double seconds = clock_seconds(CLOCK_MONOTONIC) - start;
  cpu = clock_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
  if (!total) die("there is no message in the logs");
  qsort(times, commits, sizeof *times, by_value);
  printf(
      "{\"batch\":%ld,\"records_per_s\":%.0f,\"commit_p50_ms\":%.3f,\"commit_p99_ms\":%.3f,\"us_per_record\":%.3f,"
      "\"bytes_per_record\":%.0f}\n",
      size, total / seconds, times[commits / 2] * 1e3, times[commits * 99 / 100] * 1e3, cpu / total * 1e6,
      (double)records->count / total);
  fflush(stdout);
  for (int index = 0; index < family_count; index++) rocksdb_column_family_handle_destroy(handles[index]);
  rocksdb_close(store);
  free(times);
  free(batch.data);
}

int main(int argc, char **argv) {
  if (argc < 4) {
    fprintf(stderr, "usage: replay WEIR_DATA DIRECTORY BATCH...\n");
    return 64;
  }
  struct dirent **logs;
  int count = scandir(argv[1], &logs, is_log, by_name);
  if (count < 1) die("there is no log in the data directory");
  struct bytes records = {0};
  for (int index = 0; index < count; index++) {
    char path[8192];
    snprintf(path, sizeof path, "%s/%s", argv[1], logs[index]->d_name);
    read_log(path, &records);
  }
  for (int argument = 3; argument < argc; argument++) replay(&records, argv[2], atol(argv[argument]));
  return 0;
}
