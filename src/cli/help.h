/* help -- what the tables say, for people and for the manual page. */
#ifndef OFFHOOK_CLI_HELP_H
#define OFFHOOK_CLI_HELP_H

#include <stdio.h>

#include "cli/command.h"

void help_command(FILE *out, const struct command *command);
/* commands: a table ended by NULL. */
void help_program(FILE *out, const struct command *const *commands);
/* The COMMANDS section of man/offhook.1, in mdoc. */
void help_man(FILE *out, const struct command *const *commands);

#endif
