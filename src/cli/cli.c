#include "cli/cli.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "cli/help.h"
#include "cli/options.h"
#include "util/suggest.h"

const struct command *const cli_commands[] = {&cmd_create, &cmd_dev, &cmd_serve,
    &cmd_send, &cmd_verify, &cmd_events, &cmd_jobs, &cmd_query, &cmd_export, &cmd_index,
    &cmd_forget, &cmd_alerts, &cmd_config, &cmd_version, &cmd_help, NULL};

const char *cli_name(void)
{
	return program_invocation_short_name;
}

const struct command *cli_find(const char *name)
{
	for (size_t i = 0; cli_commands[i] != NULL; i++) {
		if (strcmp(cli_commands[i]->name, name) == 0)
			return cli_commands[i];
	}
	return NULL;
}

const char *cli_suggest(const char *name)
{
	struct suggestion suggestion = {.word = span_of(name)};
	for (size_t i = 0; cli_commands[i] != NULL; i++)
		suggest_offer(&suggestion, cli_commands[i]->name);
	return suggestion.best;
}

static int unknown_command(const char *name)
{
	const char *meant = cli_suggest(name);
	if (meant != NULL)
		(void)fprintf(stderr,
		    "%s: there is no command \"%s\"; did you mean \"%s\"?\n",
		    cli_name(), name, meant);
	else
		(void)fprintf(
		    stderr, "%s: there is no command \"%s\"\n", cli_name(), name);
	(void)fprintf(stderr, "Try `%s --help`.\n", cli_name());
	return EXIT_USAGE;
}

static int run(const struct command *command, int argc, char **argv, const oh_app *app)
{
	struct options options;
	struct error err;
	int code;
	int parsed = options_parse(&options, command, argc, argv, &err);
	options.app = app;
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
			(void)fprintf(stderr, "%s: standard output: %s\n", cli_name(),
			    strerror(errno));
		return code == EXIT_OK ? EXIT_FAILED : code;
	}
	return code;
}

int cli_main_app(int argc, char **argv, const oh_app *app)
{
	/* `offhook events | head` ends quietly, whoever started us. */
	(void)signal(SIGPIPE, SIG_DFL);
	if (argc < 2) {
		help_program(stderr);
		return EXIT_USAGE;
	}
	const char *name = argv[1];
	if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
		name = cmd_help.name;
	else if (strcmp(name, "--version") == 0)
		name = cmd_version.name;
	const struct command *command = cli_find(name);
	if (command == NULL)
		return unknown_command(name);
	return finish(run(command, argc - 2, argv + 2, app));
}
