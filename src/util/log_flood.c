#include "util/log_flood.h"

#include <stdatomic.h>

#include "util/log.h"

static const struct {
	const char *name;
	const char *said; /* with the count of what was left out */
	uint32_t lines;   /* in a period */
	uint32_t period_s;
} sorts[LOG_FLOODS] = {
    [FLOOD_REFUSED] = {"refused", "more webhooks were refused", 60, 60},
    [FLOOD_UNSIGNED] = {"unsigned", "more webhooks of unsigned routes", 60, 60},
    [FLOOD_REPEATED] = {"repeated", "more webhooks were repeated", 60, 60},
    [FLOOD_UNSTORED] = {"unstored", "more webhooks were answered 503", 60, 60},
    [FLOOD_JOBS] = {"jobs", "more attempts of jobs failed", 50, 1},
    [FLOOD_NO_ROUTE] = {"no-route", "more requests for paths without a route", 5, 60},
    [FLOOD_METHOD] = {"method", "more requests with a method that is not taken", 5, 60},
    [FLOOD_SIZE] = {"size", "more requests that were too large", 5, 60},
    [FLOOD_MALFORMED] = {"malformed", "more requests that were malformed", 5, 60},
    [FLOOD_SLOW] = {"slow", "more requests that came too slowly", 5, 60},
    [FLOOD_BUSY] = {"busy", "more requests were turned away: too busy", 5, 60},
};

/* Each line is counted once: by `wanted` while the period has room, else also in
 * `left_out`. */
static struct {
	atomic_uint_fast64_t wanted;   /* in the present period */
	atomic_uint_fast64_t left_out; /* since the start */
	uint64_t said;                 /* of left_out, by the telling thread */
	int64_t began_us;              /* 0: no line yet; the telling thread's */
} floods[LOG_FLOODS];

bool log_flood_passes(enum log_flood flood)
{
	if (atomic_fetch_add_explicit(&floods[flood].wanted, 1, memory_order_relaxed) <
	    sorts[flood].lines)
		return true;
	atomic_fetch_add_explicit(&floods[flood].left_out, 1, memory_order_relaxed);
	return false;
}

static void flood_say(enum log_flood flood, int64_t now_us)
{
	uint64_t left_out = log_flood_left_out(flood);
	uint64_t more = left_out - floods[flood].said;
	floods[flood].said = left_out;
	if (more > 0)
		log_write(LOG_WARN, sorts[flood].said, LOG_INT("more", more),
		    LOG_INT("seconds", (now_us - floods[flood].began_us) / 1000000),
		    NULL);
}

void log_flood_tell(int64_t now_us, bool last)
{
	for (int i = 0; i < LOG_FLOODS; i++) {
		enum log_flood flood = (enum log_flood)i;
		bool any =
		    atomic_load_explicit(&floods[i].wanted, memory_order_relaxed) > 0;
		if (floods[i].began_us == 0 && any)
			floods[i].began_us = now_us;
		int64_t period_us = (int64_t)sorts[i].period_s * 1000000;
		if (!last && now_us - floods[i].began_us < period_us)
			continue;
		flood_say(flood, now_us);
		floods[i].began_us = 0;
		atomic_store_explicit(&floods[i].wanted, 0, memory_order_relaxed);
	}
}

uint64_t log_flood_left_out(enum log_flood flood)
{
	return atomic_load_explicit(&floods[flood].left_out, memory_order_relaxed);
}

const char *log_flood_name(enum log_flood flood)
{
	return sorts[flood].name;
}
