/* env_place -- what the verbs of `offhook env` share: where the secrets are, and telling the
 * server. */
#ifndef OFFHOOK_CMD_ENV_PLACE_H
#define OFFHOOK_CMD_ENV_PLACE_H

#include <jansson.h>

#include "cli/options.h"
#include "secrets/sealed.h"

struct env_place {
	struct config config;
	struct sealed_place place; /* points into config */
};

/* *out is to be cleared, unless it fails. */
int env_place_find(
    struct env_place *out, const struct options *options, struct error *err);
void env_place_clear(struct env_place *place);
/* Lets the server that runs there take what has changed. 0: it did; 1: none runs; -1 with
 * err. *answer (may be NULL) is its answer to a reload, and the caller's. */
int env_place_tell(const struct env_place *place, json_t **answer, struct error *err);

/* Says that a key was made, and what it is worth when it lies in dir. made NULL: none was. */
void env_place_tell_made(const char *made, const char *dir);

#endif
