/* cmd_help -- help, for those who type it as a command. */
#include "cli/help.h"
#include "cli/options.h"
#include "util/buf.h"

static int run(const struct options *options)
{
	struct error err;
	if (options_has(options, "man-settings")) {
		struct buf man = {0};
		setting_man(&man);
		(void)fputs(buf_text(&man), stdout);
		buf_free(&man);
		return EXIT_OK;
	}
	if (options_has(options, "man-commands")) {
		help_man(stdout, options->commands);
		return EXIT_OK;
	}
	if (options->arg_count == 0) {
		help_program(stdout, options->commands);
		return EXIT_OK;
	}
	const char *name = options->args[0];
	const struct command *command = command_find(options->commands, name);
	if (command != NULL) {
		help_command(stdout, command);
		return EXIT_OK;
	}
	const char *meant = command_suggest(options->commands, name);
	(void)error_set(&err, "there is no command \"%s\"%s%s%s", name,
	    meant != NULL ? "; did you mean \"" : "", meant != NULL ? meant : "",
	    meant != NULL ? "\"?" : "");
	(void)options_fail(options, &err);
	(void)fprintf(stderr, "Try `%s --help`.\n", options_program());
	return EXIT_USAGE;
}

/* The flags print parts of the manual pages, which a test compares. */
static const struct flag flags[] = {
    {"man-settings", NULL, "print the settings in mdoc", 0, false},
    {"man-commands", NULL, "print the commands in mdoc", 0, false},
    {0},
};

const struct command cmd_help = {
    .name = "help",
    .usage = "[COMMAND]",
    .summary = "explain a command",
    .hidden = true,
    .flags = flags,
    .max_args = 1,
    .run = run,
};
