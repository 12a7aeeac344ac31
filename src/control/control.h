/* control -- how a command reaches the server that owns the data directory: over
 * DIR/control.sock, which only the owner may open, one JSON object as a line each way. */
#ifndef OFFHOOK_CONTROL_CONTROL_H
#define OFFHOOK_CONTROL_CONTROL_H

#include <jansson.h>
#include <stdatomic.h>

#include "store/store.h"
#include "util/error.h"

struct control;

enum { CONTROL_PIN_SIZE = 45 };

/* What the server that listens there does and tells. */
struct control_server {
	int (*swap)(void *ctx, const char *program, struct error *err);
	/* *answer: {"changed": [names of settings], "restart": [those that need one]} */
	int (*reload)(void *ctx, json_t **answer, struct error *err);
	void *ctx;
	const char *address; /* where it takes webhooks: "127.0.0.1:8080" */
	/* With TLS: what clients on this machine know its key by, SHA-256 in Base64 of the
	 * public key that it shows whoever asks for no name. NULL: it speaks plain HTTP. */
	void (*pin)(void *ctx, char out[CONTROL_PIN_SIZE]);
	_Atomic(const char *) public_url; /* NULL: none; a reload changes it */
};

/* Listens on DIR/control.sock with a thread of its own. Call it with the directory's
 * lock held: it replaces a socket that is there. */
int control_open(
    struct control **out, const char *dir, struct store *store, struct error *err);
/* From now on "swap" and "reload", which are called on control's thread, and "server" are
 * answered;
 * before, they are refused. The server and its parts must outlive control. */
void control_attach(struct control *control, const struct control_server *server);
void control_close(struct control *control); /* NULL is fine */

/* Asks the server of dir. 0: *answer is its answer, and the caller's; -1 with err: it
 * refused, or the connection broke; 1: no server runs there. One line is one transaction.
 *
 *	{"command": "forget", "address": "+1…"}
 *	{"command": "index", "collection": …, "path": …}
 *	{"command": "swap", "program": PATH}
 *	{"command": "reload"}
 *	{"command": "server"} is answered {"address": "127.0.0.1:8080", "publicUrl": …|null,
 *	 "pin": …|null}
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
/* Whether a socket in dir can be made at all; -1 with err when the path is too long. */
int control_check(const char *dir, struct error *err);
/* Whether a server of dir runs; asks it nothing. */
bool control_running(const char *dir);
/* Does the same, except swap, reload and server, on a store that this process has opened. */
int control_execute(
    struct store *store, const json_t *request, json_t **answer, struct error *err);

#endif
