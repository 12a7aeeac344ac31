/* drive -- the connections of the load generator: send, wait for the reply, check it,
 * note how long it took, send the next. */
#ifndef OFFHOOK_BENCH_DRIVE_H
#define OFFHOOK_BENCH_DRIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "exchange.h"
#include "message.h"
#include "samples.h"

struct drive_config {
	const char *connect; /* "127.0.0.1:8080" */
	const char *url, *token;
	enum message_kind kind;
	size_t connections;
	bool churn; /* a new connection for every message */
	int64_t warmup_us, measure_us;
	size_t requests; /* ends after so many replies; 0: when the time is over */
};

struct drive_result {
	struct samples latencies; /* of good replies, in order of arrival */
	size_t answered;          /* good replies with those of the warm-up */
	int64_t elapsed_us;
	size_t refused[EXCHANGE_STATUS_END]; /* replies of another status, by it */
	size_t malformed; /* a reply that cannot be read, or whose body is not TwiML */
	size_t closed;    /* connections the server closed with a request unanswered */
};

struct drive;

/* Connects. NULL, with a line on stderr, when the server is not there. config must
 * outlive it. */
struct drive *drive_new(const struct drive_config *config);
void drive_free(struct drive *drive); /* NULL is fine */
/* Sends on all connections until warm-up and measured time are over. Replies of the
 * warm-up are checked, not counted. */
void drive_run(struct drive *drive, struct drive_result *out);
/* One message a connection; returns when each has its reply or was closed. */
void drive_once(struct drive *drive, struct drive_result *out);

#endif
