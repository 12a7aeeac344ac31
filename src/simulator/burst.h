/* burst -- many requests from several threads, each with its own connection. */
#ifndef OFFHOOK_SIMULATOR_BURST_H
#define OFFHOOK_SIMULATOR_BURST_H

#include <stdbool.h>
#include <stdint.h>

#include "simulator/client.h"
#include "util/arena.h"

struct burst {
	const struct curl *curl;
	int64_t count;
	int threads;
	/* Makes the n-th request, in the arena. Called by several threads at once. */
	void (*make)(
	    void *ctx, int64_t n, struct arena *arena, struct client_request *out);
	/* Takes its reply, or err when there is none. One call at a time, in the order in
	 * which replies arrive. */
	void (*done)(void *ctx, const struct client_request *request,
	    const struct client_reply *reply, const struct error *err);
	void *ctx;
};

/* Sends them all and returns when all are done. */
void burst_run(const struct burst *burst);

/* The results of a burst. Begins as {0}; ends with tally_free. */
struct tally {
	int64_t statuses[600]; /* how many of each; [0]: no answer */
	int64_t *us;           /* how long each took */
	size_t count, room;
	struct client_reply first;
	bool differ; /* some reply was not equal to the first one */
};

void tally_add(struct tally *tally, const struct client_reply *reply);
/* The p-th per mille of the times, in ms: 500 is the median. Sorts. */
double tally_ms(struct tally *tally, size_t per_mille);
void tally_free(struct tally *tally);

#endif
