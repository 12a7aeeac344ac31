/* cmd_index -- makes an index on a field of a collection. */
#include "cli/data.h"
#include "view/term.h"

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

const struct command cmd_index = {
    .name = "index",
    .usage = "COLLECTION PATH [options]",
    .summary = "index a collection by a field",
    .about = "Queries for equal values of the field then need no scan. Works beside a\n"
	     "running server; an index that is there already is left as it is.\n",
    .examples = "  offhook index sms_messages from\n"
		"  offhook index orders customer.id\n",
    .settings = SETTINGS_DATA,
    .json = true,
    .min_args = 2,
    .max_args = 2,
    .run = index_run,
};
