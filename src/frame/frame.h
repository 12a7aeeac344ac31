/* frame -- what passes between the server and a handler process: one webhook or job
 * there, its outcome back. Length-prefixed, in the machine's byte order. Both ends are the same
 * program, so there is no version, but the server treats every byte that comes back as
 * hostile: a handler may have written over its own memory before it answered.
 *
 *	u32 length of what follows, u32 type, u64 id, fields
 *
 * A span is u32 length (FRAME_ABSENT: absent), its bytes and a NUL that is not in the
 * length: after frame_get_*, span.ptr is also a C string. */
#ifndef OFFHOOK_FRAME_FRAME_H
#define OFFHOOK_FRAME_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "util/arena.h"
#include "util/buf.h"
#include "util/error.h"
#include "util/span.h"

enum frame_type {
	FRAME_READY = 1, /* process: started, fields: none */
	FRAME_EVENT,     /* server: run this webhook, or this job */
	FRAME_RESULT,    /* process: its outcome */
	FRAME_LOG,       /* process: a line of oh_log */
	FRAME_MANIFEST,  /* process, before FRAME_READY: its app's routes and workers */
	FRAME_PROGRESS,  /* process: what a job tells of itself (oh_progress) */
	FRAME_BELL,      /* process: its ring has something; fields: none */
	FRAME_TYPES
};

enum {
	FRAME_LENGTH = 4,
	FRAME_HEAD = 16,
	FRAME_ABSENT = INT32_MAX,
	FRAME_MAX = 64 << 20,
	FRAME_ROWS = 1000,         /* inserts of one handler's run; rows cost nothing */
	FRAME_JOBS = 10000,        /* changes of jobs in one run */
	FRAME_JOB_TEXT = 200,      /* bytes of a group or a unique key */
	FRAME_PAYLOAD = 1 << 20,   /* bytes of a job's payload */
	FRAME_PROGRESS_TEXT = 200, /* bytes of what a job tells of itself */
	FRAME_PRIORITY = 100
};

/* No delay is longer: 100 years. */
#define FRAME_TIME_MAX (INT64_C(100) * 366 * 24 * 3600 * 1000)

/* FRAME_EVENT: all that oh_event's getters can tell. A job is sent as one, too: then
 * try is not 0, route is an index into the process's workers (workers.h), sid is the
 * job's id in decimal, target its queue, body its payload, received_at_ms when the try
 * began. */
struct frame_event {
	uint64_t id;             /* of this run, unique within the process's life */
	uint32_t route;          /* index into the app's manifest */
	uint32_t try, max_tries; /* of a job; 0: an event */
	uint32_t slot; /* see pool.h: the run's place in the shared manifest */
	int64_t received_at_ms;
	struct span kind, sid, account_sid, method, target, body;
	struct span base_url; /* "https://host/prefix", before a path; may be absent */
	const struct pair *params; /* decoded */
	uint32_t param_count;
	const struct pair *headers;
	uint32_t header_count;
	const struct pair *path_params;
	uint32_t path_param_count;
	/* Rows of the store (store_reserve) for what the handler inserts, so that it can
	 * know each "_id" at once: row_count of them (FRAME_ROWS), from first_row. Also
	 * when the handler is run again they may be the same. */
	int64_t first_row;
	uint32_t row_count;
};

/* One staged write, as struct store_write (store/store.h) with JSON as text. Absent
 * spans stay absent. An insert has its promised row in ids[0] and "_id" in doc. */
struct frame_write {
	uint32_t op; /* enum store_op */
	struct span collection, doc, key, filter, update;
	const int64_t *ids;
	uint32_t id_count;
	int64_t expect; /* -1: any number */
};

/* One staged change of jobs: as struct store_job_write, JOB_ENQUEUE or JOB_CANCEL (queue
 * and unique). */
struct frame_job {
	uint32_t op;                               /* enum job_op */
	struct span queue, payload, group, unique; /* the last two may be absent */
	int32_t priority;
	int64_t run_at_ms; /* 0: at once */
	int64_t unique_ms;
};

/* How a job's try ended, beside ok. */
enum frame_end {
	FRAME_END,
	FRAME_SNOOZED,
	FRAME_GIVEN_UP,
	FRAME_INTERRUPTED /* the pool's: the server stops. No process may say so */
};

/* FRAME_RESULT */
struct frame_result {
	uint64_t id;
	bool ok;      /* false: failure says why, the rest (but end) does not count */
	uint32_t end; /* enum frame_end; SNOOZED is ok, GIVEN_UP not */
	int64_t snooze_ms;
	struct span failure;
	uint32_t status;
	struct span content_type,
	    body; /* closed and checked TwiML, or what oh_reply gave */
	const struct frame_write *writes;
	uint32_t write_count;
	const struct frame_job *jobs;
	uint32_t job_count;
};

/* FRAME_PROGRESS */
struct frame_progress {
	uint64_t id;
	struct span text;
};

/* FRAME_LOG: message, then pairs. The last one of a process that dies by a signal has
 * the message FRAME_CRASH and the pairs "signal" ("SIGSEGV"), "address" ("0x0": what
 * was touched) and, innermost first, one "frame" for each place of the backtrace
 * ("/path/of/module+0x1a2b": an offset as addr2line -e takes it, within the call
 * rather than after it). */
#define FRAME_CRASH "crash"

struct frame_log {
	uint64_t id;
	struct span message;
	const struct pair *pairs;
	uint32_t pair_count;
};

/* FRAME_MANIFEST: one route of the process's app; as oh_route. */
struct frame_route {
	uint32_t kind;                       /* enum oh_route_kind */
	struct span path, fallback, methods; /* the last two may be absent */
	uint32_t deadline_ms;
	uint32_t builtin; /* 1: one of oh_builtin_routes, which the server answers */
};

/* One worker, as oh_worker with the usual in place of what is left out. */
struct frame_worker {
	struct span queue, cron, zone; /* the last two may be absent */
	uint32_t max_tries, concurrency;
	int64_t timeout_ms, floor_ms, base_ms, cap_ms;
};

struct frame_manifest {
	const struct frame_route *routes;
	uint32_t route_count;
	const struct frame_worker *workers; /* all of workers.h, in that order */
	uint32_t worker_count;
	const struct pair *collections; /* with a key: name, key field */
	uint32_t collection_count;
};

/* Each appends one whole frame. frame_put_log is called from signal handlers with
 * memory reserved in out before: it must do nothing but append to it. */
void frame_put_ready(struct buf *out);
void frame_put_event(struct buf *out, const struct frame_event *event);
void frame_put_result(struct buf *out, const struct frame_result *result);
void frame_put_log(struct buf *out, const struct frame_log *log);
void frame_put_manifest(struct buf *out, const struct frame_manifest *manifest);
void frame_put_progress(struct buf *out, const struct frame_progress *progress);
void frame_put_bell(struct buf *out);

/* Looks at the head of a stream: 0 when the frame is not whole yet, its whole length
 * (head included) when it is, -1 when no frame starts so (or it is over FRAME_MAX). */
int64_t frame_whole(struct span bytes, enum frame_type *type);
/* Take one whole frame apart; spans point into it, arrays into the arena. -1 when it is
 * not what it should be: nothing of it may be used then. */
int frame_get_event(struct frame_event *out, struct span frame, struct arena *arena);
int frame_get_result(struct frame_result *out, struct span frame, struct arena *arena);
int frame_get_log(struct frame_log *out, struct span frame, struct arena *arena);
int frame_get_manifest(
    struct frame_manifest *out, struct span frame, struct arena *arena);
int frame_get_progress(struct frame_progress *out, struct span frame);

#endif
