/* cmd_export -- documents or events as CSV or JSON lines. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/data.h"
#include "cli/fields.h"
#include "util/arena.h"
#include "view/csv.h"
#include "view/event_view.h"
#include "view/term.h"

enum { PROGRESS_EVERY = 10000 };

/* A collection may have the name of the events; then it is written with the prefix. */
#define EVENTS     "events"
#define COLLECTION "collection:"

struct export
{
	const struct options *options;
	struct store_reader *reader;
	const char *collection; /* NULL: events */
	struct filter *filter;
	struct csv *csv; /* NULL: JSON lines */
	FILE *out;
	char *partial; /* the file being written, renamed when whole; NULL: stdout */
	bool learning; /* the first pass of CSV, which finds the columns */
	bool progress;
	int64_t count;
};

static void export_row(struct export *export, json_t *object)
{
	if (export->learning) {
		csv_learn(export->csv, object);
		return;
	}
	if (export->csv != NULL)
		csv_row(export->csv, export->out, object);
	else
		term_json(export->out, json_incref(object));
	if (++export->count % PROGRESS_EVERY == 0 && export->progress)
		(void)fprintf(stderr, "\r%lld", (long long)export->count);
}

/* Makes columns of the parts of reply and params: reply.status, params.From … */
static json_t *export_flatten(json_t *view)
{
	struct arena *arena = arena_new();
	json_t *flat = json_object(), *value, *inner;
	const char *name, *below;
	json_object_foreach(view, name, value) {
		if (!json_is_object(value)) {
			(void)json_object_set(flat, name, value);
			continue;
		}
		json_object_foreach(value, below, inner)
			(void)json_object_set(
			    flat, arena_printf(arena, "%s.%s", name, below), inner);
	}
	arena_free(arena);
	return flat;
}

static int export_events(struct export *export, struct error *err)
{
	struct store_event event;
	struct budget budget = budget_of(BUDGET_QUERY_MS);
	int rc = 0;
	struct store_events *events =
	    store_events_open(export->reader, &(struct store_event_query){0});
	while (ferror(export->out) == 0 &&
	       (rc = store_events_next(events, &event, err)) == 1) {
		json_t *view = event_view_json(&event);
		int matches = export->filter == NULL
				  ? 1
				  : filter_match(export->filter, view, &budget, err);
		if (matches == 1) {
			json_t *object = export->csv != NULL ? export_flatten(view)
							     : json_incref(view);
			export_row(export, object);
			json_decref(object);
		}
		json_decref(view);
		if (matches < 0) {
			rc = -1;
			break;
		}
	}
	store_events_close(events);
	return rc < 0 ? -1 : 0;
}

static int export_pass(struct export *export, struct error *err)
{
	struct store_query query = {
	    .collection = export->collection, .filter = export->filter};
	struct store_doc doc;
	int rc = 0;
	if (export->collection == NULL)
		return export_events(export, err);
	struct store_docs *docs = store_docs_open(export->reader, &query);
	while (ferror(export->out) == 0 && (rc = store_docs_next(docs, &doc, err)) == 1)
		export_row(export, doc.json);
	store_docs_close(docs);
	return rc < 0 ? -1 : 0;
}

static int export_write(struct export *export, struct error *err)
{
	struct error ignored;
	const char *filter =
	    export->options->arg_count > 1 ? export->options->args[1] : NULL;
	if (export->collection != NULL &&
	    data_check_collection(export->reader, export->collection, err) != 0)
		return -1;
	if (export->collection == NULL &&
	    data_check_collection(export->reader, EVENTS, &ignored) == 0)
		(void)fprintf(stderr,
		    "the events that came in are exported; the collection of that name "
		    "is " COLLECTION EVENTS "\n");
	if (export->csv != NULL) {
		export->learning = true;
		if (export_pass(export, err) != 0)
			return -1;
		export->learning = false;
		csv_header(export->csv, export->out);
	}
	if (export_pass(export, err) != 0)
		return -1;
	if (export->count == 0 && export->collection != NULL)
		fields_explain(export->reader, export->collection, filter);
	return 0;
}

static bool export_is_to_stdout(const struct options *options)
{
	const char *path = options_value(options, "output");
	return path == NULL || strcmp(path, "-") == 0;
}

