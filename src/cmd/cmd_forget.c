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

static void forget_print(const json_t *answer)
{
	long long events = json_integer_value(json_object_get(answer, "events"));
	long long documents = json_integer_value(json_object_get(answer, "documents"));
	long long jobs = json_integer_value(json_object_get(answer, "jobs"));
	(void)printf(
	    "erased: what %lld event%s held, %lld document%s, and %lld job%s\n", events,
	    events == 1 ? "" : "s", documents, documents == 1 ? "" : "s", jobs,
	    jobs == 1 ? "" : "s");
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
	"Empties every event in which a parameter equals the address, and removes every\n"
	"document and job in which a value does (of the payload; the group or unique\n"
	"key). The events' rows stay, without contents, so that their repeats are still\n"
	"known. The bytes leave the files too; backups and exports are yours to mend.\n"
	"Works beside a running server.\n",
    .examples = "  offhook forget +15551234567\n"
		"  offhook forget whatsapp:+15551234567 --yes\n",
    .flags = flags,
    .settings = SETTINGS_DATA,
    .json = true,
    .min_args = 1,
    .max_args = 1,
    .run = forget_run,
};
