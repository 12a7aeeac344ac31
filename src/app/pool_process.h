/* pool_process -- one handler process as the pool's thread sees it: its birth, the
 * events it holds, the bytes both ways, its death. */
#ifndef OFFHOOK_APP_POOL_PROCESS_H
#define OFFHOOK_APP_POOL_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "app/pool.h"
#include "util/buf.h"

enum { PROCESS_DEPTH = 32 /* events a process may hold; bounds what a batch delays */ };

struct process {
	struct process *next; /* the pool's list */
	pid_t pid;
	int pidfd;  /* readable once it has died */
	int socket; /* -1 once given up */
	struct pool_table *table;
	unsigned generation; /* which program: counts the swaps */
	bool ready;
	bool leaving;        /* gets no more events */
	const char *cause;   /* why it was killed by us; NULL: it was not */
	bool refused;        /* its app is not one that can be served */
	bool dead;           /* its pidfd says so */
	int64_t ready_by_us; /* else it is killed */
	int64_t idle_us;     /* since when it holds nothing */
	int64_t ends_us;     /* it should have ended by itself since; 0: not asked to */

	/* Its events in the order they were sent, from first to sent - 1, each at its
	 * number modulo POOL_SLOTS; NULL: revoked. A number is free again only when the
	 * process has answered a later one, and so has dropped the revoked. */
	struct pool_run *runs[POOL_SLOTS];
	uint64_t first, sent;
	int held;
	uint64_t running; /* the oldest one's number when it was last looked at */
	int64_t running_us;
	bool stuck;      /* the oldest one runs for long */
	bool polled_out; /* epoll tells when the socket takes more */

	struct buf out, in;
	size_t out_done;
	bool blocked;                  /* the socket took no more */
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
/* Whether its oldest event has begun. */
bool process_is_running(struct process *process);
/* Takes all WAITING events back; puts them, in order, before *list. */
void process_revoke(struct process *process, struct pool_run **list);
/* After its death: the event that was RUNNING, if any; the others before *list. */
struct pool_run *process_inherit(
    struct process *process, bool clean, struct pool_run **list);

#endif
