#include "cli/event_filter.h"

#include <jansson.h>
#include <string.h>

#include "twilio/event.h"
#include "util/suggest.h"

bool event_filter_given(const struct options *options)
{
	return options_has(options, "kind") || options_has(options, "sid") ||
	       options_has(options, "state") || options_has(options, "older") ||
	       options_has(options, "newer") || options_has(options, "error") ||
	       options_has(options, "from") || options_has(options, "to") ||
	       options_has(options, "number");
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

static int event_filter_address(struct span *out, const struct options *options,
    const char *name, struct error *err)
{
	const char *text = options_value(options, name);
	if (text == NULL)
		return 0;
	*out = span_trim(span_of(text));
	if (out->len == 0 || span_is(*out, "…"))
		return error_set(err, "--%s is empty; write +15551234567", name);
	return 0;
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
	    event_filter_address(&out->from, options, "from", err) != 0 ||
	    event_filter_address(&out->to, options, "to", err) != 0 ||
	    event_filter_address(&out->number, options, "number", err) != 0 ||
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

/* --- whose --- */

static struct span without_plus(struct span address)
{
	return span_from(address, span_starts(address, SPAN("+")) ? 1 : 0);
}

static bool is_address(const json_t *value, struct span wanted)
{
	struct span text = {json_string_value(value), json_string_length(value)};
	if (text.ptr == NULL)
		return false;
	if (span_starts(wanted, SPAN("…"))) {
		struct span end = span_from(wanted, strlen("…"));
		return text.len >= end.len &&
		       span_ieq(span_from(text, text.len - end.len), end);
	}
	size_t colon = span_find(text, ':');
	struct span plain = span_from(text, colon < text.len ? colon + 1 : 0);
	return span_ieq(text, wanted) ||
	       span_eq(without_plus(plain), without_plus(wanted));
}

/* Whether the value, or one within it, is the address. */
static bool holds_address(json_t *value, struct span wanted)
{
	const char *name;
	json_t *inner;
	size_t i;
	bool found = is_address(value, wanted);
	json_object_foreach(value, name, inner) {
		found = found || holds_address(inner, wanted);
	}
	json_array_foreach(value, i, inner) {
		found = found || holds_address(inner, wanted);
	}
	return found;
}

static bool is_whose(const struct event_filter *filter, const struct store_event *event)
{
	struct span wanted[] = {filter->from, filter->to, filter->number};
	static const char *const names[][2] = {{"From", "Caller"}, {"To", "Called"}};
	if (wanted[0].ptr == NULL && wanted[1].ptr == NULL && wanted[2].ptr == NULL)
		return true;
	json_t *params =
	    json_loadb(event->params.ptr, event->params.len, JSON_ALLOW_NUL, NULL);
	json_t *body = json_loadb(event->raw.ptr, event->raw.len, JSON_ALLOW_NUL, NULL);
	bool matches = true;
	for (size_t i = 0; i < 2; i++)
		matches =
		    matches &&
		    (wanted[i].ptr == NULL ||
			holds_address(
			    json_object_get(params, names[i][0]), wanted[i]) ||
			holds_address(json_object_get(params, names[i][1]), wanted[i]));
	if (wanted[2].ptr != NULL)
		matches = matches && (holds_address(params, wanted[2]) ||
					 holds_address(body, wanted[2]));
	json_decref(params);
	json_decref(body);
	return matches;
}

bool event_filter_matches(
    const struct event_filter *filter, const struct store_event *event)
{
	return (filter->after_ms == 0 || event->received_at_ms > filter->after_ms) &&
	       (filter->before_ms == 0 || event->received_at_ms < filter->before_ms) &&
	       (filter->error.ptr == NULL ||
		   contains_text(event->failure, filter->error)) &&
	       is_whose(filter, event);
}
