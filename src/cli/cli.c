#include "cli/cli.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/help.h"
#include "cli/options.h"
#include "cli/verb.h"
#include "view/term.h"

static int cli_run(const struct command *const *commands, const struct command *command,
    int argc, char **argv, const oh_app *app)
{
	struct options options;
	struct error err;
	int code;
	int parsed = options_parse(&options, command, argc, argv, &err);
	options.app = app;
	options.commands = commands;
	if (parsed != 0) {
		code = options_misused(&options, &err);
	} else if (options.help) {
		help_command(stdout, command,
		    options.arg_count > 0 ? verb_find(command, options.args[0], &err)
					  : NULL);
		code = EXIT_OK;
	} else {
		code = command->verbs != NULL ? verb_run(&options)
					      : command->run(&options);
	}
	options_clear(&options);
	return code;
}

int cli_main(
    const struct command *const *commands, int argc, char **argv, const oh_app *app)
{
	/* `offhook events | head` ends quietly, even if our parent ignores SIGPIPE. */
	(void)signal(SIGPIPE, SIG_DFL);
	if (argc < 2) {
		help_program(stderr, commands);
		return EXIT_USAGE;
	}
	const char *name = argv[1];
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		name = "help";
	else if (strcmp(name, "--version") == 0)
		name = "version";
	struct error err;
	const struct command *command = command_find(commands, name, &err);
	if (command == NULL) {
		term_say(stderr, "%s: %s\nTry `%s --help`.", options_program(),
		    err.text, options_program());
		return EXIT_USAGE;
	}
	int code = cli_run(commands, command, argc - 2, argv + 2, app);
	/* Output that could not be written is a failure, unless its reader closed the
	 * pipe. */
	bool failed = ferror(stdout) != 0;
	if (fflush(stdout) == 0 && !failed)
		return code;
	if (errno != EPIPE)
		(void)fprintf(stderr, "%s: standard output: %s\n", options_program(),
		    strerror(errno));
	return code == EXIT_OK ? EXIT_FAILED : code;
}
