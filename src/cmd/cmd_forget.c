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

/* A phone number as people write it, without what is for the eye alone: "+1 (555) 123-4567".
 * Any other address as it is. */
static int forget_read_address(
    char **out, const struct options *options, struct error *err)
{
	static const char shown[] = " ()-./";

	enum { DIGITS_MIN = 7 };

	const char *given = options->args[0];
	char *at = *out = arena_strdup(options->arena, given);
	size_t digits = 0;
	if (given[0] == '\0')
		return error_set(err, "the address is empty");
	if (strspn(given, "+0123456789 ()-./") < strlen(given))
		return 0;
	for (const char *c = given; *c != '\0'; c++) {
		if (strchr(shown, *c) == NULL)
			*at++ = *c;
		digits += *c >= '0' && *c <= '9' ? 1 : 0;
	}
	*at = '\0';
	if (given[0] == '+' && strchr(*out + 1, '+') == NULL && digits >= DIGITS_MIN)
		return 0;
	if (strlen(*out) == strlen(given) && digits == strlen(given))
		return 0; /* a short code, or a number without its plus sign */
	return error_set(err,
	    "\"%s\" is no phone number: write it with its country code, as +15551234567",
	    given);
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
	if (events + documents + jobs + errors + names == 0) {
		(void)printf("nothing that is stored holds it\n");
		return;
	}
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
	char *address;
	if (forget_read_address(&address, options, &err) != 0)
		return options_misused(options, &err);
	json_t *request =
	    json_pack("{s:s, s:s}", "command", "forget", "address", address);
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
	"It cannot find a number in words, with spaces, with 00 for its plus sign or\n"
	"without its country code, nor what a handler has compressed, encrypted, cut up or\n"
	"written as HTML's &#43; entities. What is stored while it\n"
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
