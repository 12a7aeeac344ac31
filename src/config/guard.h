/* guard -- the secrets of the configuration that counts, kept out of the log and of core
 * files. */
#ifndef OFFHOOK_CONFIG_GUARD_H
#define OFFHOOK_CONFIG_GUARD_H

#include "config/config.h"

/* From now on the log writes [secret NAME] in place of its tokens, alert-secret and sealed
 * secrets, and no more those of another configuration. Once there are sealed ones, the process
 * is closed (locked_process in util/locked.h). Any thread. */
void guard_config(const struct config *config);
/* They do not count any more. */
void guard_end(void);

#endif
