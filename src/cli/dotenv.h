/* dotenv -- the lines of an .env file: NAME=value, `export` before it, quotes around the
 * value, comments and empty lines; nothing is expanded. */
#ifndef OFFHOOK_CLI_DOTENV_H
#define OFFHOOK_CLI_DOTENV_H

#include <stdbool.h>

#include "util/arena.h"
#include "util/span.h"

/* Takes the next variable off the text; false when there is none left. */
bool dotenv_next(struct span *text, struct span *name, struct span *value);
/* The text of DIR/.env in the arena; absent when it cannot be read. */
struct span dotenv_read(const char *dir, struct arena *arena);
/* That environment and the file's variables, as a new list in the arena; those that are
 * in the environment already stay as they are, empty ones are left out. */
char **dotenv_environment(
    char *const *environment, const char *dir, struct arena *arena);

#endif
