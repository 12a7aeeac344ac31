#include "cli/fields.h"

#include <string.h>

#include "query/path.h"
#include "util/arena.h"
#include "util/buf.h"
#include "util/suggest.h"
#include "view/term.h"

/* So many documents are looked at for what was meant, so deep. */
enum { SAMPLE = 100, DEPTH = 3 };

/* 1: some document has it. */
static int fields_find(struct store_reader *reader, const char *collection,
    const char *path, struct error *err)
{
	json_t *spec = json_pack("{s:{s:b}}", path, "$exists", 1);
	struct filter *filter = NULL;
	struct store_doc doc;
	int rc = filter_compile(&filter, spec, err);
	json_decref(spec);
	if (rc != 0)
		return -1;
	struct store_query query = {
	    .collection = collection, .filter = filter, .limit = 1};
	struct store_docs *docs = store_docs_open(reader, &query);
	rc = store_docs_next(docs, &doc, err);
	store_docs_close(docs);
	filter_free(filter);
	return rc;
}

static void fields_offer(struct suggestion *suggestion, const json_t *object,
    const char *prefix, int depth, struct arena *arena)
{
	const char *name;
	json_t *value;
	json_object_foreach(path_fields(object), name, value) {
		const char *path = arena_printf(arena, "%s%s", prefix, name);
		suggest_offer(suggestion, path);
		if (json_is_object(value) && depth > 1)
			fields_offer(suggestion, value,
			    arena_printf(arena, "%s.", path), depth - 1, arena);
	}
}

/* False when there are no documents at all. */
static bool fields_suggest(struct suggestion *suggestion, struct store_reader *reader,
    const char *collection, struct arena *arena)
{
	struct store_query query = {.collection = collection, .limit = SAMPLE};
	struct store_doc doc;
	struct error ignored;
	bool any = false;
	struct store_docs *docs = store_docs_open(reader, &query);
	while (store_docs_next(docs, &doc, &ignored) == 1) {
		any = true;
		fields_offer(suggestion, doc.json, "", DEPTH, arena);
	}
	store_docs_close(docs);
	return any;
}

int fields_check(struct store_reader *reader, const char *collection, const char *path,
    struct error *err)
{
	struct suggestion suggestion = {.word = span_of(path)};
	int rc = fields_find(reader, collection, path, err);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	struct arena *arena = arena_new();
	if (fields_suggest(&suggestion, reader, collection, arena)) {
		(void)error_set(
		    err, "no document of %s has a field \"%s\"", collection, path);
		rc = suggest_explain(&suggestion, "", err);
	}
	arena_free(arena);
	return rc;
}

/* Calls check for each path of a filter, also within $and, $or and $nor, until it fails. */
struct fields_walk {
	int (*check)(
	    const struct fields_walk *walk, const char *path, struct error *err);
	struct store_reader *reader;
	const char *collection;
	const char *const *known;
};

static int fields_walk(
    const struct fields_walk *walk, const json_t *spec, struct error *err)
{
	const char *name;
	json_t *value, *part;
	size_t i;
	int rc = 0;
	json_object_foreach(path_fields(spec), name, value) {
		if (rc == 0 && name[0] != '$')
			rc = walk->check(walk, name, err);
		json_array_foreach(value, i, part) {
			if (rc == 0 && name[0] == '$')
				rc = fields_walk(walk, part, err);
		}
	}
	return rc;
}

static int fields_walk_text(
    const struct fields_walk *walk, const char *filter, struct error *err)
{
	json_t *spec = filter != NULL ? json_loads(filter, 0, NULL) : NULL;
	int rc = fields_walk(walk, spec, err);
	json_decref(spec);
	return rc;
}

static int walk_check_known(
    const struct fields_walk *walk, const char *path, struct error *err)
{
	struct span first = span_head(span_of(path), span_find(span_of(path), '.'));
	struct suggestion suggestion = {.word = first};
	struct buf all = {0};
	for (const char *const *known = walk->known; *known != NULL; known++) {
		if (span_is(first, *known)) {
			buf_free(&all);
			return 0;
		}
		suggest_offer(&suggestion, *known);
		buf_printf(&all, "%s%s", all.len == 0 ? ", but: " : ", ", *known);
	}
	(void)error_set(err, "there is no field \"%.*s\"", SPAN_ARG(first));
	(void)suggest_explain(&suggestion, buf_text(&all), err);
	buf_free(&all);
	return -1;
}

int fields_check_known(const char *filter, const char *const *known, struct error *err)
{
	return fields_walk_text(
	    &(struct fields_walk){.check = walk_check_known, .known = known}, filter,
	    err);
}

static int walk_check_documents(
    const struct fields_walk *walk, const char *path, struct error *err)
{
	return fields_check(walk->reader, walk->collection, path, err);
}

void fields_explain(
    struct store_reader *reader, const char *collection, const char *filter)
{
	struct error err = {0};
	const struct fields_walk walk = {
	    .check = walk_check_documents, .reader = reader, .collection = collection};
	if (fields_walk_text(&walk, filter, &err) != 0)
		term_say(stderr, "%s", err.text);
}
