#include "view/event_view.h"

#include <stdlib.h>
#include <string.h>

#include "util/clock.h"
#include "view/phone.h"
#include "view/term.h"

static json_t *filled(struct span text)
{
	return text.len == 0 ? json_null() : term_json_text(text);
}

static json_t *params_of(const struct store_event *event)
{
	json_t *params =
	    json_loadb(event->params.ptr, event->params.len, JSON_ALLOW_NUL, NULL);
	return params != NULL ? params : json_object();
}

const char *const event_view_fields[] = {"id", "kind", "sid", "route", "receivedAt",
    "state", "duplicates", "reply", "params", "failure", NULL};

json_t *event_view_json(const struct store_event *event)
{
	char time[CLOCK_ISO_SIZE];
	clock_iso(time, event->received_at_ms);
	json_t *reply =
	    json_pack("{s:i, s:o, s:o}", "status", event->reply.status, "type",
		filled(event->reply.type), "body", term_json_text(event->reply.body));
	json_t *view = json_pack("{s:I, s:s, s:o, s:o, s:s, s:s, s:I, s:o, s:o}", "id",
	    (json_int_t)event->id, "kind", event->kind, "sid", filled(event->sid),
	    "route", term_json_text(event->route), "receivedAt", time, "state",
	    event_state_name(event->state), "duplicates", (json_int_t)event->duplicates,
	    "reply", reply, "params", params_of(event));
	if (event->failure.len > 0)
		(void)json_object_set_new(view, "failure", filled(event->failure));
	return view;
}

/* --- for people --- */

static const char *param(const json_t *params, const char *name)
{
	const json_t *value = json_object_get(params, name);
	if (json_is_array(value))
		value = json_array_get(value, 0);
	return json_string_value(value);
}

/* What each kind is about, beside its numbers. */
static const struct {
	const char *kind, *what, *more;
	bool numbers;
} subjects[] = {
    {"sms.received", "Body", NULL, true},
    {"sms.status", "MessageStatus", "ErrorCode", true},
    {"call.received", "CallStatus", NULL, true},
    {"call.action", "Digits", "SpeechResult", true},
    {"call.status", "CallStatus", "CallDuration", true},
    {"recording.status", "RecordingStatus", "RecordingDuration", false},
    {"transcription", "TranscriptionText", NULL, true},
};

void event_view_subject(FILE *out, const struct store_event *event)
{
	json_t *params = params_of(event);
	size_t i = 0;
	while (i < sizeof(subjects) / sizeof(subjects[0]) &&
	       strcmp(subjects[i].kind, event->kind) != 0)
		i++;
	if (i == sizeof(subjects) / sizeof(subjects[0])) {
		term_print(out, event->route, false);
		json_decref(params);
		return;
	}
	const char *from = param(params, "From"), *to = param(params, "To");
	const char *what = param(params, subjects[i].what);
	const char *more =
	    subjects[i].more != NULL ? param(params, subjects[i].more) : NULL;
	struct buf line = {0};
	if (subjects[i].numbers && (from != NULL || to != NULL))
		buf_printf(&line, "%s → %s  ", from != NULL ? from : "?",
		    to != NULL ? to : "?");
	if (what != NULL)
		buf_puts(&line, what);
	if (more != NULL)
		buf_printf(&line, " (%s)", more);
	if (line.len == 0)
		buf_put(&line, event->sid);
	term_print(out, buf_span(&line), false);
	buf_free(&line);
	json_decref(params);
}

void event_view_line(FILE *out, const struct store_event *event, bool colour)
{
	char time[CLOCK_ISO_SIZE];
	bool bad = event->state != EVENT_DONE;
	clock_iso(time, event->received_at_ms);
	(void)fprintf(out, "%6lld  %.10s %.8s  %-16s  ", (long long)event->id, time,
	    time + 11, event->kind);
	(void)fprintf(out, "%s%3d %-6s%s  ", colour && bad ? "\033[31m" : "",
	    event->reply.status, event_state_name(event->state),
	    colour && bad ? "\033[0m" : "");
	event_view_subject(out, event);
	if (event->failure.len > 0) {
		(void)fprintf(out, "  %swhy: ", colour ? "\033[31m" : "");
		term_print(out, event->failure, false);
		(void)fputs(colour ? "\033[0m" : "", out);
	}
	if (event->duplicates > 0)
		(void)fprintf(out, "%s  +%lld repeated%s", colour ? "\033[2m" : "",
		    (long long)event->duplicates, colour ? "\033[0m" : "");
	(void)fputc('\n', out);
}

static void print_params(FILE *out, const struct store_event *event)
{
	json_t *params = params_of(event);
	const char *name;
	json_t *value;
	(void)fprintf(out, "\nParameters\n");
	json_object_foreach(params, name, value) {
		char *text = json_is_string(value)
				 ? NULL
				 : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
		(void)fprintf(out, "  ");
		term_print(out, span_of(name), false);
		(void)fprintf(
		    out, "%*s ", (int)(strlen(name) < 18 ? 18 - strlen(name) : 0), "");
		term_print(out,
		    text != NULL ? span_of(text)
				 : (struct span){json_string_value(value),
				       json_string_length(value)},
		    false);
		(void)fputc('\n', out);
		free(text);
	}
	json_decref(params);
}

void event_view_reply(FILE *out, const struct store_event *event)
{
	json_t *params = params_of(event);
	(void)phone_show(out, &(struct phone_reply){.status = event->reply.status,
				  .type = event->reply.type,
				  .body = event->reply.body,
				  .call = strncmp(event->kind, "call.", 5) == 0,
				  .callback = strcmp(event->kind, "sms.status") == 0 ||
					      strcmp(event->kind, "call.status") == 0,
				  .from = span_of(param(params, "To"))});
	json_decref(params);
}

void event_view_full(FILE *out, const struct store_event *event)
{
	char time[CLOCK_ISO_SIZE];
	clock_iso(time, event->received_at_ms);
	(void)fprintf(out, "%-12s%lld\n", "Event", (long long)event->id);
	term_field(out, "Kind", span_of(event->kind));
	term_field(out, "SID", event->sid);
	term_field(out, "Route", event->route);
	term_field(out, "Query", event->query);
	term_field(out, "Received", span_of(time));
	term_field(out, "State", span_of(event_state_name(event->state)));
	term_field(out, "Failure", event->failure);
	(void)fprintf(out, "%-12s%lld\n", "Repeated", (long long)event->duplicates);
	print_params(out, event);
	(void)fprintf(out, "\nReply %d ", event->reply.status);
	term_print(out, event->reply.type, false);
	(void)fputc('\n', out);
	event_view_reply(out, event);
}
