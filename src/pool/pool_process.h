/* pool_process -- one handler process as the pool's thread sees it: its start, the runs it
 * holds, the bytes both ways, its end. */
#ifndef OFFHOOK_POOL_POOL_PROCESS_H
#define OFFHOOK_POOL_POOL_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "frame/slots.h"
#include "pool/pool.h"
#include "util/buf.h"

enum { PROCESS_DEPTH = 32 /* runs a process may hold; bounds what a batch delays */ };

struct process {
	struct process *next; /* the pool's list */
	pid_t pid;
	int pidfd;  /* readable once it has died */
	int socket; /* -1 once closed */
	struct slots *slots;
	unsigned generation; /* which program: counts the swaps */
	bool ready;
	bool leaving;            /* gets no more runs */
	const char *kill_reason; /* why the pool killed it; NULL: it did not */
	char reason_text[128];   /* such a reason */
	bool refused;            /* its app cannot be served; err or the log says why */
	bool dead;               /* its pidfd says so */
	int64_t ready_by_us;     /* else it is killed */
	int64_t idle_us;         /* since when it holds nothing */
	int64_t ends_us;         /* when it was told to end; 0: it was not */

	/* Its runs in the order in which they were sent, from first to sent - 1, each at
	 * its number modulo SLOTS; NULL: revoked. A number is free again only when the
	 * process has answered a later one, and so has dropped the revoked ones. */
	struct pool_run *runs[SLOTS];
	uint64_t first, sent;
	int held;
	int64_t since_us; /* when the oldest one's turn came */
	bool stuck;       /* the oldest one takes long */
	bool polled_out;  /* epoll tells when the socket takes more */

	struct buf out, in; /* of the socket */
	size_t out_done;
	struct buf ringed; /* from the ring */
	uint32_t ring_got;
	bool overran; /* it wrote over the ring's count: what was in the ring is lost */
	bool blocked; /* the socket took no more */
	struct crash_report *crash; /* what it sent before it died; NULL: nothing */
};

/* Starts one, and sends it the frame of settings. NULL with err. */
struct process *process_start(
    const struct pool_config *config, struct span settings, struct error *err);
/* After its death. */
void process_free(struct process *process);
/* SIGKILL; reason ("was not ready in time") must live as long as the process. */
void process_kill(struct process *process, const char *reason);
/* Tells it to end, by shutting our side of the socket. */
void process_dismiss(struct process *process);
/* It closed its end of the socket: so do we. */
void process_hang_up(struct process *process);
/* Waits for it, which has died. Appends the cause as the rest of "the handler …", without
 * a last ")" when there is a crash report. Gives whether it ended by exit(0). */
bool process_reap(struct process *process, struct buf *cause);

bool process_has_room(const struct process *process);
/* Puts the run into what will be written. */
void process_give(struct process *process, struct pool_run *run);
/* Writes what the socket takes. */
void process_write(struct process *process);
/* Reads what there is; false at the end. */
bool process_read(struct process *process);
/* Takes back the run that a result is for; NULL when the process may not answer it. */
struct pool_run *process_answered(struct process *process, uint64_t id);
/* The run of that number if the process holds it, else NULL. */
struct pool_run *process_run(const struct process *process, uint64_t id);
/* Its oldest run; NULL when it holds none. *begun: whether that one has begun. */
const struct pool_run *process_oldest(const struct process *process, bool *begun);
/* Takes all WAITING runs back; puts them, in order, before *list. */
void process_revoke(struct process *process, struct mail **list);
/* After its death: gives the run that is blamed for it, or NULL; puts the others, in
 * order, before *list. clean: it ended by exit(0). */
struct pool_run *process_blame(struct process *process, bool clean, struct mail **list);

#endif
