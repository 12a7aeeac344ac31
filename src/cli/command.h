/* command -- one command as a table row, from which parsing, --help and the manual page
 * are made. Each command has its own file, cmd_NAME.c. */
#ifndef OFFHOOK_CLI_COMMAND_H
#define OFFHOOK_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "util/error.h"

struct options;
struct verb;

enum { EXIT_OK, EXIT_FAILED, EXIT_USAGE };

/* A row of a table of options: {"limit", "N", .help = "at most N", .letter = 'n'}. */
struct flag {
	const char *name;     /* without the dashes */
	const char *argument; /* what its value is called; NULL: it takes none */
	const char *help;
	char letter;    /* -f for --follow; 0: none */
	bool optional;  /* the value may be left out: --tamper or --tamper=body */
	bool repeats;   /* may be given several times, each time with another value */
	unsigned verbs; /* of a command with verbs (cli/verb.h): a bit for each verb
			   that takes this option */
};

/* Which settings (config/setting.h) are options of the command. */
enum command_settings {
	SETTINGS_NONE,
	SETTINGS_FILE, /* --config alone */
	SETTINGS_DATA, /* --config and --data */
	SETTINGS_KEY,  /* these, and --key-file */
	SETTINGS_ALL
};

struct command {
	const char *name;
	const char *usage;   /* what follows the name: "COLLECTION [FILTER]"; "" */
	const char *summary; /* one line */
	const char *about;   /* lines that end with \n; or NULL */
	const char
	    *examples; /* lines "command   # what it does" that end with \n; or NULL */
	const struct flag *flags; /* ends with a row without a name; or NULL */
	enum command_settings settings;
	bool json;   /* it has --json */
	bool serves; /* it writes the log: its errors are lines of the log */
	bool hidden; /* from the list of commands */
	bool sealed; /* it reads the sealed secrets: settings may stand there */
	/* Somebody may write a secret on its command line: no error repeats a word of it. */
	bool discreet;
	size_t min_args, max_args;
	/* The words that the first argument may be, from index 0 on, then NULL: for
	 * completion. NULL: any, or its verbs. */
	const char *(*word)(size_t index);
	/* Returns an exit code. NULL for a command with verbs (cli/verb.h). */
	int (*run)(const struct options *options);
	const struct verb *verbs;
};

/* The command of that name in a table that ends with NULL. NULL with err, which says what
 * was probably meant. */
const struct command *command_find(
    const struct command *const *commands, const char *name, struct error *err);

#endif
