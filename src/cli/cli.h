/* cli -- the command line: which commands there are, and the exit codes they share. */
#ifndef OFFHOOK_CLI_CLI_H
#define OFFHOOK_CLI_CLI_H

#include "cli/command.h"
#include "offhook.h"

/* The whole program, for an app (NULL: the built-in one). Returns its exit code. */
int cli_main_app(int argc, char **argv, const oh_app *app);
/* What the program is called, as help and messages name it: a user's has its own name. */
const char *cli_name(void);

/* Every command, in the order of help; ended by NULL. */
extern const struct command *const cli_commands[];
/* The one of that name, or NULL. */
const struct command *cli_find(const char *name);
/* The name that was probably meant, or NULL. */
const char *cli_suggest(const char *name);

#endif
