/* cmd_events -- lists, shows and retries events. */
#include "cli/data.h"
#include "cli/event_filter.h"
#include "cli/follow.h"
#include "cli/verb.h"
#include "cmd/verbs.h"
#include "util/clock.h"
#include "util/text.h"
#include "view/event_view.h"
#include "view/term.h"

enum { LIMIT = 20 };

struct listing {
	const struct options *options;
	struct store_reader *reader;
	struct event_filter filter;
	int64_t limit; /* of the list, not of --follow; 0: no limit */
	int64_t count; /* events that matched */
	int64_t seen;  /* the last id read */
	bool colour;
};

static int events_read_options(struct listing *listing, struct error *err)
{
	const struct options *options = listing->options;
	listing->limit = options_has(options, "after") ? 0 : LIMIT;
	if (event_filter_read(&listing->filter, options, clock_wall_ms(), err) != 0 ||
	    options_int(options, "limit", 0, INT64_MAX, &listing->limit, err) != 0)
		return -1;
	return options_int(
	    options, "after", 0, INT64_MAX, &listing->filter.query.after_id, err);
}

static void listing_print(
    const struct listing *listing, const struct store_event *event)
{
	if (listing->options->json)
		term_json(stdout, event_view_json(event));
	else
		event_view_line(stdout, event, listing->colour);
}

/* Reads the events that match; prints them unless newest_first. listing->seen becomes
 * the last id read; with newest_first, the last id that matched. */
static int listing_walk(struct listing *listing, bool newest_first, struct error *err)
{
	struct store_event_query query = listing->filter.query;
	struct store_event event;
	int rc = 0;
	query.newest_first = newest_first;
	listing->count = 0;
	struct store_events *events = store_events_open(listing->reader, &query);
	while ((listing->limit == 0 || listing->count < listing->limit) &&
	       ferror(stdout) == 0 &&
	       (rc = store_events_next(events, &event, err)) == 1) {
		bool matches = event_filter_matches(&listing->filter, &event);
		if (matches || !newest_first)
			listing->seen = event.id;
		listing->count += matches;
		if (matches && !newest_first)
			listing_print(listing, &event);
	}
	store_events_close(events);
	return rc < 0 ? -1 : 0;
}

/* Lists the newest events, in the order of ids: reads backwards to find the first of
 * them, then prints. With --after, lists the first events after that one instead. */
static int listing_show(struct listing *listing, struct error *err)
{
	struct store_event_query *query = &listing->filter.query;
	if (listing->limit > 0 && !options_has(listing->options, "after")) {
		listing->seen = 1;
		if (listing_walk(listing, true, err) != 0)
			return -1;
		query->after_id = listing->seen - 1;
	}
	listing->seen = query->after_id;
	return listing_walk(listing, false, err);
}

static int listing_look(void *ctx, struct error *err)
{
	struct listing *listing = ctx;
	listing->limit = 0;
	listing->filter.query.after_id = listing->seen;
	return listing_walk(listing, false, err);
}

static int events_show(const struct options *options)
{
	struct store_reader *reader = NULL;
	struct store_event event;
	struct error err;
	int64_t id;
	if (!text_int(span_of(options->args[1]), 1, INT64_MAX, &id)) {
		(void)error_set(&err, "\"%s\" is no event's id", options->args[1]);
		return options_fail(options, &err);
	}
	int rc = data_open(&reader, options, &err);
	if (rc == 0)
		rc = store_event_get(reader, id, options->arena, &event, &err);
	store_reader_close(reader);
	if (rc == 0)
		(void)error_set(&err, "there is no event %lld", (long long)id);
	if (rc != 1)
		return options_fail(options, &err);
	if (options->json)
		term_json(stdout, event_view_json(&event));
	else
		event_view_full(stdout, &event);
	return EXIT_OK;
}

