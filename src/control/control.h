/* control -- how a command reaches the server that owns the data directory: over
 * DIR/control.sock, which only the owner may open, one JSON object as a line each way. */
#ifndef OFFHOOK_CONTROL_CONTROL_H
#define OFFHOOK_CONTROL_CONTROL_H

#include <jansson.h>

#include "store/store.h"
#include "util/error.h"

struct control;

typedef int (*control_swap)(void *ctx, const char *program, struct error *err);

/* Listens on DIR/control.sock with a thread of its own. Call it with the directory's
 * lock held: it replaces a socket that is there. */
int control_open(
    struct control **out, const char *dir, struct store *store, struct error *err);
/* From now on {"command": "swap", "program": PATH} calls swap, on control's thread;
 * before, it is refused. ctx must outlive control. */
void control_attach(struct control *control, control_swap swap, void *ctx);
void control_close(struct control *control); /* NULL is fine */

/* Asks the server of dir. 0: *answer is its answer, and the caller's; -1 with err: it
 * refused, or the connection broke; 1: no server runs there. One line is one transaction.
 *
 *	{"command": "forget", "address": "+1…"}
 *	{"command": "index", "collection": …, "path": …}
 *	{"command": "swap", "program": PATH}
 *	{"command": "jobs", "do": "retry"|"cancel"|"drop", "ids": [1, 2, …]}
 *	{"command": "jobs", "do": "pause"|"resume", "queue": "…"}
 *	{"command": "events-retry", "ids": [1, 2, …]}
 *
 * ids: 1 to CONTROL_IDS whole numbers; larger sets need several requests. The last three
 * are answered {"changed": n}. Jobs: how many changed; a job that is gone, or whose state
 * does not allow it, does not count. Queues: 1, or 0 when it was so already. Events: how
 * many will be handled again; an event that waits for that already does not count. The
 * result of each is in its job of queue "offhook.events". Without a server, these jobs wait
 * for the next one. */
enum { CONTROL_IDS = 500 };

int control_request(
    const char *dir, json_t *request, json_t **answer, struct error *err);
/* Does the same, except swap, on a store that this process has opened. */
int control_execute(
    struct store *store, const json_t *request, json_t **answer, struct error *err);

#endif
