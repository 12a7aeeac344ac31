/* failure -- who is told when something goes wrong, and that it is told with the commit
 * of that very failure: the app's on_failure gets a job, and the group of the failure an
 * entry in the collection "offhook.alerts" and a job of its own (app/alert.h), of which
 * one is open at a time. Neither holds bodies or phone numbers, but what an error's text
 * says. on_failure is not told of dead letters in Offhook's own queues, nor are alerts of
 * their own: they would go round. */
#ifndef OFFHOOK_ALERT_FAILURE_H
#define OFFHOOK_ALERT_FAILURE_H

#include <stdbool.h>
#include <stdint.h>

#include "store/reserved.h"
#include "store/store.h"
#include "util/arena.h"
#include "util/span.h"

enum { FAILURE_GROUP_MAX = 200 };

enum failure_what {
	FAILURE_EVENT_FAILED,
	FAILURE_EVENT_LATE,
	FAILURE_MESSAGE_FAILED,
	FAILURE_MESSAGE_UNDELIVERED,
	FAILURE_JOB_DEAD
};

/* "event.failed", "event.late", "message.failed" … */
const char *failure_name(enum failure_what what);

struct failure {
	enum failure_what what;
	int64_t at_ms; /* wall clock */
	int64_t id; /* of the event or job; 0: of the transaction's own event, which has
		       none before it is committed */
	struct span sid;   /* the rest is absent where it does not apply */
	struct span route; /* the route's path as its table has it, not the request's */
	struct span queue;
	struct span error;
	struct span error_code; /* a message's ErrorCode */
};

/* Who wants to know; all zero is nobody. */
struct failure_listeners {
	bool worker; /* the app has an on_failure */
	bool alert;  /* alert-url or alert-command is set */
	int64_t alert_delay_ms;
};

/* Appends to the lists what is to be committed with the failure; all of it lives in the
 * arena. Does nothing when nobody wants to know. */
void failure_stage(const struct failure_listeners *listeners,
    const struct failure *failure, struct store_write **writes,
    struct store_job_write **jobs, struct arena *arena);
/* The payload of a job of QUEUE_FAILURES as its worker is to get it: with "id", which for
 * the event of the failure's own transaction is known since its commit only
 * (job->event_id). In the arena, or the job's own. */
struct span failure_payload(const struct store_job *job, struct arena *arena);

#endif