static int events_list(const struct options *options)
{
	struct error err;
	struct listing listing = {.options = options, .colour = term_colour(stdout)};
	if (events_read_options(&listing, &err) != 0)
		return options_misused(options, &err);
	int rc = data_open(&listing.reader, options, &err);
	if (rc == 0)
		rc = listing_show(&listing, &err);
	if (rc == 0 && options_has(options, "follow"))
		rc = follow_until_stopped(listing_look, &listing, &err);
	store_reader_close(listing.reader);
	return rc == 0 ? EXIT_OK : options_fail(options, &err);
}

enum { LIST, SHOW, RETRY };

static const struct verb verbs[] = {
    [LIST] = {"list", events_list, 0, 0, "[options]"},
    [SHOW] = {"show", events_show, 1, 1, "ID"},
    [RETRY] = {"retry", cmd_events_retry, 0, SIZE_MAX, "ID…|options"},
    {0},
};

/* Which verbs take an option. */
enum { ONLY_LIST = 1 << LIST, ONLY_RETRY = 1 << RETRY, BOTH = ONLY_LIST | ONLY_RETRY };

static const struct flag flags[] = {
    {"follow", .help = "go on with what comes, until Ctrl-C", .letter = 'f',
	.verbs = ONLY_LIST},
    {"kind", "KIND", .help = "only of that kind: sms.received, call.status …",
	.verbs = BOTH},
    {"sid", "SID", .help = "only about that message, call or recording", .verbs = BOTH},
    {"state", "STATE", .help = "only done, failed or late ones", .verbs = BOTH},
    {"from", "NUMBER", .help = "only from that number or address", .verbs = BOTH},
    {"to", "NUMBER", .help = "only to that one", .verbs = BOTH},
    {"number", "NUMBER", .help = "only with that one in any parameter", .verbs = BOTH},
    {"older", "AGE", .help = "only received longer ago: 90s, 15m, 2h, 7d",
	.verbs = BOTH},
    {"newer", "AGE", .help = "only received since then", .verbs = BOTH},
    {"error", "TEXT", .help = "only with TEXT in why it failed", .verbs = BOTH},
    {"limit", "N", .help = "the newest N (20); 0: all", .letter = 'n',
	.verbs = ONLY_LIST},
    {"after", "ID", .help = "only those after that event", .verbs = ONLY_LIST},
    {"all", .help = "retry: every failed and late event", .verbs = ONLY_RETRY},
    {"dry-run", .help = "retry: say which, and change nothing", .verbs = ONLY_RETRY},
    {0},
};

const struct command cmd_events = {
    .name = "events",
    .usage = "[show ID | retry ID…] [options]",
    .summary = "show what came in, and run again what failed",
    .about =
	"Lists events, the newest last: id, time (UTC), kind, the reply's status,\n"
	"state, what it was about, and why it failed. NUMBER may lack its + and its\n"
	"channel (whatsapp:); as the log writes it, …4567, it is how the number ends.\n"
	"`events show ID` shows one of them whole.\n"
	"`events retry` runs the handler of failed and late events again, given by id or\n"
	"by options: what it writes is committed and the event is done; the reply that\n"
	"was sent stays. It is a job of the queue offhook.events: see `offhook jobs`.\n"
	"Kinds: sms.received, sms.status, call.received, call.action, call.partial,\n"
	"call.status, amd.status, recording.status, transcription, transcription.realtime,\n"
	"stream.status, siprec.status, pay.status, conference.status, conversation.event,\n"
	"chat.event, taskrouter.event, taskrouter.assignment, sync.event, video.status,\n"
	"video.composition, debugger.event, link.event, usage.trigger, proxy.interaction,\n"
	"fax.status, json, other.\n",
    .examples = "  offhook events --follow\n"
		"  offhook events --kind sms.received --limit 100\n"
		"  offhook events --sid SM0123456789abcdef0123456789abcdef --json\n"
		"  offhook events --state failed --number +15551234567\n"
		"  offhook events show 42\n"
		"  offhook events retry --state failed --newer 2h --dry-run\n",
    .flags = flags,
    .settings = SETTINGS_DATA,
    .json = true,
    .max_args = SIZE_MAX,
    .verbs = verbs,
};
