#include "webhook/outage.h"

#include <stdio.h>
#include <string.h>

#include "util/clock.h"
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

static void outage_report(struct outage *outage, struct store *store,
    const struct failure_listeners *listeners, uint64_t count)
{
	char why[sizeof(outage->why)], sid[sizeof(outage->sid)];
	mutex_lock(&outage->lock);
	memcpy(why, outage->why, sizeof(why));
	memcpy(sid, outage->sid, sizeof(sid));
	mutex_unlock(&outage->lock);
	const struct failure failure = {.what = FAILURE_WEBHOOKS_REFUSED,
	    .at_ms = clock_wall_ms(),
	    .count = (int64_t)count,
	    .error = span_of(why),
	    .sid = span_of(sid)};
	failure_report(store, listeners, &failure);
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
