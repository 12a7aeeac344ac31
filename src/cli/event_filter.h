/* event_filter -- the options of `offhook events` that choose events. */
#ifndef OFFHOOK_CLI_EVENT_FILTER_H
#define OFFHOOK_CLI_EVENT_FILTER_H

#include <stdbool.h>

#include "cli/options.h"
#include "store/store.h"

struct event_filter {
	struct store_event_query query; /* the part that the store can look for */
	/* The rest, for event_filter_matches: */
	int64_t after_ms, before_ms; /* received; 0: any */
	struct span error;           /* part of the failure, in any case; absent: any */
	/* Whose: the sender, the receiver, any value of the event; absent: any. A number also
	 * without its + or its channel ("whatsapp:"); "…4567", as the log writes it: one that
	 * ends so. */
	struct span from, to, number;
};

/* Reads --kind, --sid, --state, --from, --to, --number, --older, --newer and --error. */
int event_filter_read(struct event_filter *out, const struct options *options,
    int64_t now_ms, struct error *err);
bool event_filter_given(const struct options *options);
bool event_filter_matches(
    const struct event_filter *filter, const struct store_event *event);

#endif
