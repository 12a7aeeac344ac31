/* control -- how a command reaches the server that owns the data directory: one JSON
 * object a line each way over DIR/control.sock, which only the owner may open. */
#ifndef OFFHOOK_CONTROL_CONTROL_H
#define OFFHOOK_CONTROL_CONTROL_H

#include <jansson.h>

#include "store/store.h"
#include "util/error.h"

struct control;

typedef int (*control_swap)(void *ctx, const char *program, struct error *err);

/* Listens on DIR/control.sock with a thread of its own; a stale socket is replaced. */
int control_open(
    struct control **out, const char *dir, struct store *store, struct error *err);
/* How {"command": "swap", "program": PATH} is carried out, on control's thread; ctx must
 * outlive control. Before this call the command is refused. */
void control_attach(struct control *control, control_swap swap, void *ctx);
void control_close(struct control *control); /* NULL is fine */

/* Asks the server on dir. 0: *answer is its answer, the caller's; -1 with err: it
 * refused or broke off; 1: no server runs there. One line is one transaction.
 *
 *	{"command": "forget", "address": "+1…"}
 *	{"command": "index", "collection": …, "path": …}
 *	{"command": "swap", "program": PATH}
 *	{"command": "jobs", "do": "retry"|"cancel"|"drop", "ids": [1, 2, …]}
 *	{"command": "jobs", "do": "pause"|"resume", "queue": "…"}
 *	{"command": "events-retry", "ids": [1, 2, …]}
 *
 * ids: at least one, at most CONTROL_IDS, whole numbers; larger sets are several
 * requests. The last three are answered {"changed": n}: how many jobs changed (those
 * that are gone, or in a state that does not allow it, do not count; pause and resume: 1
 * when the queue was not so already), or how many events were put up for another try (one
 * that waits for its own already does not count). What came of that is told by its
 * job, in queue "offhook.events". Without a server, tries wait for the next one. */
enum { CONTROL_IDS = 500 };

int control_request(
    const char *dir, json_t *request, json_t **answer, struct error *err);
/* The same carried out on a store this process has opened itself; not swap. */
int control_execute(
    struct store *store, const json_t *request, json_t **answer, struct error *err);

#endif
