/* listener -- listening sockets: each loop has one, all with the same address. An inherited
 * socket is one for all loops. */
#ifndef OFFHOOK_HTTP_LISTENER_H
#define OFFHOOK_HTTP_LISTENER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "http/connection.h"
#include "util/error.h"

struct event;

enum { LISTENER_TEXT_SIZE = 64 };

struct address {
	struct sockaddr_storage at;
	socklen_t len;
	bool every;    /* all addresses of both families */
	int inherited; /* the descriptor that listens there already; 0: none does */
};

/* "ADDR:PORT", "[V6]:PORT" or ":PORT"; "fd:N" for the inherited socket with that number. */
int address_parse(struct address *out, const char *text, struct error *err);
/* "127.0.0.1:8080", "[::1]:8080"; "0.0.0.0:8080" for all addresses. */
void address_text(const struct address *address, char out[LISTENER_TEXT_SIZE]);

/* Whether one could listen there now: -1 with err when not. Leaves nothing open. */
int address_check(struct address *address, struct error *err);
/* Whether the two cannot both be listened on. */
bool address_overlaps(const struct address *a, const struct address *b);

struct listener {
	int fd;
	bool inherited; /* who gave the socket has it still */
	struct event *event;
	struct loop_timer pause; /* out of descriptors: accepts again when it fires */
	int64_t logged_us;       /* when that was last logged */
	struct connections *set;
};

/* Binds and listens, without accepting yet. The first one of an address finds out that
 * nobody else listens there; port 0 becomes the one that was picked. */
int listener_open(
    struct listener *listener, struct address *address, bool first, struct error *err);
/* Accepts into the set from now on. */
int listener_start(
    struct listener *listener, struct connections *set, struct error *err);
/* Accepts the connections that wait, then closes; at an inherited socket they wait for who
 * gets it next. On the loop's thread, or when that has ended. */
void listener_drain(struct listener *listener);
/* Harmless when it was never opened (fd -1). */
void listener_close(struct listener *listener);

#endif
