/* repeats -- duplicates that the writer has still to count: many of one event become one
 * UPDATE, and nobody waits for it. Bounded: while the disk is full, duplicates of more
 * events are not counted. */
#ifndef OFFHOOK_SQLITE_REPEATS_H
#define OFFHOOK_SQLITE_REPEATS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { REPEATS_MAX = 1024 }; /* different events between two commits; a power of two */

struct repeat {
	int64_t event_id; /* 0: free */
	int64_t count;
};

struct repeats {
	pthread_mutex_t mutex;
	struct repeat table[REPEATS_MAX];
	size_t used;
};

void repeats_init(struct repeats *repeats);
void repeats_clear(struct repeats *repeats);
/* Any thread. True when nothing waited before: then wake the writer. */
bool repeats_add(struct repeats *repeats, int64_t event_id, int64_t count);
/* Moves all to out, which has REPEATS_MAX places; returns how many. */
size_t repeats_take(struct repeats *repeats, struct repeat *out);

#endif
