/* token_file -- the Auth Token that `dev` makes up when none is set. It stands in
 * .offhook-dev/token, so that `send` and `verify` in the same directory use it, too. */
#ifndef OFFHOOK_CLI_TOKEN_FILE_H
#define OFFHOOK_CLI_TOKEN_FILE_H

#include "util/arena.h"
#include "util/error.h"

#define TOKEN_FILE_DIR  ".offhook-dev"
#define TOKEN_FILE_PATH TOKEN_FILE_DIR "/token"

/* The token of that file in the current directory; NULL when there is none. */
const char *token_file_find(struct arena *arena);
/* The same, but makes a token and its file (mode 0600) when there is none. NULL with
 * err on failure. */
const char *token_file_have(struct arena *arena, struct error *err);

#endif
