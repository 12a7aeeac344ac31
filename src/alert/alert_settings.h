/* alert_settings -- where alerts go: from the server's settings to its worker processes,
 * by their environment. */
#ifndef OFFHOOK_ALERT_ALERT_SETTINGS_H
#define OFFHOOK_ALERT_ALERT_SETTINGS_H

#include <stdint.h>

#include "config/config.h"
#include "util/error.h"

struct alert_settings {
	const char *url, *command, *secret; /* NULL: not set */
	int64_t interval_ms;
};

/* Puts the settings into this process's environment, for the processes it starts, and
 * takes out what is not set. Before there are threads. -1 with err: they cannot work
 * here (libcurl is not installed). */
int alert_export(const struct config *config, struct error *err);
/* Those of this process's environment. */
struct alert_settings alert_settings(void);

#endif
