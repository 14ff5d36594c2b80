// The limit for durable acknowledgements: what one writer reaches on this disk with RocksDB, synced, at different batch
// sizes, and how long one sync takes.
//   cc -O2 -o journal journal.c -lrocksdb && ./journal DIRECTORY SECONDS RECORD_BYTES BATCH...
// Prints one line of JSON for each batch size.
#include <rocksdb/c.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

static double cpu(void) {
  struct timespec time;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return time.tv_sec + time.tv_nsec * 1e-9;
}

static int by_value(const void *left, const void *right) {
  double difference = *(const double *)left - *(const double *)right;
  return (difference > 0) - (difference < 0);
}

static void check(char *error) {
  if (!error) return;
  fprintf(stderr, "%s\n", error);
  exit(1);
}

int main(int argc, char **argv) {
  if (argc < 5) {
    fprintf(stderr, "usage: journal DIRECTORY SECONDS RECORD_BYTES BATCH...\n");
    return 64;
  }
  double seconds = atof(argv[2]);
  size_t record_bytes = strtoul(argv[3], NULL, 10);
  char *error = NULL;
  rocksdb_options_t *options = rocksdb_options_create();
  rocksdb_options_set_create_if_missing(options, 1);
  rocksdb_t *store = rocksdb_open(options, argv[1], &error);
  check(error);
  rocksdb_writeoptions_t *synced = rocksdb_writeoptions_create();
  rocksdb_writeoptions_set_sync(synced, 1);
  rocksdb_writebatch_t *batch = rocksdb_writebatch_create();
  char *record = malloc(record_bytes);
  uint32_t noise = 1;
  for (size_t index = 0; index < record_bytes; index++) record[index] = (noise = noise * 1664525 + 1013904223) >> 24;
  const size_t most = 1 << 20;
  double *times = malloc(most * sizeof *times);
  uint64_t key = 0;
  for (int argument = 4; argument < argc; argument++) {
    long size = atol(argv[argument]);
    size_t commits = 0;
    double start = now(), end = start, start_cpu = cpu();
    while (end - start < seconds && commits < most) {
      double before = end;
      rocksdb_writebatch_clear(batch);
      for (long index = 0; index < size; index++) {
        uint64_t big_endian = __builtin_bswap64(key++);
        rocksdb_writebatch_put(batch, (const char *)&big_endian, sizeof big_endian, record, record_bytes);
      }
      rocksdb_write(store, synced, batch, &error);
      check(error);
      end = now();
      times[commits++] = end - before;
    }
    qsort(times, commits, sizeof *times, by_value);
    printf(
        "{\"batch\":%ld,\"records_per_s\":%.0f,\"commit_p50_ms\":%.3f,\"commit_p99_ms\":%.3f,\"us_per_record\":%.3f}\n",
        size,
        commits * size / (end - start), times[commits / 2] * 1e3, times[commits * 99 / 100] * 1e3,
        (cpu() - start_cpu) / (commits * size) * 1e6);
    fflush(stdout);
  }
  rocksdb_close(store);
  return 0;
}
