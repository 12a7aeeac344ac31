/* replay -- a failed event as a webhook again: the request that the store keeps of it, sent
 * through the same steps as when it came (webhook/intake.h), but for the signature. */
#ifndef OFFHOOK_WORKERS_REPLAY_H
#define OFFHOOK_WORKERS_REPLAY_H

#include "store/store.h"
#include "util/arena.h"
#include "util/error.h"
#include "webhook/webhook.h"

struct replay {
	struct webhook webhook; /* with route, params and event as of the present app */
	struct lane lane;
	struct request request;
};

/* Copies the request to the arena and names its event anew. -1 with err: no route takes it
 * any more, its events are the built-in app's to answer, or the store does not have the
 * whole request. */
int replay_open(struct replay *out, const struct store_event *event,
    struct service *service, struct arena *arena, struct error *err);

#endif
