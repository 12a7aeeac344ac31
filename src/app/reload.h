/* reload -- takes changed settings over while the server serves: no connection is closed and
 * no request lost. Templates are looked at every second anyhow. */
#ifndef OFFHOOK_APP_RELOAD_H
#define OFFHOOK_APP_RELOAD_H

#include <jansson.h>

#include "app/app.h"
#include "util/error.h"
#include "webhook/lane.h"
#include "workers/work.h"

struct reload;

/* service, work and source must outlive it. */
struct reload *reload_new(
    struct service *service, struct work *work, const struct app_source *source);
/* Loads the settings again and takes those over that may change; logs what changed. *answer
 * (may be NULL) becomes {"changed": [names], "restart": [names of those that need one]}.
 * -1 with err, which is logged: all stays as it was. ctx is the struct reload (for
 * control_attach_reload). Any thread but a loop's. */
int reload_now(void *ctx, json_t **answer, struct error *err);
/* Frees the configurations that were taken over; service->config then is the first again.
 * When nothing uses them any more. NULL is fine. */
void reload_free(struct reload *reload);

#endif
