/* cli -- the command line: finds the command, parses its options and runs it. */
#ifndef OFFHOOK_CLI_CLI_H
#define OFFHOOK_CLI_CLI_H

#include "cli/command.h"
#include "offhook.h"

/* The whole program: runs the command that argv[1] names, for an app (NULL: the built-in
 * one). The table of commands ends with NULL. Returns the exit code. */
int cli_main(
    const struct command *const *commands, int argc, char **argv, const oh_app *app);

#endif
