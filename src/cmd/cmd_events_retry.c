/* cmd_events_retry -- `offhook events retry`: runs the handlers of failed and late events
 * again. */
#include "cli/bulk.h"
#include "cli/event_filter.h"
#include "cmd/verbs.h"
#include "util/clock.h"
#include "view/event_view.h"
#include "view/term.h"

struct retry {
	const struct options *options;
	struct event_filter filter;
	struct bulk bulk;
};

static int retry_read_options(struct retry *retry, struct error *err)
{
	const struct options *options = retry->options;
	if (bulk_check_choice(options, event_filter_given(options),
		"--kind, --state, --error", err) != 0 ||
	    event_filter_read(&retry->filter, options, clock_wall_ms(), err) != 0)
		return -1;
	if (retry->filter.query.by_state && retry->filter.query.state == EVENT_DONE)
		return error_set(
		    err, "--state: only failed and late events are tried again");
	return 0;
}

/* Adds the event to those to retry. A dry run prints the first few. */
static void retry_add(struct retry *retry, const struct store_event *event)
{
	bulk_add(&retry->bulk, event->id);
	if (options_has(retry->options, "dry-run") && !retry->options->json &&
	    retry->bulk.count <= BULK_FIRST_FEW)
		event_view_line(stdout, event, term_colour(stdout));
}

static int retry_add_matching(void *ctx, struct store_reader *reader, struct error *err)
{
	struct retry *retry = ctx;
	struct store_event event;
	int rc;
	struct store_events *events = store_events_open(reader, &retry->filter.query);
	while ((rc = store_events_next(events, &event, err)) == 1) {
		if (event.state != EVENT_DONE &&
		    event_filter_matches(&retry->filter, &event))
			retry_add(retry, &event);
	}
	store_events_close(events);
	return rc;
}

static int retry_add_one(
    void *ctx, struct store_reader *reader, int64_t id, struct error *err)
{
	struct retry *retry = ctx;
	struct store_event event;
	int found = store_event_get(reader, id, retry->options->arena, &event, err);
	if (found == 1 && event.state != EVENT_DONE)
		retry_add(retry, &event);
	else if (found == 1)
		(void)fprintf(stderr,
		    "event %lld is done: only failed and late ones are tried again\n",
		    (long long)id);
	return found;
}

int cmd_events_retry(const struct options *options)
{
	struct error err;
	struct retry retry = {.options = options};
	if (retry_read_options(&retry, &err) != 0)
		return options_misused(options, &err);
	return bulk_change(&(struct bulk_change){.options = options,
	    .noun = "event",
	    .done = "tried again",
	    .changed = "to be tried again",
	    .waits = true,
	    .request = json_pack("{s:s}", "command", "events-retry"),
	    .bulk = &retry.bulk,
	    .add_one = retry_add_one,
	    .add_matching = retry_add_matching,
	    .ctx = &retry});
}
