/* log_flood -- lines of whose number somebody else decides: strangers, or a queue that fails
 * as a whole. Of each sort the first ones of a period are written; the others are counted,
 * and a line says how many when the period is over. A part of the logger. */
#ifndef OFFHOOK_UTIL_LOG_FLOOD_H
#define OFFHOOK_UTIL_LOG_FLOOD_H

#include <stdbool.h>
#include <stdint.h>

enum log_flood {
	FLOOD_REFUSED,   /* webhooks that were answered 400 or 403 */
	FLOOD_UNSIGNED,  /* webhooks of routes without signature */
	FLOOD_REPEATED,  /* webhooks that got their first reply again */
	FLOOD_UNSTORED,  /* webhooks that were answered 503 */
	FLOOD_JOBS,      /* attempts of jobs that failed */
	FLOOD_NO_ROUTE,  /* 404 */
	FLOOD_METHOD,    /* 405 */
	FLOOD_SIZE,      /* 413, 431 */
	FLOOD_MALFORMED, /* 400, 417: before it was known to be a webhook */
	FLOOD_SLOW,      /* 408 */
	FLOOD_BUSY,      /* 503, before it was known to be a webhook */
	LOG_FLOODS
};

/* Whether another line of that sort may be written; it then must be. Otherwise it is
 * counted. Any thread; one atomic addition. */
bool log_flood_passes(enum log_flood flood);
/* Ends the periods that are over, and says what was left out in them; with `last`, all
 * periods. One thread, about once a second: without it no period ends. */
void log_flood_tell(int64_t now_us, bool last);
/* How many lines were left out so far, and the sort's name; for metrics. */
uint64_t log_flood_left_out(enum log_flood flood);
const char *log_flood_name(enum log_flood flood);

#endif
