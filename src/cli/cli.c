#include "cli/cli.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/help.h"
#include "cli/options.h"

static int unknown_command(const struct command *const *commands, const char *name)
{
	const char *meant = command_suggest(commands, name);
	if (meant != NULL)
		(void)fprintf(stderr,
		    "%s: there is no command \"%s\"; did you mean \"%s\"?\n",
		    options_program(), name, meant);
	else
		(void)fprintf(stderr, "%s: there is no command \"%s\"\n",
		    options_program(), name);
	(void)fprintf(stderr, "Try `%s --help`.\n", options_program());
	return EXIT_USAGE;
}

static int run(const struct command *const *commands, const struct command *command,
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
		help_command(stdout, command);
		code = EXIT_OK;
	} else {
		code = command->run(&options);
	}
	options_clear(&options);
	return code;
}

/* What could not be written is a failure, except to a reader that had enough. */
static int finish(int code)
{
	bool failed = ferror(stdout) != 0;
	if (fflush(stdout) != 0 || failed) {
		if (errno != EPIPE)
			(void)fprintf(stderr, "%s: standard output: %s\n",
			    options_program(), strerror(errno));
		return code == EXIT_OK ? EXIT_FAILED : code;
	}
	return code;
}

int cli_main(
    const struct command *const *commands, int argc, char **argv, const oh_app *app)
{
	/* `offhook events | head` ends quietly, whoever started us. */
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
	const struct command *command = command_find(commands, name);
	if (command == NULL)
		return unknown_command(commands, name);
	return finish(run(commands, command, argc - 2, argv + 2, app));
}
