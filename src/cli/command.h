/* command -- one command as a table row: from it come parsing, --help and the manual
 * page. Each stands in a file of its own, cmd_NAME.c. */
#ifndef OFFHOOK_CLI_COMMAND_H
#define OFFHOOK_CLI_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

struct options;

enum { EXIT_OK, EXIT_FAILED, EXIT_USAGE };

struct flag {
	const char *name;     /* without the dashes */
	const char *argument; /* what its value is called; NULL: it takes none */
	const char *help;
	char letter;   /* -f for --follow; 0: none */
	bool optional; /* the value may be left out: --tamper or --tamper=body */
};

/* Which settings (app/setting.h) are options of the command. */
enum command_settings {
	SETTINGS_NONE,
	SETTINGS_FILE, /* --config alone */
	SETTINGS_DATA, /* --config and --data */
	SETTINGS_ALL
};

struct command {
	const char *name;
	const char *usage;    /* what follows the name: "COLLECTION [FILTER]"; "" */
	const char *summary;  /* one line */
	const char *about;    /* paragraphs of lines, each ended by \n; or NULL */
	const char *examples; /* lines "command   # what it does", each ended by \n */
	const struct flag *flags; /* ended by one without a name; or NULL */
	enum command_settings settings;
	bool json; /* it has --json */
	bool hidden;
	size_t min_args, max_args;
	/* Returns an exit code. */
	int (*run)(const struct options *options);
};

/* The one of that name in a table ended by NULL; NULL when there is none. */
const struct command *command_find(
    const struct command *const *commands, const char *name);
/* The name in the table that was probably meant, or NULL. */
const char *command_suggest(const struct command *const *commands, const char *name);

/* All there are, each in its cmd_NAME.c; cmd/commands.c has them in a table. */
extern const struct command cmd_create, cmd_dev, cmd_serve, cmd_send, cmd_verify,
    cmd_events, cmd_jobs, cmd_query, cmd_export, cmd_index, cmd_forget, cmd_alerts,
    cmd_config, cmd_version, cmd_help;

#endif
