/* dotenv -- reads .env files: lines NAME=value, with or without `export` and quotes
 * around the value; comments, behind a value too; empty lines. Variables in values are not
 * expanded. */
#ifndef OFFHOOK_CLI_DOTENV_H
#define OFFHOOK_CLI_DOTENV_H

#include <stdbool.h>

#include "util/arena.h"
#include "util/span.h"

/* Takes the next variable from the beginning of text. False at its end. */
bool dotenv_next(struct span *text, struct span *name, struct span *value);
/* The variables of DIR/.env that the environment does not have, in the arena: "NAME=value"
 * …, NULL. Empty ones are left out; a file that cannot be read has none. */
char **dotenv_more(char *const *environment, const char *dir, struct arena *arena);
/* The environment and these, as a new list in the arena. */
char **dotenv_environment(
    char *const *environment, const char *dir, struct arena *arena);

#endif
