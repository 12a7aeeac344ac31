/* help -- the tables of commands and options, as help and as manual page. */
#ifndef OFFHOOK_CLI_HELP_H
#define OFFHOOK_CLI_HELP_H

#include <stdio.h>

#include "cli/command.h"

/* verb: one of the command's verbs, of which only the options are listed; NULL: all. */
void help_command(FILE *out, const struct command *command, const struct verb *verb);
/* The table of commands ends with NULL. */
void help_program(FILE *out, const struct command *const *commands);
/* The COMMANDS section of man/offhook.1, in mdoc. */
void help_man(FILE *out, const struct command *const *commands);

#endif
