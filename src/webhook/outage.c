#include "webhook/outage.h"

#include <stdio.h>

#include "util/arena.h"
#include "util/clock.h"
#include "util/container.h"
#include "util/log.h"
#include "util/thread.h"

/* The alert is sent so long after alert-delay has passed for sure: until then it can take
 * more of the row. */
enum { MARGIN_MS = 2000 };

void outage_refused(struct outage *outage)
{
	atomic_fetch_add_explicit(&outage->row, 1, memory_order_relaxed);
}

void outage_explain(struct outage *outage, const char *why, const char *sid)
{
	mutex_lock(&outage->lock);
	(void)snprintf(outage->why, sizeof(outage->why), "%s", why);
	(void)snprintf(outage->sid, sizeof(outage->sid), "%s", sid != NULL ? sid : "");
	mutex_unlock(&outage->lock);
}

/* ---- the alert: a transaction of its own ---- */

struct report {
	struct store_txn txn;
	struct arena *arena;
};

/* On the store's thread. An alert that cannot be stored is only in the log. */
static void outage_reported(struct store_txn *txn)
{
	arena_free(container_of(txn, struct report, txn)->arena);
}

static void outage_report(struct outage *outage, struct store *store,
    const struct failure_listeners *listeners, uint64_t count)
{
	struct arena *arena = arena_new();
	struct report *report = arena_zalloc(arena, sizeof(*report));
	report->arena = arena;
	report->txn.done = outage_reported;
	struct failure failure = {.what = FAILURE_WEBHOOKS_REFUSED,
	    .at_ms = clock_wall_ms(),
	    .count = (int64_t)count};
	mutex_lock(&outage->lock);
	failure.error = span_of(arena_strdup(arena, outage->why));
	failure.sid = span_of(arena_strdup(arena, outage->sid));
	mutex_unlock(&outage->lock);
	failure_stage(
	    listeners, &failure, &report->txn.writes, &report->txn.jobs, arena);
	if ((report->txn.writes == NULL && report->txn.jobs == NULL) ||
	    !store_submit(store, &report->txn))
		arena_free(arena);
	else
		store_flush(store);
}

/* ---- beginning and end ---- */

static void outage_begin(struct outage *outage, uint64_t row, int64_t now_us)
{
	char why[sizeof(outage->why)];
	mutex_lock(&outage->lock);
	(void)snprintf(why, sizeof(why), "%s", outage->why);
	mutex_unlock(&outage->lock);
	outage->since_us = now_us;
	log_write(LOG_ERROR,
	    "webhooks are refused one after another: none of them was Twilio's",
	    LOG_INT("refused", row), "advice", why[0] != '\0' ? why : NULL, NULL);
}

void outage_look(struct outage *outage, struct store *store,
    const struct failure_listeners *listeners, int64_t now_us)
{
	uint64_t row = atomic_load_explicit(&outage->row, memory_order_relaxed);
	bool begun = outage->told > 0;
	if (begun && row < outage->told) {
		log_write(LOG_INFO, "webhooks are Twilio's again",
		    LOG_INT("refused", outage->told), NULL);
		outage->told = 0;
		begun = false;
	}
	int64_t open_us = (listeners->alert_delay_ms - MARGIN_MS) * 1000;
	if (!begun && row >= OUTAGE_ROW) {
		outage_begin(outage, row, now_us);
		outage_report(outage, store, listeners, row);
		outage->told = row;
	} else if (begun && row > outage->told && now_us - outage->since_us < open_us) {
		outage_report(outage, store, listeners, row - outage->told);
		outage->told = row;
	}
}
