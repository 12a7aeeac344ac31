#include "cli/data.h"

#include <stdlib.h>

#include "cli/locate.h"
#include "control/control.h"
#include "engines/engines.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/suggest.h"

int data_open(
    struct store_reader **out, const struct options *options, struct error *err)
{
	struct config config;
	if (locate_data(&config, options, err) != 0)
		return -1;
	int rc = store_reader_open(out, engines_for(config.data), config.data, err);
	if (rc != 0)
		(void)locate_explain_data(&config, err);
	config_clear(&config);
	return rc;
}

struct data_writer {
	struct config config;
	struct store *store; /* NULL: a server has it, or there was no request yet */
};

int data_writer_open(
    struct data_writer **out, const struct options *options, struct error *err)
{
	struct data_writer *writer = mem_new(1, sizeof(*writer));
	*out = NULL;
	if (locate_data(&writer->config, options, err) != 0) {
		free(writer);
		return -1;
	}
	*out = writer;
	return 0;
}

static int data_open_here(struct data_writer *writer, struct error *err)
{
	const char *dir = writer->config.data;
	struct store_reader *there = NULL;
	/* A mistyped --data must not make a new, empty store. */
	if (store_reader_open(&there, engines_for(dir), dir, err) != 0)
		return locate_explain_data(&writer->config, err);
	store_reader_close(there);
	return store_open(
	    &writer->store, engines_for(dir), &(struct store_config){.dir = dir}, err);
}

int data_writer_ask(
    struct data_writer *writer, json_t **answer, json_t *request, struct error *err)
{
	int rc = 1;
	if (writer->store == NULL)
		rc = control_request(writer->config.data, request, answer, err);
	if (rc == 1 && writer->store == NULL && data_open_here(writer, err) != 0)
		rc = -1;
	if (rc == 1)
		rc = control_execute(writer->store, request, answer, err);
	json_decref(request);
	return rc;
}

bool data_writer_alone(const struct data_writer *writer)
{
	return writer->store != NULL;
}

void data_writer_close(struct data_writer *writer)
{
	if (writer == NULL)
		return;
	store_close(writer->store);
	config_clear(&writer->config);
	free(writer);
}

int data_ask_server(
    json_t **answer, const struct options *options, json_t *request, struct error *err)
{
	struct config config;
	int rc = locate_data(&config, options, err);
	if (rc == 0) {
		rc = control_request(config.data, request, answer, err);
		if (rc == 1)
			rc = error_set(err, "no server runs on %s", config.data);
		config_clear(&config);
	}
	json_decref(request);
	return rc;
}

int data_change(
    json_t **answer, const struct options *options, json_t *request, struct error *err)
{
	struct data_writer *writer;
	if (data_writer_open(&writer, options, err) != 0) {
		json_decref(request);
		return -1;
	}
	int rc = data_writer_ask(writer, answer, request, err);
	data_writer_close(writer);
	return rc;
}

/* What has a command of its own is no collection. */
static const struct {
	const char *name, *instead;
} elsewhere[] = {
    {"events",
	": `offhook events` lists the events, and `offhook export events FILTER` "
	"finds some of them"},
    {"jobs", ": `offhook jobs list` lists the jobs"},
    {"queues", ": `offhook jobs stats` lists the queues"},
};

int data_check_collection(
    struct store_reader *reader, const char *collection, struct error *err)
{
	const char *instead = NULL;
	struct suggestion suggestion = {.word = span_of(collection)};
	struct arena *arena = arena_new();
	struct store_collection *c;
	struct buf all = {0};
	bool found = false;
	int rc = store_collections(reader, false, arena, &c, err);
	for (; rc == 0 && c != NULL && !found; c = c->next) {
		found = span_is(suggestion.word, c->name);
		suggest_offer(&suggestion, c->name);
		buf_printf(&all, "%s%s", all.len == 0 ? "" : ", ", c->name);
	}
	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(elsewhere[0]); i++)
		if (span_is(suggestion.word, elsewhere[i].name))
			instead = elsewhere[i].instead;
	if (rc == 0 && !found && instead != NULL) {
		rc = error_set(
		    err, "there is no collection \"%s\"%s", collection, instead);
	} else if (rc == 0 && !found) {
		(void)error_set(err, "there is no collection \"%s\"", collection);
		rc = suggest_explain(&suggestion,
		    all.len == 0 ? ": there are none yet"
				 : arena_printf(arena, ", but: %s", buf_text(&all)),
		    err);
	}
	buf_free(&all);
	arena_free(arena);
	return rc;
}

int data_check_queue(struct store_reader *reader, const oh_app *app, struct span name,
    const char *otherwise, struct error *err)
{
	struct suggestion suggestion = {.word = name};
	struct arena *arena = arena_new();
	struct store_queue *queue = NULL;
	const oh_worker *worker = app != NULL ? app->workers : NULL;
	bool found = name.ptr == NULL;
	for (; worker != NULL && worker->queue != NULL; worker++) {
		found = found || span_is(name, worker->queue);
		suggest_offer(&suggestion, worker->queue);
	}
	int rc = found ? 0 : store_queues(reader, false, arena, &queue, err);
	for (; queue != NULL && !found; queue = queue->next) {
		found = span_eq(name, queue->name);
		suggest_offer(&suggestion, arena_strndup(arena, queue->name));
	}
	if (rc == 0 && !found) {
		(void)error_set(err, "there is no queue \"%.*s\"", SPAN_ARG(name));
		rc = suggest_explain(&suggestion, otherwise, err);
	}
	arena_free(arena);
	return rc;
}

int data_filter(struct filter **out, const char *text, struct error *err)
{
	json_error_t where;
	*out = NULL;
	if (text == NULL)
		return 0;
	json_t *spec = json_loads(text, JSON_REJECT_DUPLICATES, &where);
	if (spec == NULL)
		return error_set(err,
		    "the filter is not JSON: %s, at character %d; it reads "
		    "'{\"from\": \"+15551234567\"}'",
		    where.text, where.position);
	int rc = filter_compile(out, spec, err);
	json_decref(spec);
	return rc;
}
