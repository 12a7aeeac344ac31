/* dotenv -- reads .env files: lines NAME=value, with or without `export` and quotes
 * around the value; comments; empty lines. Variables in values are not expanded. */
#ifndef OFFHOOK_CLI_DOTENV_H
#define OFFHOOK_CLI_DOTENV_H

#include <stdbool.h>

#include "util/arena.h"
#include "util/span.h"

/* Takes the next variable from the beginning of text. False at its end. */
bool dotenv_next(struct span *text, struct span *name, struct span *value);
/* The text of DIR/.env, in the arena; absent when the file cannot be read. */
struct span dotenv_read(const char *dir, struct arena *arena);
/* The environment and the variables of DIR/.env, as a new list in the arena. The
 * environment wins over the file; empty variables of the file are left out. */
char **dotenv_environment(
    char *const *environment, const char *dir, struct arena *arena);

#endif
