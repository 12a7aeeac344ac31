/* open_loop -- requests at a steady rate, whether or not the ones before were answered:
 * each has the time at which it is due, on a connection that is free, or a new one. */
#ifndef OFFHOOK_TESTS_OPEN_LOOP_H
#define OFFHOOK_TESTS_OPEN_LOOP_H

#include <stdint.h>

#include "util/buf.h"

struct open_loop {
	const char *address;
	int per_second;
	int count; /* of requests */
	/* Appends request number i. */
	void (*make)(struct buf *out, int number);
	/* Whether that is its whole right answer, head and body. */
	bool (*is_right)(const char *answer, int number);
};

struct open_loop_result {
	int right;
	int most_connections;
	int64_t *
	    took_us; /* of each right answer, from when it was due; ascending; free() */
};

/* Returns when every request was answered, or its connection closed, or nothing has
 * come for 20 s. */
void open_loop_run(struct open_loop_result *out, const struct open_loop *loop);

#endif
