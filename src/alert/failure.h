/* failure -- tells of what goes wrong, in the transaction of the failure itself. The app's
 * on_failure gets a job. The failure's group is counted in its document of the collection
 * "offhook.alerts", and gets a job of the queue of alerts (host/alert_worker.h), of which
 * one is open at a time. They hold no bodies and no phone numbers, unless an error's text
 * has one. To avoid endless circles, on_failure is not told of dead letters in Offhook's
 * own queues, and there is no alert about the queue of alerts. */
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
	FAILURE_JOB_DEAD,
	FAILURE_CERTIFICATE,     /* a new one cannot be had or used */
	FAILURE_WEBHOOKS_REFUSED /* one after another (webhook/outage.h) */
};

/* "event.failed", "event.late", "message.failed" … */
const char *failure_name(enum failure_what what);

struct failure {
	enum failure_what what;
	int64_t at_ms; /* wall clock */
	int64_t count; /* of the same at once; 0: one */
	int64_t
	    id; /* of the event or job; 0: of the transaction's own event, if it has one,
		       which gets its id at the commit */
	struct span sid;   /* the rest is absent where it does not apply */
	struct span route; /* the path as the app's table has it, not the request's */
	struct span queue;
	struct span error;
	struct span error_code; /* a message's ErrorCode */
};

/* Who is told; all zero: nobody. */
struct failure_listeners {
	bool worker; /* the app has an on_failure */
	bool alert;  /* alert-url or alert-command is set */
	int64_t alert_delay_ms;
};

/* Appends to the lists what is to be committed with the failure; all of it is in the
 * arena. Appends nothing when nobody is told. */
void failure_stage(const struct failure_listeners *listeners,
    const struct failure *failure, struct store_write **writes,
    struct store_job_write **jobs, struct arena *arena);
/* The same in a transaction of its own. One that cannot be stored is only in the log. Any
 * thread; copies the texts. */
void failure_report(struct store *store, const struct failure_listeners *listeners,
    const struct failure *failure);
/* The payload of a job of QUEUE_FAILURES or QUEUE_ALERTS as its worker gets it: with "id",
 * which may be known only since the commit (job->event_id). In the arena, or the job's
 * own. */
struct span failure_payload(const struct store_job *job, struct arena *arena);

#endif
