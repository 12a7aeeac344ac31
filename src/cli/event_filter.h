/* event_filter -- which events the options of `offhook events` mean. */
#ifndef OFFHOOK_CLI_EVENT_FILTER_H
#define OFFHOOK_CLI_EVENT_FILTER_H

#include <stdbool.h>

#include "cli/options.h"
#include "store/store.h"

struct event_filter {
	struct store_event_query query; /* what the store can look for */
	/* and what is left to event_filter_matches: */
	int64_t after_ms, before_ms; /* received; 0: any */
	struct span error;           /* within the failure, case ignored; absent: any */
};

/* Reads --kind, --sid, --state, --older, --newer and --error; what was not given does not
 * restrict. */
int event_filter_read(struct event_filter *out, const struct options *options,
    int64_t now_ms, struct error *err);
bool event_filter_given(const struct options *options);
bool event_filter_matches(
    const struct event_filter *filter, const struct store_event *event);

#endif
