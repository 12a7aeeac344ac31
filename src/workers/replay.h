/* replay -- a stored event as a handler process is given it: the webhook again, made of
 * what the store keeps of it. Where its parameters hold all of its body, the body is
 * made of them anew. */
#ifndef OFFHOOK_WORKERS_REPLAY_H
#define OFFHOOK_WORKERS_REPLAY_H

#include <stdbool.h>

#include "frame/frame.h"
#include "store/store.h"
#include "util/arena.h"
#include "util/error.h"
#include "webhook/route.h"

struct replay {
	struct store_event event; /* copied to the arena: but its reply, which is not */
	enum event_state state;
	bool failed;               /* there is a failure, so it may be handled again */
	const struct route *route; /* of the present table */
	struct span conversation;  /* empty: none */
};

/* Copies what is needed of it to the arena. */
void replay_take(
    struct replay *out, const struct store_event *event, struct arena *arena);
/* Finds its route among them and packs it; a base_url that is set there stays. -1 with err: there is none any more, or its
 * events are the built-in app's to answer. */
int replay_pack(struct replay *replay, struct frame_event *out,
    const struct route *routes, struct arena *arena, struct error *err);

#endif
