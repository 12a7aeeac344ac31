/* app_check -- what keeps a server from starting: all of it, not only the first. */
#ifndef OFFHOOK_APP_APP_CHECK_H
#define OFFHOOK_APP_APP_CHECK_H

#include "config/config.h"

/* Adds to config->errors what app_open would stumble over, and to config->warnings what
 * does not go together. Beside a running server of the same data directory, what only one
 * process can have (the directory, the addresses) is not looked at. Leaves nothing
 * behind. */
void app_check(struct config *config);

#endif
