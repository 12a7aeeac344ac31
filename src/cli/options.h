/* options -- a command line, parsed by its command's table. */
#ifndef OFFHOOK_CLI_OPTIONS_H
#define OFFHOOK_CLI_OPTIONS_H

#include <stdint.h>
#include <stdio.h>

#include "cli/command.h"
#include "config/config.h"
#include "offhook.h"
#include "util/arena.h"
#include "util/error.h"

struct options_given {
	const struct flag *flag;
	const char *value; /* "" when it takes none, or it was left out */
};

struct options {
	const struct command *const *commands; /* all that there are, ended by NULL */
	const struct command *command;
	struct options_given *given; /* in the order of the command line */
	size_t given_count;
	const char **args; /* what is no option */
	size_t arg_count;
	struct config_input input; /* --config and the settings given as flags */
	bool json, help;
	const oh_app *app; /* whose program this is; NULL: the built-in one's */
	struct arena *arena;
};

/* Parses what follows the command's name. -1 with err for what the command does not
 * know or lacks. Both `--opt value` and `--opt=value`; `--` ends the options. */
int options_parse(struct options *out, const struct command *command, int argc,
    char **argv, struct error *err);
void options_clear(struct options *options);

/* The last value given; NULL when it was not. name must be one of the command's. */
const char *options_value(const struct options *options, const char *name);
bool options_has(const struct options *options, const char *name);
/* A whole number within [min, max]; *out stays when the option was not given. */
int options_int(const struct options *options, const char *name, int64_t min,
    int64_t max, int64_t *out, struct error *err);
/* An age ("90s", "15m", "2h", "7d") as the moment so long before now; *out stays when the
 * option was not given. */
int options_since(const struct options *options, const char *name, int64_t now_ms,
    int64_t *out, struct error *err);
/* Reads the configuration with the options given. */
int options_config(
    struct config *out, const struct options *options, struct error *err);

/* What the program is called, as help and messages name it: a user's has its own name. */
const char *options_program(void);
/* "offhook NAME: error" on stderr. Returns EXIT_FAILED. */
int options_fail(const struct options *options, const struct error *err);
/* The same and where help is. Returns EXIT_USAGE. */
int options_misused(const struct options *options, const struct error *err);

#endif
