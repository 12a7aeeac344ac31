/* cmd_query -- finds documents, or lists the collections. */
#include <stdlib.h>
#include <string.h>

#include "cli/data.h"
#include "cli/fields.h"
#include "view/term.h"

struct query {
	const struct options *options;
	struct store_query store;
	struct filter *filter;
	json_t *sort;
	bool pretty; /* indented, on a terminal */
};

/* 1 or -1; 0: the word is no direction. */
static int sort_direction(struct span word)
{
	bool up = span_is(word, "1") || span_is(word, "asc");
	bool down = span_is(word, "-1") || span_is(word, "desc");
	return up ? 1 : down ? -1 : 0;
}

/* "name", "-name", "name:-1" or "name:desc", added to the sort. */
static int sort_add(struct query *query, struct span term, struct error *err)
{
	bool minus = term.len > 0 && term.ptr[0] == '-';
	struct span field = span_trim(span_from(term, minus ? 1 : 0));
	size_t colon = span_find(field, ':');
	int direction = minus ? -1 : 1;
	if (colon < field.len) {
		direction = minus ? 0 : sort_direction(span_from(field, colon + 1));
		field = span_head(field, colon);
	}
	const char *name = arena_strndup(query->options->arena, field);
	if (direction == 0)
		return error_set(err,
		    "--sort: \"%.*s\" has no direction that is known; write %s, -%s, "
		    "%s:1 or %s:-1",
		    SPAN_ARG(term), name, name, name, name);
	if (json_object_get(query->sort, name) != NULL)
		return error_set(err, "--sort: \"%s\" is there twice", name);
	if (json_object_set_new(query->sort, name, json_integer(direction)) != 0)
		return error_set(err, "--sort: \"%s\" is no field", name);
	return 0;
}

/* The sort is a list of fields with directions, or JSON. */
static int query_read_sort(struct query *query, struct error *err)
{
	const char *text = options_value(query->options, "sort");
	json_error_t where;
	if (text == NULL)
		return 0;
	if (text[0] == '{') {
		query->sort = json_loads(text, JSON_REJECT_DUPLICATES, &where);
		if (query->sort == NULL)
			return error_set(err, "--sort is not JSON: %s", where.text);
	} else {
		query->sort = json_object();
		for (struct span rest = span_of(text); rest.ptr != NULL;) {
			size_t comma = span_find(rest, ',');
			if (sort_add(query, span_trim(span_head(rest, comma)), err) !=
			    0)
				return -1;
			rest = comma < rest.len ? span_from(rest, comma + 1)
						: (struct span){0};
		}
	}
	query->store.sort = query->sort;
	return filter_sort_check(query->sort, err);
}

static int query_check_fields(
    const struct query *query, struct store_reader *reader, struct error *err)
{
	const char *path;
	json_t *direction;
	json_object_foreach(query->sort, path, direction) {
		if (fields_check(reader, query->store.collection, path, err) != 0)
			return error_wrap(err, "--sort");
	}
	return 0;
}

/* Without a collection there is nothing to sort or leave out. */
static int query_check_options(const struct options *options, struct error *err)
{
	if (options->arg_count == 0 && options->given_count > 0)
		return error_set(
		    err, "--%s: of which collection?", options->given[0].flag->name);
	return 0;
}

static int query_read_options(struct query *query, struct error *err)
{
	const struct options *options = query->options;
	const char *text = options->arg_count > 1 ? options->args[1] : NULL;
	if (options->arg_count > 0)
		query->store.collection = options->args[0];
	if (query_check_options(options, err) != 0 ||
	    options_int(options, "limit", 0, INT64_MAX, &query->store.limit, err) !=
		0 ||
	    options_int(options, "skip", 0, INT64_MAX, &query->store.skip, err) != 0 ||
	    data_filter(&query->filter, text, err) != 0)
		return -1;
	query->store.filter = query->filter;
	return query_read_sort(query, err);
}

