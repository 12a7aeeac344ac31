/* renew -- settings that change while the server runs. */
#ifndef OFFHOOK_CONFIG_RENEW_H
#define OFFHOOK_CONFIG_RENEW_H

#include "config/config.h"
#include "util/buf.h"

/* What differs between two configurations, as names of settings. */
struct renewal {
	/* Those that may change (setting.renewed); and "secrets", when those differ. */
	const char *taken[SETTING_MAX + 1];
	size_t taken_count;
	const char *kept[SETTING_MAX]; /* those that need a restart */
	size_t kept_count;
	bool alerts; /* some of alert-… are among taken */
};

/* Makes *next: old, but with those settings of fresh that may change. It points into both,
 * which must outlive it, and is not to be cleared. */
void config_renew(struct config *next, struct renewal *out, const struct config *old,
    const struct config *fresh);

#endif
