#include "view/job_view.h"

#include <stdlib.h>
#include <string.h>

#include "jobs/timetable.h"
#include "util/clock.h"
#include "util/printable.h"
#include "util/utf8.h"
#include "view/term.h"
#include "view/when.h"

enum { QUEUE_WIDTH = 16 };

static bool is_due(const struct store_job *job, int64_t now_ms)
{
	return job->state == JOB_WAITING && job->run_at_ms <= now_ms;
}

/* --- for programs --- */

static json_t *time_json(int64_t ms)
{
	char text[CLOCK_ISO_SIZE];
	if (ms == 0)
		return json_null();
	clock_iso(text, ms);
	return json_string(text);
}

/* JSON kept as text; null when it cannot be parsed. */
static json_t *parsed(struct span text)
{
	json_t *value = text.len == 0 ? NULL
				      : json_loadb(text.ptr, text.len,
					    JSON_ALLOW_NUL | JSON_DECODE_ANY, NULL);
	return value != NULL ? value : json_null();
}

/* The error of every attempt; an empty array when none failed. */
static json_t *errors_of(const struct store_job *job)
{
	json_t *errors = parsed(job->errors);
	if (json_is_array(errors))
		return errors;
	json_decref(errors);
	return json_array();
}

json_t *job_view_json(const struct store_job *job, int64_t now_ms)
{
	json_t *view = json_pack("{s:I, s:o, s:s, s:b, s:i, s:o, s:o, s:o, s:i}", "id",
	    (json_int_t)job->id, "queue", term_json_text(job->queue), "state",
	    job_state_name(job->state), "due", is_due(job, now_ms), "priority",
	    job->priority, "runAt", time_json(job->run_at_ms), "createdAt",
	    time_json(job->created_at_ms), "endedAt", time_json(job->ended_at_ms),
	    "tries", job->tries);
	json_t *rest = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "group",
	    term_json_text(job->group), "unique", term_json_text(job->unique), "event",
	    job->event_id == 0 ? json_null() : json_integer(job->event_id), "payload",
	    parsed(job->payload), "errors", errors_of(job), "progress",
	    term_json_text(job->progress));
	if (job->unique_ms > 0)
		(void)json_object_set_new(
		    view, "uniqueMs", json_integer(job->unique_ms));
	(void)json_object_update(view, rest);
	json_decref(rest);
	return view;
}

/* --- for people --- */

struct job_look job_look_now(void)
{
	return (struct job_look){.now_ms = clock_wall_ms(),
	    .colour = term_colour(stdout),
	    .width = term_width(stdout)};
}

const char *job_view_state(const struct store_job *job, int64_t now_ms)
{
	if (job->state != JOB_WAITING || is_due(job, now_ms))
		return job_state_name(job->state);
	return job->tries > 0 ? "retrying" : "scheduled";
}

static const char *colour_of(const struct store_job *job)
{
	if (job->state == JOB_DEAD)
		return "\033[31m";
	if (job->state == JOB_RUNNING)
		return "\033[32m";
	return job->state == JOB_WAITING && job->tries > 0 ? "\033[33m" : "";
}

static struct span first_line(struct span text)
{
	return span_head(text, span_find(text, '\n'));
}

static struct span string_of(const json_t *value)
{
	return (struct span){json_string_value(value), json_string_length(value)};
}

/* What there is to say beside the numbers. */
static void remark(struct buf *out, const struct store_job *job)
{
	json_t *errors = errors_of(job);
	const json_t *last =
	    json_array_get(errors, json_array_size(errors) - 1); /* NULL: none */
	if (job->progress.len > 0 && job->state == JOB_RUNNING)
		printable_text(out, first_line(job->progress), false);
	else if (job->state != JOB_DONE)
		printable_text(
		    out, first_line(string_of(json_object_get(last, "error"))), false);
	json_decref(errors);
	if (out->len == 0 && span_starts(job->unique, SPAN(CRON_KEY)))
		buf_puts(out, "cron");
	if (out->len == 0 && job->state == JOB_BLOCKED) {
		buf_puts(out, "behind others of ");
		printable_text(out, job->group, false);
	}
}

static int queue_width(const struct job_look *look)
{
	return look->queue_width > 0 ? (int)look->queue_width : QUEUE_WIDTH;
}

