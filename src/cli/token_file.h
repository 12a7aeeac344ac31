/* token_file -- the Auth Token that `dev` makes for its own use when nobody gave one,
 * and keeps in .offhook-dev/token, so that `send` beside it needs none either. */
#ifndef OFFHOOK_CLI_TOKEN_FILE_H
#define OFFHOOK_CLI_TOKEN_FILE_H

#include "util/arena.h"
#include "util/error.h"

#define TOKEN_FILE_DIR  ".offhook-dev"
#define TOKEN_FILE_PATH TOKEN_FILE_DIR "/token"

/* The token of the project in the current directory: TWILIO_AUTH_TOKEN in .env, else
 * the one that was kept; NULL when it has none. */
const char *token_file_find(struct arena *arena);
/* The same; makes and keeps one (mode 0600) when there is none. NULL with err when that
 * could not be done. */
const char *token_file_have(struct arena *arena, struct error *err);

#endif
