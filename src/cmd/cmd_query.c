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

static bool print_doc(void *ctx, int64_t row, json_t *doc)
{
	const struct query *query = ctx;
	(void)row;
	if (query->pretty) {
		char *text = json_dumps(doc, JSON_INDENT(2));
		term_print(stdout, span_of(text), true);
		(void)fputc('\n', stdout);
		free(text);
	} else {
		term_json(stdout, doc);
	}
	return ferror(stdout) == 0;
}

static bool print_collection(
    void *ctx, const char *name, const char *key_field, int64_t count)
{
	const struct query *query = ctx;
	if (query->options->json) {
		json_t *line = json_pack("{s:s, s:s?, s:I}", "collection", name, "key",
		    key_field, "count", (json_int_t)count);
		term_json(stdout, line);
		json_decref(line);
	} else {
		(void)printf("%-24s %10lld%s%s\n", name, (long long)count,
		    key_field != NULL ? "  key " : "",
		    key_field != NULL ? key_field : "");
	}
	return true;
}

static int print_count(
    const struct query *query, struct store_reader *reader, struct error *err)
{
	int64_t count = store_count(reader, &query->store, err);
	if (count < 0)
		return -1;
	(void)printf(
	    query->options->json ? "{\"count\":%lld}\n" : "%lld\n", (long long)count);
	return 0;
}

static int print_all(
    struct query *query, struct store_reader *reader, struct error *err)
{
	if (query->store.collection == NULL)
		return store_collections(reader, print_collection, query, err);
	if (data_check_collection(reader, query->store.collection, err) != 0)
		return -1;
	if (options_has(query->options, "count"))
		return print_count(query, reader, err);
	return store_find(reader, &query->store, print_doc, query, err);
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
		 print_all(&query, reader, &err) != 0)
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
