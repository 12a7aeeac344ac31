/* power_check -- whether a store is what it was promised to be, and goes on. */
#ifndef OFFHOOK_TESTS_POWER_CHECK_H
#define OFFHOOK_TESTS_POWER_CHECK_H

#include "power_life.h"
#include "util/error.h"

/* By the marks of a life (power_life.h) up to a cut. */
struct promise {
	int64_t marks[LIFE_MARKS]; /* the last number of each */
};

/* Of the store that a power cut left in life->dir: 0, or -1 with err. It is opened by a
 * reader (unless owner_first) and then by an owner; it has the first so many transactions,
 * whole, and no others, at least those that were promised; SQLite finds it in order; what is
 * forgotten is in no file; and when it has lived on and was closed all that holds again. */
int check_store(const struct life *life, const struct promise *promise,
    bool owner_first, struct error *err);

#endif