void job_view_head(FILE *out, const struct job_look *look)
{
	(void)fprintf(out, "%s%6s  %-*s  %-9s %5s  %s%s\n",
	    look->colour ? "\033[2m" : "", "ID", queue_width(look), "QUEUE", "STATE",
	    "TRIES", "DUE, ENDED", look->colour ? "\033[0m" : "");
}

void job_view_line(FILE *out, const struct store_job *job, const struct job_look *look)
{
	char when[WHEN_SIZE] = "-";
	struct buf line = {0};
	const char *colour = look->colour ? colour_of(job) : "";
	int used = fprintf(out, "%6lld  %-*.*s  ", (long long)job->id,
	    queue_width(look), SPAN_ARG(job->queue));
	(void)fputs(colour, out);
	used += fprintf(out, "%-9s", job_view_state(job, look->now_ms));
	(void)fputs(*colour != '\0' ? "\033[0m" : "", out);
	remark(&line, job);
	if (job->state != JOB_RUNNING)
		(void)when_text(when,
		    job->ended_at_ms != 0 ? job->ended_at_ms : job->run_at_ms,
		    look->now_ms);
	used +=
	    fprintf(out, line.len > 0 ? " %5d  %-16s  " : " %5d  %s", job->tries, when);
	struct span text = buf_span(&line);
	size_t room = look->width > (size_t)used ? look->width - (size_t)used : 0;
	bool cut = look->width > 0 && utf8_count(text) > room;
	if (cut)
		text = utf8_cut(text, room > 0 ? room - 1 : 0);
	(void)fprintf(out, "%.*s%s\n", SPAN_ARG(text), cut && room > 0 ? "…" : "");
	buf_free(&line);
}

static void print_time(FILE *out, const char *name, int64_t ms, int64_t now_ms)
{
	char iso[CLOCK_ISO_SIZE], when[WHEN_SIZE];
	if (ms == 0)
		return;
	clock_iso(iso, ms);
	(void)fprintf(out, "%-12s%s", name, iso);
	/* Far ones would only be said twice. */
	if (strchr(when_text(when, ms, now_ms), ':') == NULL)
		(void)fprintf(out, "  (%s)", when);
	(void)fputc('\n', out);
}

/* Lines after the first are put below it. */
static void print_lines(FILE *out, struct span text, int column)
{
	for (;;) {
		struct span line = first_line(text);
		term_print(out, line, false);
		(void)fputc('\n', out);
		if (line.len == text.len)
			return;
		text = span_from(text, line.len + 1);
		(void)fprintf(out, "%*s", column, "");
	}
}

static void print_errors(FILE *out, const struct store_job *job)
{
	json_t *errors = errors_of(job), *each;
	size_t i;
	if (json_array_size(errors) > 0)
		(void)fprintf(out, "\nErrors\n");
	json_array_foreach(errors, i, each) {
		const char *at = json_string_value(json_object_get(each, "at"));
		int column = fprintf(out, "  try %-3lld %-24.24s  ",
		    (long long)json_integer_value(json_object_get(each, "try")),
		    at != NULL ? at : "");
		print_lines(out, string_of(json_object_get(each, "error")), column);
	}
	json_decref(errors);
}

void job_view_full(FILE *out, const struct store_job *job, const struct job_look *look)
{
	char window[WHEN_SIZE];
	(void)fprintf(out, "%-12s%lld\n", "Job", (long long)job->id);
	term_field(out, "Queue", job->queue);
	term_field(out, "State", span_of(job_view_state(job, look->now_ms)));
	(void)fprintf(out, "%-12s%d\n", "Tries", job->tries);
	if (job->priority != 0)
		(void)fprintf(out, "%-12s%d\n", "Priority", job->priority);
	print_time(out, "Enqueued", job->created_at_ms, look->now_ms);
	if (job->ended_at_ms == 0)
		print_time(out, "Due", job->run_at_ms, look->now_ms);
	print_time(out, "Ended", job->ended_at_ms, look->now_ms);
	term_field(out, "Group", job->group);
	term_field(out, "Unique", job->unique);
	if (job->unique_ms > 0)
		(void)fprintf(
		    out, "%-12s%s\n", "  for", when_span(window, job->unique_ms));
	term_field(out, "Progress", job->progress);
	json_t *payload = parsed(job->payload);
	(void)fprintf(out, "\nPayload\n");
	term_json_dump(out, payload, JSON_INDENT(2));
	json_decref(payload);
	print_errors(out, job);
}
