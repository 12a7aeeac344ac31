/* app_workers -- all workers of a handler process: the app's own, its on_failure, and
 * Offhook's own (alerts), in this order. */
#ifndef OFFHOOK_HOST_APP_WORKERS_H
#define OFFHOOK_HOST_APP_WORKERS_H

#include <stdint.h>

#include "frame/frame.h"
#include "offhook.h"
#include "util/arena.h"
#include "util/error.h"

/* In the arena, *count of them. app may be NULL. */
const oh_worker *workers_all(const oh_app *app, uint32_t *count, struct arena *arena);
/* -1 with err when one has no function, which the server cannot see. */
int workers_check(const oh_app *app, struct error *err);
/* As the server gets it, with defaults in place of what is left out. */
struct frame_worker workers_frame(const oh_worker *worker);

#endif
