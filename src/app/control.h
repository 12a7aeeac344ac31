/* control -- how a command reaches the server that owns the data directory: one JSON
 * object a line each way over DIR/control.sock, which only the owner may open. */
#ifndef OFFHOOK_APP_CONTROL_H
#define OFFHOOK_APP_CONTROL_H

#include <jansson.h>

#include "store/store.h"
#include "util/error.h"

struct control;
struct handlers;

/* Listens on DIR/control.sock with a thread of its own; a stale socket is replaced. */
int control_open(
    struct control **out, const char *dir, struct store *store, struct error *err);
/* Lets {"command": "swap", "program": PATH} reach handler processes, which must outlive
 * it; before, and in a server without any, swap is refused. */
void control_attach(struct control *control, struct handlers *handlers);
void control_close(struct control *control); /* NULL is fine */

/* Asks the server on dir: {"command": "forget", "address": "+1…"}, {"command": "index",
 * "collection": …, "path": …} or {"command": "swap", "program": PATH}. 0: *answer is its answer, the caller's; -1 with
 * err: it refused or broke off; 1: no server runs there. */
int control_request(
    const char *dir, json_t *request, json_t **answer, struct error *err);
/* The same carried out on a store this process has opened itself; not swap. */
int control_execute(
    struct store *store, const json_t *request, json_t **answer, struct error *err);

#endif
