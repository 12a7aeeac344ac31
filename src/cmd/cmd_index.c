/* cmd_index -- makes an index on a field of a collection. */
#include "cli/data.h"
#include "cli/fields.h"
#include "view/term.h"

/* An index of a misspelt collection or field would be made, and help nobody. */
static int index_check(const struct options *options, struct error *err)
{
	struct store_reader *reader = NULL;
	if (options_has(options, "force"))
		return 0;
	int rc = data_open(&reader, options, err);
	if (rc == 0)
		rc = data_check_collection(reader, options->args[0], err);
	if (rc == 0)
		rc = fields_check(reader, options->args[0], options->args[1], err);
	store_reader_close(reader);
	return rc;
}

static int index_run(const struct options *options)
{
	struct error err;
	json_t *answer = NULL;
	json_t *request = json_pack("{s:s, s:s, s:s}", "command", "index", "collection",
	    options->args[0], "path", options->args[1]);
	if (request == NULL) {
		(void)error_set(&err, "the names are not UTF-8");
		return options_misused(options, &err);
	}
	if (index_check(options, &err) != 0) {
		json_decref(request);
		return options_fail(options, &err);
	}
	if (data_change(&answer, options, request, &err) != 0)
		return options_fail(options, &err);
	if (options->json)
		term_json(stdout, json_incref(answer));
	else
		(void)fprintf(stderr, "%s is indexed by %s\n", options->args[0],
		    options->args[1]);
	json_decref(answer);
	return EXIT_OK;
}

static const struct flag flags[] = {
    {"force", .help = "also of a collection or field that no document has yet"},
    {0},
};

const struct command cmd_index = {
    .name = "index",
    .usage = "COLLECTION PATH [options]",
    .summary = "index a collection by a field",
    .about = "Queries for equal values of the field then need no scan. Works beside a\n"
	     "running server; an index that is there already is left as it is.\n",
    .examples = "  offhook index sms_messages from\n"
		"  offhook index orders customer.id\n",
    .flags = flags,
    .settings = SETTINGS_DATA,
    .json = true,
    .min_args = 2,
    .max_args = 2,
    .run = index_run,
};
