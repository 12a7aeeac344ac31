#include "cli/event_filter.h"

#include <string.h>

#include "twilio/event.h"
#include "util/suggest.h"

bool event_filter_given(const struct options *options)
{
	return options_has(options, "kind") || options_has(options, "sid") ||
	       options_has(options, "state") || options_has(options, "older") ||
	       options_has(options, "newer") || options_has(options, "error");
}

static int event_filter_kind(
    struct store_event_query *query, const struct options *options, struct error *err)
{
	const char *kind = options_value(options, "kind");
	if (kind == NULL)
		return 0;
	query->kind = span_of(kind);
	if (family_find(query->kind) != NULL)
		return 0;
	struct suggestion suggestion = {.word = query->kind};
	for (size_t i = 0; family_at(i) != NULL; i++)
		suggest_offer(&suggestion, family_at(i)->name);
	(void)error_set(err, "--kind: \"%s\" is none", kind);
	return suggest_explain(&suggestion,
	    " of sms.received, sms.status, call.received, call.action, call.status, "
	    "recording.status, transcription, json, other, nor a family such as "
	    "conference.status (`offhook help events` lists them)",
	    err);
}

static int event_filter_state(
    struct store_event_query *query, const struct options *options, struct error *err)
{
	const char *state = options_value(options, "state");
	if (state == NULL)
		return 0;
	for (enum event_state i = EVENT_DONE; i <= EVENT_LATE; i++) {
		if (strcmp(event_state_name(i), state) == 0) {
			query->by_state = true;
			query->state = i;
			return 0;
		}
	}
	return error_set(err, "--state: \"%s\" is none of done, failed, late", state);
}

int event_filter_read(struct event_filter *out, const struct options *options,
    int64_t now_ms, struct error *err)
{
	*out = (struct event_filter){
	    .query = {.sid = span_of(options_value(options, "sid"))},
	    .error = span_of(options_value(options, "error")),
	};
	if (options_window(options, now_ms, &out->after_ms, &out->before_ms, err) !=
		0 ||
	    event_filter_kind(&out->query, options, err) != 0)
		return -1;
	return event_filter_state(&out->query, options, err);
}

static bool contains_text(struct span text, struct span part)
{
	bool found = part.len == 0;
	for (size_t at = 0; !found && at + part.len <= text.len; at++)
		found = span_ieq((struct span){text.ptr + at, part.len}, part);
	return found;
}

bool event_filter_matches(
    const struct event_filter *filter, const struct store_event *event)
{
	return (filter->after_ms == 0 || event->received_at_ms > filter->after_ms) &&
	       (filter->before_ms == 0 || event->received_at_ms < filter->before_ms) &&
	       (filter->error.ptr == NULL ||
		   contains_text(event->failure, filter->error));
}
