/* cmd_reload -- lets the server take changed settings over. */
#include <jansson.h>

#include "cli/data.h"
#include "view/term.h"

static void reload_print(const char *what, const json_t *names)
{
	size_t i;
	const json_t *name;
	json_array_foreach(names, i, name)
		(void)fprintf(
		    stderr, "%s%s", i == 0 ? what : ", ", json_string_value(name));
	if (json_array_size(names) > 0)
		(void)fputc('\n', stderr);
}

static int reload_run(const struct options *options)
{
	struct error err;
	json_t *answer = NULL;
	json_t *request = json_pack("{s:s}", "command", "reload");
	if (data_ask_server(&answer, options, request, &err) != 0)
		return options_fail(options, &err);
	const json_t *changed = json_object_get(answer, "changed");
	const json_t *restart = json_object_get(answer, "restart");
	if (options->json) {
		term_json(stdout, json_incref(answer));
	} else {
		if (json_array_size(changed) + json_array_size(restart) == 0)
			(void)fputs("nothing has changed\n", stderr);
		reload_print("changed: ", changed);
		reload_print("these need a restart: ", restart);
	}
	json_decref(answer);
	return EXIT_OK;
}

const struct command cmd_reload = {
    .name = "reload",
    .usage = "[options]",
    .summary = "let the server read its settings again",
    .about =
	"The server reads offhook.conf and its secrets again and takes over what may change while it\n"
	"runs: tokens, public-url, trusted-proxy, log-level and the settings of alerts.\n"
	"No request is lost. What else has changed is named: it needs a restart. When\n"
	"something is wrong in the file, all stays as it was, and the exit code is 1.\n"
	"Options and environment stay those that the server was started with. SIGHUP\n"
	"does the same, and the log has the result.\n",
    .examples = "  offhook reload\n",
    .settings = SETTINGS_DATA,
    .json = true,
    .run = reload_run,
};
