/* cmd_events -- what came in. */
#include <signal.h>
#include <string.h>
#include <time.h>

#include "cli/data.h"
#include "cli/event_view.h"
#include "cli/term.h"
#include "twilio/event.h"
#include "util/suggest.h"
#include "util/text.h"

enum { FOLLOW_MS = 100 };

struct listing {
	const struct options *options;
	struct store_event_query query;
	int64_t limit; /* of the list before following */
	int64_t seen;  /* the newest id printed; while counting: the oldest */
	bool colour;
};

static int read_kind(struct listing *listing, struct error *err)
{
	const char *kind = options_value(listing->options, "kind");
	if (kind == NULL)
		return 0;
	listing->query.kind = span_of(kind);
	if (event_kind_find(listing->query.kind) != EVENT_KINDS)
		return 0;
	struct suggestion suggestion = {.word = listing->query.kind};
	for (enum event_kind i = EVENT_SMS_RECEIVED; i < EVENT_KINDS; i++)
		suggest_offer(&suggestion, event_kind_name(i));
	if (suggestion.best != NULL)
		return error_set(err, "--kind: \"%s\" is none; did you mean \"%s\"?",
		    kind, suggestion.best);
	return error_set(err,
	    "--kind: \"%s\" is none of sms.received, sms.status, call.received, "
	    "call.action, call.status, recording.status, transcription, json, other",
	    kind);
}

static int read_state(struct listing *listing, struct error *err)
{
	const char *state = options_value(listing->options, "state");
	if (state == NULL)
		return 0;
	for (enum event_state i = EVENT_DONE; i <= EVENT_LATE; i++) {
		if (strcmp(event_state_name(i), state) == 0) {
			listing->query.by_state = true;
			listing->query.state = i;
			return 0;
		}
	}
	return error_set(err, "--state: \"%s\" is none of done, failed, late", state);
}

static int read_options(struct listing *listing, struct error *err)
{
	const struct options *options = listing->options;
	const char *sid = options_value(options, "sid");
	if (sid != NULL)
		listing->query.sid = span_of(sid);
	if (options_has(options, "after"))
		listing->limit = 0;
	if (options_int(options, "limit", 0, INT64_MAX, &listing->limit, err) != 0 ||
	    options_int(
		options, "after", 0, INT64_MAX, &listing->query.after_id, err) != 0 ||
	    read_kind(listing, err) != 0)
		return -1;
	return read_state(listing, err);
}

static bool print_event(void *ctx, const struct store_event *event)
{
	struct listing *listing = ctx;
	listing->seen = event->id;
	if (listing->options->json) {
		json_t *view = event_view_json(event);
		term_json(stdout, view);
		json_decref(view);
	} else {
		event_view_line(stdout, event, listing->colour);
	}
	return ferror(stdout) == 0;
}

static bool note_oldest(void *ctx, const struct store_event *event)
{
	struct listing *listing = ctx;
	listing->seen = event->id;
	return true;
}

/* The newest ones, oldest of them first: finds where they begin, then prints. With
 * --after that is given, and the first ones after it are meant. */
static int list(struct listing *listing, struct store_reader *reader, struct error *err)
{
	if (listing->limit > 0 && !options_has(listing->options, "after")) {
		struct store_event_query newest = listing->query;
		newest.newest_first = true;
		newest.limit = listing->limit;
		listing->seen = 1;
		if (store_events(reader, &newest, note_oldest, listing, err) != 0)
			return -1;
		listing->query.after_id = listing->seen - 1;
	}
	listing->query.limit = listing->limit;
	listing->seen = listing->query.after_id;
	return store_events(reader, &listing->query, print_event, listing, err);
}

/* Until SIGINT or SIGTERM, which are taken here so that the reader is closed. */
static int follow(
    struct listing *listing, struct store_reader *reader, struct error *err)
{
	const struct timespec pause = {.tv_nsec = FOLLOW_MS * 1000000L};
	sigset_t stop;
	int rc = 0;
	(void)sigemptyset(&stop);
	(void)sigaddset(&stop, SIGINT);
	(void)sigaddset(&stop, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &stop, NULL);
	listing->query.limit = 0;
	while (
	    rc == 0 && fflush(stdout) == 0 && sigtimedwait(&stop, NULL, &pause) < 0) {
		listing->query.after_id = listing->seen;
		rc = store_events(reader, &listing->query, print_event, listing, err);
	}
	return rc;
}

static bool print_full(void *ctx, const struct store_event *event)
{
	const struct options *options = ctx;
	if (options->json) {
		json_t *view = event_view_json(event);
		term_json(stdout, view);
		json_decref(view);
	} else {
		event_view_full(stdout, event);
	}
	return true;
}

static int show(
    const struct options *options, struct store_reader *reader, struct error *err)
{
	int64_t id;
	struct options view = *options;
	if (!text_int(span_of(options->args[1]), 1, INT64_MAX, &id))
		return error_set(err, "\"%s\" is no event's id", options->args[1]);
	int found = store_event_get(reader, id, print_full, &view, err);
	return found == 0 ? error_set(err, "there is no event %lld", (long long)id)
			  : (found > 0 ? 0 : -1);
}

static int run(const struct options *options)
{
	struct store_reader *reader = NULL;
	struct error err;
	struct listing listing = {
	    .options = options, .limit = 20, .colour = term_colour(stdout)};
	bool one = options->arg_count > 0 && strcmp(options->args[0], "show") == 0;
	if ((options->arg_count > 0 && !one) || (one && options->arg_count < 2)) {
		(void)error_set(&err, "after `events` comes nothing, or `show ID`");
		return options_misused(options, &err);
	}
	if (read_options(&listing, &err) != 0)
		return options_misused(options, &err);
	int rc = data_open(&reader, options, &err);
	if (rc == 0)
		rc = one ? show(options, reader, &err) : list(&listing, reader, &err);
	if (rc == 0 && !one && options_has(options, "follow"))
		rc = follow(&listing, reader, &err);
	store_reader_close(reader);
	return rc == 0 ? EXIT_OK : options_fail(options, &err);
}

static const struct flag flags[] = {
    {"follow",					    NULL, "go on with what comes, until Ctrl-C", 'f', false},
    {"kind",	      "KIND", "only of that kind: sms.received, call.status …", 0, false},
    {"sid",					      "SID", "only about that message, call or recording", 0, false},
    {"state",					      "STATE", "only done, failed or late ones", 0, false},
    {"limit", "N", "the newest N (20); 0: all", 'n', false},
    {"after",					      "ID", "only those after that event", 0, false},
    {0					      },
};

const struct command cmd_events = {
    .name = "events",
    .usage = "[show ID] [options]",
    .summary = "show what came in",
    .about =
	"Lists events, the newest last: id, time (UTC), kind, the reply's status,\n"
	"state, and what it was about. `events show ID` shows one of them whole.\n",
    .examples = "  offhook events --follow\n"
		"  offhook events --kind sms.received --limit 100\n"
		"  offhook events --sid SM0123456789abcdef0123456789abcdef --json\n"
		"  offhook events show 42\n",
    .flags = flags,
    .settings = SETTINGS_DATA,
    .json = true,
    .max_args = 2,
    .run = run,
};
