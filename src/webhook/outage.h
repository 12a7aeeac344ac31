/* outage -- webhooks that are refused one after another, with none between that was
 * Twilio's: most likely the token or the URL is wrong, and nothing gets through. That is
 * told once, in the log and by an alert, and again only when it was well in between. */
#ifndef OFFHOOK_WEBHOOK_OUTAGE_H
#define OFFHOOK_WEBHOOK_OUTAGE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "alert/failure.h"
#include "store/store.h"
#include "util/span.h"

/* So many in a row are told of. */
enum { OUTAGE_ROW = 10 };

/* In struct service; all zero at first. */
struct outage {
	_Atomic uint64_t row; /* refused since the last one that was Twilio's */
	pthread_mutex_t lock; /* guards why and sid: those of the last line */
	char why[400], sid[40];
	/* of outage_look's thread */
	uint64_t told;    /* how many of the row were told; 0: no outage */
	int64_t since_us; /* when it was told first */
};

/* A webhook's signature did not match. Any thread. */
void outage_refused(struct outage *outage);
/* Why, as the log has it, once it is known; for the alert. Any thread. */
void outage_explain(struct outage *outage, const char *why, const char *sid);

/* A webhook's signature was right: it writes only when others were refused before it. */
static inline void outage_genuine(struct outage *outage)
{
	if (atomic_load_explicit(&outage->row, memory_order_relaxed) != 0)
		atomic_store_explicit(&outage->row, 0, memory_order_relaxed);
}

/* Tells of an outage that has begun or ended. One thread, about once a second. */
void outage_look(struct outage *outage, struct store *store,
    const struct failure_listeners *listeners, int64_t now_us);

#endif
