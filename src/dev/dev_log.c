#include "dev/dev_log.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "engines/engines.h"
#include "store/store.h"
#include "util/log.h"
#include "util/mem.h"
#include "view/event_view.h"
#include "view/term.h"

struct dev_log {
	FILE *out;
	const char *data;
	struct store_reader *reader; /* NULL until there is a store */
	bool json;                   /* lines pass as they are */
	const char *dim, *red, *yellow, *bold, *plain;
};

struct dev_log *dev_log_new(FILE *out, const char *data)
{
	bool colour = term_colour(out);
	struct dev_log *log = mem_new(1, sizeof(*log));
	*log = (struct dev_log){.out = out, .data = data, .json = log_is_json()};
	log->dim = colour ? "\033[2m" : "";
	log->red = colour ? "\033[31m" : "";
	log->yellow = colour ? "\033[33m" : "";
	log->bold = colour ? "\033[1m" : "";
	log->plain = colour ? "\033[0m" : "";
	return log;
}

void dev_log_free(struct dev_log *log)
{
	if (log == NULL)
		return;
	store_reader_close(log->reader);
	free(log);
}

static const char *line_field(const json_t *line, const char *name)
{
	const char *value = json_string_value(json_object_get(line, name));
	return value != NULL ? value : "";
}

/* ---- a webhook ---- */

static void print_outcome(struct dev_log *log, const json_t *line)
{
	const char *outcome = line_field(line, "outcome");
	(void)fprintf(log->out, "  %s%" JSON_INTEGER_FORMAT " µs%s", log->dim,
	    json_integer_value(json_object_get(line, "us")), log->plain);
	if (strcmp(outcome, "repeat") == 0)
		(void)fprintf(log->out, "  %srepeated: the first reply again%s",
		    log->yellow, log->plain);
	(void)fputc('\n', log->out);
	if (*line_field(line, "why") != '\0') {
		(void)fprintf(log->out, "%s%s:%s ", log->red, outcome, log->plain);
		term_print(log->out, span_of(line_field(line, "why")), true);
		(void)fputc('\n', log->out);
	}
}

/* Whether an event was stored, and which one can be told. */
static bool line_has_event(const json_t *line)
{
	const char *outcome = line_field(line, "outcome");
	if (strcmp(outcome, "done") == 0 || strcmp(outcome, "repeat") == 0)
		return true;
	return *line_field(line, "sid") != '\0' &&
	       (strcmp(outcome, "failed") == 0 || strcmp(outcome, "late") == 0);
}

/* Prints the newest event of that SID; of any when the line names none. False when there
 * is none, or the store cannot be read. */
static bool show_stored(struct dev_log *log, const json_t *line)
{
	struct error err;
	struct store_event event;
	struct store_event_query query = {.newest_first = true, .limit = 1};
	if (*line_field(line, "sid") != '\0')
		query.sid = span_of(line_field(line, "sid"));
	if (log->reader == NULL && store_reader_open(&log->reader,
				       engines_for(log->data), log->data, &err) != 0)
		return false;
	struct store_events *events = store_events_open(log->reader, &query);
	int rc = store_events_next(events, &event, &err);
	if (rc == 1) {
		(void)fprintf(
		    log->out, "\n%s%s%s  ", log->bold, event.kind, log->plain);
		event_view_subject(log->out, &event);
		print_outcome(log, line);
		event_view_reply(log->out, &event);
	}
	store_events_close(events);
	return rc > 0;
}

static void show_webhook(struct dev_log *log, const json_t *line)
{
	if (line_has_event(line) && show_stored(log, line))
		return;
	(void)fprintf(
	    log->out, "\n%s%s%s  ", log->bold, line_field(line, "kind"), log->plain);
	term_print(log->out, span_of(line_field(line, "path")), false);
	(void)fprintf(log->out, "  %" JSON_INTEGER_FORMAT " %s",
	    json_integer_value(json_object_get(line, "status")),
	    line_field(line, "outcome"));
	print_outcome(log, line);
}

/* ---- other messages ---- */

static void show_message(struct dev_log *log, json_t *line)
{
	const char *level = line_field(line, "level"), *name;
	const char *colour = strcmp(level, "error") == 0  ? log->red
			     : strcmp(level, "warn") == 0 ? log->yellow
							  : log->dim;
	json_t *value;
	(void)fprintf(log->out, "%s%s%s ", colour, level, log->plain);
	term_print(log->out, span_of(line_field(line, "msg")), true);
	json_object_foreach(line, name, value) {
		if (strcmp(name, "time") == 0 || strcmp(name, "level") == 0 ||
		    strcmp(name, "msg") == 0 || strcmp(name, "request_id") == 0)
			continue;
		(void)fprintf(log->out, "  %s%s:%s ", log->dim, name, log->plain);
		if (json_is_integer(value))
			(void)fprintf(log->out, "%" JSON_INTEGER_FORMAT,
			    json_integer_value(value));
		else
			term_print(log->out, span_of(json_string_value(value)), true);
	}
	(void)fputc('\n', log->out);
}

/* What a program printed, and what serve tells at its start, as a person would see it
 * there. False: it is another message. */
static bool show_plain(struct dev_log *log, const json_t *line)
{
	const char *msg = line_field(line, "msg");
	const char *console = line_field(line, "console");
	bool tells =
	    json_object_get(line, "address") != NULL &&
	    (strstr(msg, " on http://") != NULL || strstr(msg, " on https://") != NULL);
	if (strncmp(msg, "no --public-url", strlen("no --public-url")) == 0)
		return true; /* normal here */
	if (*console != '\0') {
		(void)fprintf(log->out, "Twilio Console, \"%s\": ", console);
		msg = line_field(line, "url");
	} else if (!tells && strcmp(line_field(line, "from"), "program") != 0) {
		return false;
	}
	term_print(log->out, span_of(msg), false);
	(void)fputc('\n', log->out);
	return true;
}

void dev_log_show(struct dev_log *log, struct span line)
{
	json_t *parsed = log->json ? NULL : json_loadb(line.ptr, line.len, 0, NULL);
	flockfile(log->out);
	if (log->json) {
		(void)fprintf(log->out, "%.*s\n", SPAN_ARG(line));
	} else if (json_is_object(parsed) && show_plain(log, parsed)) {
		/* shown */
	} else if (json_is_object(parsed)) {
		const char *msg = line_field(parsed, "msg");
		if (strcmp(msg, "webhook") == 0)
			show_webhook(log, parsed);
		else if (strcmp(msg, "another program swapped in") != 0)
			show_message(log, parsed); /* `dev` prints that one itself */
	} else {
		term_print(log->out, line, false);
		(void)fputc('\n', log->out);
	}
	(void)fflush(log->out);
	funlockfile(log->out);
	json_decref(parsed);
}
