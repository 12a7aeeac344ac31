/* cmd_events_retry -- `offhook events retry`: runs the handlers of failed and late
 * events again. */
#ifndef OFFHOOK_CMD_CMD_EVENTS_RETRY_H
#define OFFHOOK_CMD_CMD_EVENTS_RETRY_H

#include "cli/options.h"

/* Returns an exit code. */
int cmd_events_retry(const struct options *options);

#endif
