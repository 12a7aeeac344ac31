/* cmd_help -- `offhook help COMMAND` does the same as `offhook COMMAND --help`. */
#include "cli/completion.h"
#include "cli/help.h"
#include "cli/verb.h"
#include "cmd/commands.h"
#include "util/buf.h"

/* All but itself, which stands at the end of the table. */
static const char *help_word(size_t index)
{
	return commands[index] == &cmd_help ? NULL : commands[index]->name;
}

static int help_run(const struct options *options)
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
	if (options_has(options, "completion"))
		return completion_print(stdout, options_value(options, "completion"),
			   options->commands, &err) == 0
			   ? EXIT_OK
			   : options_misused(options, &err);
	if (options->arg_count == 0) {
		help_program(stdout, options->commands);
		return EXIT_OK;
	}
	const struct command *command =
	    command_find(options->commands, options->args[0], &err);
	const struct verb *verb = NULL;
	if (command != NULL && options->arg_count > 1)
		verb = verb_find(command, options->args[1], &err);
	if (command != NULL && (verb != NULL || options->arg_count == 1)) {
		help_command(stdout, command, verb);
		return EXIT_OK;
	}
	(void)options_fail(options, &err);
	(void)fprintf(stderr, "Try `%s --help`.\n", options_program());
	return EXIT_USAGE;
}

/* The first two print parts of the manual pages; tests compare these with man/. */
static const struct flag flags[] = {
    {"man-settings", .help = "print the settings in mdoc"},
    {"man-commands", .help = "print the commands in mdoc"},
    {"completion", "SHELL", .help = "print the completion for bash, zsh or fish"},
    {0},
};

const struct command cmd_help = {
    .name = "help",
    .usage = "[COMMAND [VERB]]",
    .summary = "explain a command",
    .hidden = true,
    .flags = flags,
    .max_args = 2,
    .word = help_word,
    .run = help_run,
};
