/* completion -- what a shell needs to complete a command line, made from the tables of
 * commands and options: `offhook help --completion SHELL`. */
#ifndef OFFHOOK_CLI_COMPLETION_H
#define OFFHOOK_CLI_COMPLETION_H

#include <stdio.h>

#include "cli/command.h"
#include "util/error.h"

/* For the program of options_program. -1 with err when the shell is none of bash, zsh and
 * fish. */
int completion_print(FILE *out, const char *shell,
    const struct command *const *commands, struct error *err);

/* ---- for the shells' files alone ---- */

/* What the value of an option is. */
enum completion_value { VALUE_NONE, VALUE_ANY, VALUE_FILE, VALUE_DIR };

enum completion_value completion_value(const struct flag *flag);
/* The words that may follow the command: verbs, or its first argument; NULL at the end. */
const char *completion_word(const struct command *command, size_t index);
/* Text within single quotes: of the shell's own language, and with a backslash before each
 * of those characters. */
void completion_quoted(FILE *out, const char *text, const char *escaped);

/* completion_bash.c … */
void completion_bash(
    FILE *out, const char *program, const struct command *const *commands);
void completion_zsh(
    FILE *out, const char *program, const struct command *const *commands);
void completion_fish(
    FILE *out, const char *program, const struct command *const *commands);

#endif
