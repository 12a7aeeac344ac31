/* What is shown on a terminal has no byte that could change the terminal, whatever strangers
 * wrote. The input is lines: a number (a time), a state, a SID, a route, a query,
 * a failure, the reply's type, its body, parameters or a payload as JSON, errors as JSON;
 * and the raw body. */
#include <stdio.h>

#include "fuzz/fuzz.h"
#include "util/text.h"
#include "util/utf8.h"
#include "view/event_view.h"
#include "view/job_view.h"
#include "view/phone.h"
#include "view/term.h"
#include "view/when.h"

/* Controls, of C0 and C1; ESC begins most of what moves a cursor. */
static void check_clean(struct span text)
{
	uint32_t code;
	while (text.len > 0) {
		size_t len = utf8_next(text, &code);
		must(len > 0);
		must((code >= ' ' || code == '\n') && (code < 0x7f || code > 0x9f));
		text = span_from(text, len);
	}
}

static void check_event(const struct store_event *event)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	event_view_line(out, event, false);
	event_view_subject(out, event);
	event_view_full(out, event);
	event_view_reply(out, event);
	must(fclose(out) == 0);
	check_clean((struct span){text, len});
	free(text);
	json_t *json = event_view_json(event);
	must(json != NULL);
	json_decref(json);
}

static void check_phone(const struct store_event *event)
{
	for (int i = 0; i < 4; i++) {
		char *text = NULL;
		size_t len = 0;
		FILE *out = open_memstream(&text, &len);
		struct phone_reply reply = {.status = event->reply.status,
		    .type = event->reply.type,
		    .body = event->reply.body,
		    .call = i % 2 == 1,
		    .callback = i / 2 == 1,
		    .from = event->sid};
		phone_show(out, &reply);
		must(fclose(out) == 0);
		check_clean((struct span){text, len});
		free(text);
	}
}

static void check_job(const struct store_job *job, int64_t now_ms)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	struct job_look look = {.now_ms = now_ms, .width = 80};
	job_view_head(out, &look);
	job_view_line(out, job, &look);
	job_view_full(out, job, &look);
	must(fclose(out) == 0);
	check_clean((struct span){text, len});
	free(text);
	json_t *json = job_view_json(job, now_ms);
	must(json != NULL);
	json_decref(json);
}

static void check_when(int64_t ms, int64_t now_ms)
{
	char when[WHEN_SIZE], span[WHEN_SPAN_SIZE];
	must(strlen(when_text(when, ms, now_ms)) < sizeof(when));
	must(strlen(when_span(span, ms - now_ms)) < sizeof(span));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { YEAR_9999_MS = 253370764 };

	static const char *const kinds[] = {"sms.received", "sms.status",
	    "call.received", "call.status", "json", "other"};
	struct span rest = {(const char *)data, size};
	struct store_event event = {.id = 1, .reply = {.status = 200}};
	int64_t ms = 0, state = 0, now_ms = INT64_C(1700000000000);
	(void)text_int(next_line(&rest), 0, INT64_C(1000000) * YEAR_9999_MS, &ms);
	(void)text_int(next_line(&rest), 0, JOB_STATES - 1, &state);
	event.received_at_ms = ms;
	event.state = (enum event_state)(state % (EVENT_LATE + 1));
	event.kind = kinds[state];
	event.sid = next_line(&rest);
	event.route = next_line(&rest);
	event.query = next_line(&rest);
	event.failure = next_line(&rest);
	event.reply.type = next_line(&rest);
	event.reply.body = next_line(&rest);
	event.params = next_line(&rest);
	struct store_job job = {.id = 1,
	    .queue = SPAN("q"),
	    .state = (enum job_state)state,
	    .run_at_ms = ms,
	    .created_at_ms = ms,
	    .ended_at_ms = state > JOB_RUNNING ? ms : 0,
	    .group = event.sid,
	    .unique = event.route,
	    .payload = event.params,
	    .errors = next_line(&rest),
	    .progress = event.failure};
	event.raw = rest;
	check_event(&event);
	check_phone(&event);
	check_job(&job, now_ms);
	check_when(ms, now_ms);
	return 0;
}
