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
	const char *value; /* "" when there is none */
};

struct options {
	const struct command *const *commands; /* all there are; ends with NULL */
	const struct command *command;
	struct options_given *given; /* in the order of the command line */
	size_t given_count;
	const char **args; /* the words that are not options */
	size_t arg_count;
	struct config_input input;    /* --config and the settings given as flags */
	struct config_flag *settings; /* those that input has as flags */
	bool json, help;
	const oh_app *app; /* NULL: the built-in one */
	struct arena *arena;
};

/* Parses what follows the command's name. -1 with err when an option is unknown, lacks its
 * value or has two, or an argument is missing. (Of a setting the last value counts.) Both `--opt value` and `--opt=value` work; `--` ends the options. */
int options_parse(struct options *out, const struct command *command, int argc,
    char **argv, struct error *err);
void options_clear(struct options *options);

/* --help, which every command has, and --json and --config, which a command may have. */
extern const struct flag options_help, options_json, options_config_file;
/* Whether the setting may be given as an option of the command. */
bool options_take_setting(const struct command *command, const struct setting *setting);

/* The value given; NULL when the option was not given. Of an option that repeats, the last
 * one. Asserts that the command has
 * an option of that name. */
const char *options_value(const struct options *options, const char *name);
bool options_has(const struct options *options, const char *name);
/* A whole number within [min, max]; leaves *out alone when the option was not given. */
int options_int(const struct options *options, const char *name, int64_t min,
    int64_t max, int64_t *out, struct error *err);
/* An age ("90s", "15m", "2h", "7d"), as the time that long before now; leaves *out alone
 * when the option was not given. */
int options_since(const struct options *options, const char *name, int64_t now_ms,
    int64_t *out, struct error *err);
/* --newer and --older, as options_since, into a window; -1 with err also when nothing can
 * be within it. */
int options_window(const struct options *options, int64_t now_ms, int64_t *after_ms,
    int64_t *before_ms, struct error *err);
/* Loads the settings, with the options that were given. */
int options_config(
    struct config *out, const struct options *options, struct error *err);

/* The same, with all errors in it (config_read). */
void options_read_config(struct config *out, const struct options *options);

/* The program's name for help and messages; a user's program has its own. */
const char *options_program(void);
/* Prints "offhook NAME: error" on stderr; where the log is JSON, a line of it. Returns
 * EXIT_FAILED. */
int options_fail(const struct options *options, const struct error *err);
/* Prints the same, and how to get help. Returns EXIT_USAGE. */
int options_misused(const struct options *options, const struct error *err);
/* Prints how to get help. Returns EXIT_USAGE. */
int options_explain_misuse(const struct options *options);
/* Prints each of the config's errors. */
void options_fail_config(const struct options *options, const struct config *config);

#endif
