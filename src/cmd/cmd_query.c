/* cmd_query -- finds documents, or lists the collections. */
#include <stdlib.h>
#include <string.h>

#include "cli/data.h"
#include "view/term.h"

struct query {
	const struct options *options;
	struct store_query store;
	struct filter *filter;
	json_t *sort;
	bool pretty; /* indented, on a terminal */
};

/* The sort is a field's name, "-name" for descending order, or JSON. */
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
		bool down = text[0] == '-';
		query->sort = json_pack("{s:i}", text + (down ? 1 : 0), down ? -1 : 1);
	}
	query->store.sort = query->sort;
	return query->sort != NULL ? filter_sort_check(query->sort, err)
				   : error_set(err, "--sort: \"%s\" is no field", text);
}

static int query_read_options(struct query *query, struct error *err)
{
	const struct options *options = query->options;
	const char *text = options->arg_count > 1 ? options->args[1] : NULL;
	if (options->arg_count > 0)
		query->store.collection = options->args[0];
	if (options_int(options, "limit", 0, INT64_MAX, &query->store.limit, err) !=
		0 ||
	    options_int(options, "skip", 0, INT64_MAX, &query->store.skip, err) != 0 ||
	    data_filter(&query->filter, text, err) != 0)
		return -1;
	query->store.filter = query->filter;
	return query_read_sort(query, err);
}

static int query_print_docs(
    const struct query *query, struct store_reader *reader, struct error *err)
{
	struct store_doc doc;
	int rc = 0;
	struct store_docs *docs = store_docs_open(reader, &query->store);
	while (ferror(stdout) == 0 && (rc = store_docs_next(docs, &doc, err)) == 1) {
		if (!query->pretty) {
			term_json(stdout, json_incref(doc.json));
			continue;
		}
		char *text = json_dumps(doc.json, JSON_INDENT(2));
		term_print(stdout, span_of(text), true);
		(void)fputc('\n', stdout);
		free(text);
	}
	store_docs_close(docs);
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
	if (data_check_collection(reader, query->store.collection, err) != 0)
		return -1;
	if (!options_has(query->options, "count"))
		return query_print_docs(query, reader, err);
	int64_t count = store_count(reader, &query->store, err);
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
	.help = "by that field; -FIELD: downwards; or {\"a\": 1, \"b\": -1}"},
    {"limit", "N", .help = "at most N documents", .letter = 'n'},
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
