/* forget_calls -- the calls and messages of a person, by which events are found that are
 * told without a number: what was said (real-time transcriptions), paid, streamed. */
#ifndef OFFHOOK_SQLITE_FORGET_CALLS_H
#define OFFHOOK_SQLITE_FORGET_CALLS_H

#include <stdbool.h>
#include <stdint.h>

#include "util/span.h"

enum { CALLS_MAX = 32768, CALLS_TABLE = 2 * CALLS_MAX };

/* Hashes of SIDs. Two that have the same are one in 2^49, with as many as there may be. */
struct calls {
	uint64_t table[CALLS_TABLE]; /* 0: free */
	uint32_t count;
};

/* Adds those that an event's parameters (a JSON object, as it is stored) name. */
void calls_add(struct calls *calls, struct span params);
/* When the next event's might not fit. */
bool calls_full(const struct calls *calls);
/* Whether the event is of one of them, and says of nobody who called or wrote. */
bool calls_hold(const struct calls *calls, struct span params);

#endif
