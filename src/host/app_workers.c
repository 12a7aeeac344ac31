#include "host/app_workers.h"

#include <math.h>
#include <string.h>

#include "host/alert_worker.h"
#include "store/reserved.h"

enum {
	USUAL_TRIES = 20,
	USUAL_TIMEOUT_MS = 60000,
	USUAL_CONCURRENCY = 4,
	USUAL_FLOOR_MS = 1000,
	USUAL_BASE_MS = 2000,
	USUAL_CAP_MS = 3600000,
	MS = 1000
};

const oh_worker *workers_all(const oh_app *app, uint32_t *count, struct arena *arena)
{
	enum { OTHERS = 2 };

	const oh_worker *own = app != NULL ? app->workers : NULL;
	uint32_t used = 0;
	while (own != NULL && own[used].queue != NULL)
		used++;
	oh_worker *all = arena_zalloc(arena, (used + OTHERS) * sizeof(*all));
	if (used > 0)
		memcpy(all, own, used * sizeof(*all));
	if (app != NULL && app->on_failure != NULL)
		all[used++] =
		    (oh_worker){.queue = QUEUE_FAILURES, .work = app->on_failure};
	all[used++] = (oh_worker){.queue = QUEUE_ALERTS, .work = alert_work};
	*count = used;
	return all;
}

int workers_check(const oh_app *app, struct error *err)
{
	const oh_worker *own = app->workers;
	for (; own != NULL && own->queue != NULL; own++)
		if (own->work == NULL)
			return error_set(err,
			    "the worker of queue \"%s\" has no function", own->queue);
	return 0;
}

/* NaN and what is out of range become INT64_MIN, which the server refuses. */
static int64_t workers_ms(double seconds, int64_t usual_ms)
{
	if (seconds == 0)
		return usual_ms;
	double ms = seconds * MS;
	if (!isfinite(ms) || fabs(ms) >= (double)INT64_MAX / 2)
		return INT64_MIN;
	int64_t whole = (int64_t)ms;
	return (double)whole < ms ? whole + 1 : whole; /* not ceil: no libm */
}

struct frame_worker workers_frame(const oh_worker *worker)
{
	int tries = worker->max_tries != 0 ? worker->max_tries : USUAL_TRIES;
	int at_a_time =
	    worker->concurrency != 0 ? worker->concurrency : USUAL_CONCURRENCY;
	return (struct frame_worker){
	    .queue = span_of(worker->queue),
	    .cron = span_of(worker->cron),
	    .zone = span_of(worker->zone),
	    .max_tries = (uint32_t)tries,
	    .concurrency = (uint32_t)at_a_time,
	    .timeout_ms = workers_ms(worker->timeout_s, USUAL_TIMEOUT_MS),
	    .floor_ms = workers_ms(worker->backoff_min_s, USUAL_FLOOR_MS),
	    .base_ms = workers_ms(worker->backoff_s, USUAL_BASE_MS),
	    .cap_ms = workers_ms(worker->backoff_max_s, USUAL_CAP_MS),
	};
}
