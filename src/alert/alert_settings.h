/* alert_settings -- where alerts go. The server tells its worker processes, and no other
 * program, by FRAME_SETTINGS. */
#ifndef OFFHOOK_ALERT_ALERT_SETTINGS_H
#define OFFHOOK_ALERT_ALERT_SETTINGS_H

#include <stdint.h>

#include "config/config.h"
#include "util/arena.h"
#include "util/error.h"
#include "util/span.h"

struct alert_settings {
	const char *url, *command, *secret; /* NULL: not set */
	int64_t interval_ms;
};

/* -1 with err when they cannot work here: libcurl is not installed. Before there are
 * threads. */
int alert_settings_check(const struct config *config, struct error *err);
/* As names and values, *count of them; in the arena, or the config's own. */
const struct pair *alert_settings_pairs(
    const struct config *config, uint32_t *count, struct arena *arena);
/* From such pairs, other names being ignored. Values are the pairs' own. */
struct alert_settings alert_settings(const struct pair *pairs, uint32_t count);

#endif
