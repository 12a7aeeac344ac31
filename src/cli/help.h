/* help -- the tables of commands and options, as help and as manual page. */
#ifndef OFFHOOK_CLI_HELP_H
#define OFFHOOK_CLI_HELP_H

#include <stdio.h>

#include "cli/command.h"

void help_command(FILE *out, const struct command *command);
/* The table of commands ends with NULL. */
void help_program(FILE *out, const struct command *const *commands);
/* The COMMANDS section of man/offhook.1, in mdoc. */
void help_man(FILE *out, const struct command *const *commands);

#endif
