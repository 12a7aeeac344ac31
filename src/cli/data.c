#include "cli/data.h"

#include <stdlib.h>

#include "control/control.h"
#include "engines/engines.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/suggest.h"

int data_open(
    struct store_reader **out, const struct options *options, struct error *err)
{
	struct config config;
	if (options_config(&config, options, err) != 0)
		return -1;
	int rc = store_reader_open(out, engines_for(config.data), config.data, err);
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
	if (options_config(&writer->config, options, err) != 0) {
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
		return -1;
	store_reader_close(there);
	return store_open(
	    &writer->store, engines_for(dir), &(struct store_config){.dir = dir}, err);
}

int data_writer_ask(
    struct data_writer *writer, json_t **answer, json_t *request, struct error *err)
{
	int rc = writer->store != NULL
		     ? 1
		     : control_request(writer->config.data, request, answer, err);
	if (rc == 1) {
		rc = writer->store != NULL ? 0 : data_open_here(writer, err);
		if (rc == 0)
			rc = control_execute(writer->store, request, answer, err);
	}
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

struct search {
	struct arena *arena;
	struct suggestion suggestion;
	struct buf all;
	bool found;
};

static bool look(void *ctx, const char *name, const char *key_field, int64_t count)
{
	struct search *search = ctx;
	(void)key_field;
	(void)count;
	if (span_is(search->suggestion.word, name))
		search->found = true;
	suggest_offer(&search->suggestion, arena_strdup(search->arena, name));
	buf_printf(&search->all, "%s%s", search->all.len == 0 ? "" : ", ", name);
	return !search->found;
}

static int no_collection(const struct search *search, struct error *err)
{
	int len = (int)search->suggestion.word.len;
	const char *name = search->suggestion.word.ptr;
	if (search->all.len == 0)
		return error_set(err,
		    "there is no collection \"%.*s\": there are none yet", len, name);
	if (search->suggestion.best != NULL)
		return error_set(err,
		    "there is no collection \"%.*s\"; did you mean \"%s\"?", len, name,
		    search->suggestion.best);
	return error_set(err, "there is no collection \"%.*s\", but: %s", len, name,
	    buf_text(&search->all));
}

int data_check_collection(
    struct store_reader *reader, const char *collection, struct error *err)
{
	struct search search = {
	    .arena = arena_new(), .suggestion = {.word = span_of(collection)}};
	int rc = store_collections(reader, look, &search, err);
	if (rc == 0 && !search.found)
		rc = no_collection(&search, err);
	buf_free(&search.all);
	arena_free(search.arena);
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
