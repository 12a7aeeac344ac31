/* pool_process -- one handler process as the pool's thread sees it: its birth, the
 * events it holds, the bytes both ways, its death. */
#ifndef OFFHOOK_POOL_POOL_PROCESS_H
#define OFFHOOK_POOL_POOL_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "frame/slots.h"
#include "pool/pool.h"
#include "util/buf.h"

enum { PROCESS_DEPTH = 32 /* events a process may hold; bounds what a batch delays */ };

struct process {
	struct process *next; /* the pool's list */
	pid_t pid;
	int pidfd;  /* readable once it has died */
	int socket; /* -1 once given up */
	struct slots *slots;
	unsigned generation; /* which program: counts the swaps */
	bool ready;
	bool leaving;        /* gets no more events */
	const char *cause;   /* why it was killed by us; NULL: it was not */
	char hang_text[64];  /* such a cause */
	bool refused;        /* its app is not one that can be served */
	bool dead;           /* its pidfd says so */
	int64_t ready_by_us; /* else it is killed */
	int64_t idle_us;     /* since when it holds nothing */
	int64_t ends_us;     /* it should have ended by itself since; 0: not asked to */

	/* Its events in the order they were sent, from first to sent - 1, each at its
	 * number modulo SLOTS; NULL: revoked. A number is free again only when the
	 * process has answered a later one, and so has dropped the revoked. */
	struct pool_run *runs[SLOTS];
	uint64_t first, sent;
	int held;
	int64_t since_us; /* the oldest one's turn came */
	bool stuck;       /* it runs for long */
	bool polled_out;  /* epoll tells when the socket takes more */

	struct buf out, in; /* of the socket */
	size_t out_done;
	struct buf ringed; /* of the ring */
	uint32_t ring_got;
	bool overran; /* it wrote over the ring's count: what was in it is lost */
	bool blocked; /* the socket took no more */
	struct last_words *last_words; /* its last words */
};

/* Starts one. NULL with err. */
struct process *process_start(const struct pool_config *config, struct error *err);
/* After its death. */
void process_free(struct process *process);
/* SIGKILL; cause must outlive it. */
void process_kill(struct process *process, const char *cause);
/* Tells it to end: the end of what it reads. */
void process_dismiss(struct process *process);
/* Its end of the socket is closed. */
void process_hang_up(struct process *process);
/* Its death as the rest of "the handler …"; reaps it. Whether it ended well. */
bool process_bury(struct process *process, struct buf *story);

bool process_has_room(const struct process *process);
/* Puts the event into what will be written. */
void process_give(struct process *process, struct pool_run *run);
/* Writes what it can. */
void process_write(struct process *process);
/* Reads what there is; false at the end. */
bool process_read(struct process *process);
/* Takes the run that a result is for out of its hands; NULL when it has no business
 * to answer that. */
struct pool_run *process_answered(struct process *process, uint64_t id);
/* The run of that number, as long as it is in its hands; else NULL. */
struct pool_run *process_run(const struct process *process, uint64_t id);
/* Its oldest run; NULL when it holds none. *begun: it has begun. */
const struct pool_run *process_oldest(const struct process *process, bool *begun);
/* Takes all WAITING events back; puts them, in order, before *list. */
void process_revoke(struct process *process, struct pool_run **list);
/* After its death: the event that was RUNNING, if any; the others before *list. */
struct pool_run *process_inherit(
    struct process *process, bool clean, struct pool_run **list);

#endif
