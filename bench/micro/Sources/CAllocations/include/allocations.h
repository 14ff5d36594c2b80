// Counts what the program allocates: malloc and its relatives are replaced by ones that count and hand on to glibc's.
#ifndef ALLOCATIONS_H
#define ALLOCATIONS_H

#include <stdint.h>

/// Allocations of all threads since the program began: malloc, calloc, realloc, and the aligned ones.
uint64_t allocations_so_far(void);

#endif
