/* cli -- the command line: which commands there are, and the exit codes they share. */
#ifndef OFFHOOK_CLI_CLI_H
#define OFFHOOK_CLI_CLI_H

#include "cli/command.h"
#include "offhook.h"

/* The whole program: one of the commands (ended by NULL), for an app (NULL: the built-in
 * one). Returns its exit code. */
int cli_main(
    const struct command *const *commands, int argc, char **argv, const oh_app *app);

#endif