/* mkstemp makes the file with mode 0600: others must not read what people wrote. */
static int export_open(struct export *export, struct error *err)
{
	const char *path = options_value(export->options, "output");
	export->out = stdout;
	if (export_is_to_stdout(export->options))
		return 0;
	export->progress = term_is_tty(stderr);
	export->partial = arena_printf(export->options->arena, "%s.XXXXXX", path);
	int fd = mkstemp(export->partial);
	if (fd < 0) {
		export->partial = NULL;
		return error_set(err, "%s: %s", path, strerror(errno));
	}
	export->out = fdopen(fd, "w");
	return export->out != NULL ? 0
				   : error_set(err, "%s: %s", path, strerror(errno));
}

/* A file appears under its name only when it is whole. */
static int export_close(struct export *export, int rc, struct error *err)
{
	const char *path = options_value(export->options, "output");
	if (export->partial == NULL)
		return rc;
	bool written = fflush(export->out) == 0 && ferror(export->out) == 0 &&
		       fsync(fileno(export->out)) == 0;
	if (fclose(export->out) != 0)
		written = false;
	if (rc == 0 && !written)
		rc = error_set(err, "%s: %s", path, strerror(errno));
	if (rc == 0 && rename(export->partial, path) != 0)
		rc = error_set(err, "%s: %s", path, strerror(errno));
	if (rc != 0)
		(void)unlink(export->partial);
	else
		(void)fprintf(stderr, "%s%lld written to %s\n",
		    export->progress ? "\r" : "", (long long)export->count, path);
	return rc;
}

static int export_read_options(struct export *export, struct error *err)
{
	const struct options *options = export->options;
	const char *format = options_value(options, "format");
	const char *filter = options->arg_count > 1 ? options->args[1] : NULL;
	struct span what = span_of(options->args[0]);
	if (span_starts(what, SPAN(COLLECTION)))
		export->collection = span_from(what, strlen(COLLECTION)).ptr;
	else if (!span_is(what, EVENTS))
		export->collection = what.ptr;
	if (format != NULL && strcmp(format, "csv") != 0 &&
	    strcmp(format, "jsonl") != 0)
		return error_set(
		    err, "--format: \"%s\" is neither csv nor jsonl", format);
	if (format != NULL && strcmp(format, "csv") == 0)
		export->csv = csv_new(options_has(options, "spreadsheet-safe"),
		    export_is_to_stdout(options) && term_is_tty(stdout));
	if (export->csv == NULL && options_has(options, "spreadsheet-safe"))
		return error_set(err, "--spreadsheet-safe is for --format csv");
	if (export->collection == NULL &&
	    fields_check_known(filter, event_view_fields, err) != 0)
		return -1;
	return data_filter(&export->filter, filter, err);
}

static int export_run(const struct options *options)
{
	struct export export = {.options = options};
	struct error err;
	int code = EXIT_OK;
	if (export_read_options(&export, &err) != 0) {
		code = options_misused(options, &err);
	} else {
		int rc = data_open(&export.reader, options, &err);
		if (rc == 0)
			rc = export_open(&export, &err);
		if (rc == 0)
			rc = export_close(&export, export_write(&export, &err), &err);
		if (rc != 0)
			code = options_fail(options, &err);
	}
	store_reader_close(export.reader);
	filter_free(export.filter);
	csv_free(export.csv);
	return code;
}

static const struct flag flags[] = {
    {"format", "FORMAT", .help = "jsonl or csv (jsonl)"},
    {"output", "FILE", .help = "write to FILE, readable only by you", .letter = 'o'},
    {"spreadsheet-safe", .help = "csv: put ' before texts that look like formulas"},
    {0},
};

const struct command cmd_export = {
    .name = "export",
    .usage = "COLLECTION|events [FILTER] [options]",
    .summary = "write documents or events as CSV or JSON lines",
    .about =
	"CSV has a column for every field that some document has, found in a first pass;\n"
	"fields that appear while it runs are not in it. Objects and lists stand in it as\n"
	"JSON; of events, reply and params have a column for each part. FILTER is as in\n"
	"`offhook query`. A collection that is called events is collection:events. FILE\n"
	"appears when it is whole. With --spreadsheet-safe, texts that begin with = + - @\n"
	"(phone numbers too) get a ' before them, so that a spreadsheet does not run what\n"
	"strangers wrote; without it, texts are exact. Only on a terminal are controls in\n"
	"them written out, as \\x1b.\n",
    .examples =
	"  offhook export sms_messages --format csv --output messages.csv\n"
	"  offhook export events '{\"kind\": \"sms.received\"}' > events.jsonl\n",
    .flags = flags,
    .settings = SETTINGS_DATA,
    .min_args = 1,
    .max_args = 2,
    .run = export_run,
};
