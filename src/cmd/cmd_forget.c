/* cmd_forget -- erases one person's data. */
#include <string.h>
#include <unistd.h>

#include "cli/data.h"
#include "view/term.h"

/* Asks a person at a terminal. Without a terminal, --yes is needed. */
static int forget_confirm(const struct options *options, struct error *err)
{
	char answer[8] = "";
	if (options_has(options, "yes"))
		return 0;
	if (isatty(STDIN_FILENO) == 0)
		return error_set(err, "it asks before it erases; give --yes to go on");
	(void)fprintf(stderr, "Erase for good what is stored of ");
	term_print(stderr, span_of(options->args[0]), false);
	(void)fprintf(stderr, "? [y/N] ");
	if (fgets(answer, sizeof(answer), stdin) == NULL ||
	    (answer[0] != 'y' && answer[0] != 'Y'))
		return error_set(err, "nothing was erased");
	return 0;
}

static long long forget_count(const json_t *answer, const char *name)
{
	return json_integer_value(json_object_get(answer, name));
}

static void forget_print(const json_t *answer)
{
	long long events = forget_count(answer, "events");
	long long documents = forget_count(answer, "documents");
	long long jobs = forget_count(answer, "jobs");
	long long errors = forget_count(answer, "errors");
	long long names = forget_count(answer, "names");
	(void)printf(
	    "erased: what %lld event%s held, %lld document%s, and %lld job%s\n", events,
	    events == 1 ? "" : "s", documents, documents == 1 ? "" : "s", jobs,
	    jobs == 1 ? "" : "s");
	if (errors > 0)
		(void)printf(
		    "erased from alerts and other jobs: the errors of %lld\n", errors);
	if (names > 0)
		(void)printf("kept: %lld name%s of collections, indexes or queues with "
			     "it\n",
		    names, names == 1 ? "" : "s");
}

static int forget_run(const struct options *options)
{
	struct error err;
	json_t *answer = NULL;
	if (options->args[0][0] == '\0') {
		(void)error_set(&err, "the address is empty");
		return options_misused(options, &err);
	}
	json_t *request =
	    json_pack("{s:s, s:s}", "command", "forget", "address", options->args[0]);
	if (request == NULL) {
		(void)error_set(&err, "the address is not UTF-8");
		return options_misused(options, &err);
	}
	if (forget_confirm(options, &err) != 0) {
		json_decref(request);
		return options_fail(options, &err);
	}
	if (term_is_tty(stderr))
		(void)fprintf(stderr, "erasing…\n");
	if (data_change(&answer, options, request, &err) != 0)
		return options_fail(options, &err);
	if (options->json)
		term_json(stdout, json_incref(answer));
	else
		forget_print(answer);
	json_decref(answer);
	return EXIT_OK;
}

static const struct flag flags[] = {
    {"yes", .help = "do not ask", .letter = 'y'},
    {0},
};

const struct command cmd_forget = {
    .name = "forget",
    .usage = "ADDRESS [options]",
    .summary = "erase one person's data",
    .about =
	"Erases what holds the address, beside a running server too: the parameters,\n"
	"path, query, body, headers and reply of events; documents and keys; jobs, by\n"
	"their payload, group or unique key; the errors of alerts and of other jobs.\n"
	"What is told of the same calls and messages without a number goes with them.\n"
	"The events' rows stay, empty, so that their repeats are still known.\n"
	"\n"
	"A phone number is found in every spelling (+1555…, %2B1555…, whatsapp:+1555…,\n"
	"1555…, \\u002b1555…, Base64), within a text too, but not in a longer number. A\n"
	"short code or a bare name is found only where it is a whole value.\n"
	"\n"
	"It cannot find a number in words, with spaces or without its country code, nor\n"
	"what is compressed, encrypted or cut up by a handler. What is stored while it\n"
	"runs may stay: it can be repeated. Backups, exports, the lines of the log,\n"
	"templates and settings, and what Twilio has, are yours to mend.\n",
    .examples = "  offhook forget +15551234567\n"
		"  offhook forget whatsapp:+15551234567 --yes\n",
    .flags = flags,
    .settings = SETTINGS_DATA,
    .json = true,
    .min_args = 1,
    .max_args = 1,
    .run = forget_run,
};