static void query_explain_none(const struct query *query, struct store_reader *reader)
{
	if (query->options->arg_count > 1)
		fields_explain(
		    reader, query->store.collection, query->options->args[1]);
}

static int query_print_docs(
    const struct query *query, struct store_reader *reader, struct error *err)
{
	struct store_doc doc;
	int64_t count = 0;
	int rc = 0;
	struct store_docs *docs = store_docs_open(reader, &query->store);
	while (ferror(stdout) == 0 && (rc = store_docs_next(docs, &doc, err)) == 1) {
		count++;
		if (!query->pretty) {
			term_json(stdout, json_incref(doc.json));
			continue;
		}
		term_json_dump(stdout, doc.json, JSON_INDENT(2));
	}
	store_docs_close(docs);
	if (rc == 0 && count == 0)
		query_explain_none(query, reader);
	return rc < 0 ? -1 : 0;
}

static int query_print_collections(
    const struct query *query, struct store_reader *reader, struct error *err)
{
	struct store_collection *c;
	if (store_collections(reader, true, query->options->arena, &c, err) < 0)
		return -1;
	for (; c != NULL; c = c->next) {
		if (query->options->json)
			term_json(stdout,
			    json_pack("{s:s, s:s?, s:I}", "collection", c->name, "key",
				c->key_field, "count", (json_int_t)c->count));
		else
			(void)printf("%-24s %10lld%s%s\n", c->name, (long long)c->count,
			    c->key_field != NULL ? "  key " : "",
			    c->key_field != NULL ? c->key_field : "");
	}
	return 0;
}

static int query_print_all(
    struct query *query, struct store_reader *reader, struct error *err)
{
	if (query->store.collection == NULL)
		return query_print_collections(query, reader, err);
	if (data_check_collection(reader, query->store.collection, err) != 0 ||
	    query_check_fields(query, reader, err) != 0)
		return -1;
	if (!options_has(query->options, "count"))
		return query_print_docs(query, reader, err);
	int64_t count = store_count(reader, &query->store, err);
	if (count == 0)
		query_explain_none(query, reader);
	if (count >= 0)
		(void)printf(query->options->json ? "{\"count\":%lld}\n" : "%lld\n",
		    (long long)count);
	return count < 0 ? -1 : 0;
}

static int query_run(const struct options *options)
{
	struct query query = {
	    .options = options, .pretty = !options->json && term_is_tty(stdout)};
	struct store_reader *reader = NULL;
	struct error err;
	int code = EXIT_OK;
	if (query_read_options(&query, &err) != 0)
		code = options_misused(options, &err);
	else if (data_open(&reader, options, &err) != 0 ||
		 query_print_all(&query, reader, &err) != 0)
		code = options_fail(options, &err);
	store_reader_close(reader);
	filter_free(query.filter);
	json_decref(query.sort);
	return code;
}

static const struct flag flags[] = {
    {"sort", "FIELD",
	.help = "-FIELD or FIELD:-1: downwards; A,B; or {\"a\": 1, \"b\": -1}"},
    {"limit", "N", .help = "at most N documents; 0: all", .letter = 'n'},
    {"skip", "N", .help = "leave out the first N"},
    {"count", .help = "only say how many"},
    {0},
};

const struct command cmd_query = {
    .name = "query",
    .usage = "[COLLECTION [FILTER]] [options]",
    .summary = "find documents",
    .about =
	"FILTER is MongoDB's: $eq $ne $gt $gte $lt $lte $in $nin $exists $regex $not\n"
	"$and $or $nor, and dotted paths. Without COLLECTION, lists the collections.\n"
	"Prints a document a line, indented ones on a terminal.\n",
    .examples =
	"  offhook query\n"
	"  offhook query sms_messages '{\"from\": \"+15551234567\"}' --sort -receivedAt\n"
	"  offhook query calls '{\"status\": {\"$in\": [\"busy\", \"no-answer\"]}}' --count\n",
    .flags = flags,
    .settings = SETTINGS_DATA,
    .json = true,
    .max_args = 2,
    .run = query_run,
};
