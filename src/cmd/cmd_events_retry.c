/* cmd_events_retry -- `offhook events retry`: runs the handlers of failed and late events
 * again. */
#include "cli/bulk.h"
#include "cli/data.h"
#include "cli/event_filter.h"
#include "cmd/verbs.h"
#include "util/clock.h"
#include "util/text.h"
#include "view/event_view.h"
#include "view/term.h"

struct retry {
	const struct options *options;
	struct event_filter filter;
	struct bulk bulk;
	bool dry;
};

static int retry_read_options(struct retry *retry, struct error *err)
{
	const struct options *options = retry->options;
	bool filter = event_filter_given(options) || options_has(options, "all");
	if (options->arg_count > 1 && filter)
		return error_set(err, "give ids, or say which with options; not both");
	if (options->arg_count == 1 && !filter)
		return error_set(err,
		    "which? Give ids, a filter (--kind, --state, --error …), or --all");
	if (event_filter_read(&retry->filter, options, clock_wall_ms(), err) != 0)
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
	if (retry->dry && !retry->options->json && retry->bulk.count <= BULK_FIRST_FEW)
		event_view_line(stdout, event, term_colour(stdout));
}

static int retry_add_matching(
    struct retry *retry, struct store_reader *reader, struct error *err)
{
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

static int retry_add_ids(
    struct retry *retry, struct store_reader *reader, struct error *err)
{
	const struct options *options = retry->options;
	for (size_t i = 1; i < options->arg_count; i++) {
		struct store_event event;
		int64_t id;
		if (!text_int(span_of(options->args[i]), 1, INT64_MAX, &id))
			return error_set(
			    err, "\"%s\" is no event's id", options->args[i]);
		int found = store_event_get(reader, id, options->arena, &event, err);
		if (found < 0)
			return -1;
		if (found == 0)
			(void)fprintf(
			    stderr, "there is no event %lld\n", (long long)id);
		else if (event.state != EVENT_DONE)
			retry_add(retry, &event);
		else
			(void)fprintf(stderr,
			    "event %lld is done: only failed and late ones are tried "
			    "again\n",
			    (long long)id);
	}
	bulk_sort(&retry->bulk);
	return 0;
}

static int retry_send(struct retry *retry, int64_t *changed, struct error *err)
{
	bool alone = false;
	if (retry->bulk.count > 0 && bulk_send(&retry->bulk, retry->options,
					 json_pack("{s:s}", "command", "events-retry"),
					 changed, &alone, err) != 0)
		return -1;
	bulk_print_changed(*changed, retry->options, "event", "to be tried again");
	if (alone && *changed > 0)
		(void)fprintf(stderr, "no server runs: they wait for the next one\n");
	return 0;
}

static int retry_carry_out(
    struct retry *retry, struct store_reader *reader, struct error *err)
{
	bool ids = retry->options->arg_count > 1;
	int64_t changed = 0;
	if ((ids ? retry_add_ids(retry, reader, err)
		 : retry_add_matching(retry, reader, err)) != 0)
		return -1;
	if (retry->dry)
		bulk_print_dry(&retry->bulk, retry->options, "event", "tried again");
	else if (retry_send(retry, &changed, err) != 0)
		return -1;
	if (ids && (retry->dry ? retry->bulk.count == 0 : changed == 0))
		return error_set(err, "none of them can be tried again now");
	return 0;
}

int cmd_events_retry(const struct options *options)
{
	struct store_reader *reader = NULL;
	struct error err;
	struct retry retry = {
	    .options = options, .dry = options_has(options, "dry-run")};
	if (retry_read_options(&retry, &err) != 0)
		return options_misused(options, &err);
	int rc = data_open(&reader, options, &err);
	if (rc == 0)
		rc = retry_carry_out(&retry, reader, &err);
	store_reader_close(reader);
	bulk_free(&retry.bulk);
	return rc == 0 ? EXIT_OK : options_fail(options, &err);
}
