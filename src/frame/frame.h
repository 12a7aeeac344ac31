/* frame -- the frames between the server and a handler process, in C. What they mean and
 * when they are sent is in docs/protocol.md; every process follows it, in any language.
 *
 * The fields of a frame stand in the order of its struct here, but for the id, which is in
 * the frame's head. An absent span has a NULL pointer.
 *
 * The server treats every byte that comes back as hostile: a handler may have written over
 * its own memory. */
#ifndef OFFHOOK_FRAME_FRAME_H
#define OFFHOOK_FRAME_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "util/arena.h"
#include "util/buf.h"
#include "util/error.h"
#include "util/span.h"

/* Changes with every change of the protocol. */
enum { FRAME_VERSION = 3 };

enum frame_type {
	FRAME_READY = 1,    /* process: FRAME_VERSION and what the app has */
	FRAME_EVENT = 2,    /* server: run the route's handler on this webhook */
	FRAME_RESULT = 3,   /* process: the outcome of a run */
	FRAME_LOG = 4,      /* process: a line of oh_log, or a crash */
	FRAME_JOB = 5,      /* server: run the worker on this job */
	FRAME_PROGRESS = 6, /* process: a job's progress (oh_progress) */
	FRAME_BELL = 7,     /* process: the ring has something; no fields */
	FRAME_SETTINGS = 8, /* server: the first frame, once */
	FRAME_SECRETS = 9,  /* server: the secrets that the app declares, once, after
			       FRAME_READY and before any run */
	FRAME_TYPES
};

enum {
	FRAME_LENGTH = 4,
	FRAME_HEAD = 16,
	FRAME_ABSENT = INT32_MAX,
	FRAME_MAX = 64 << 20,
	FRAME_ROWS = 1000,         /* row numbers that a run gets for its inserts */
	FRAME_JOBS = 10000,        /* changes of jobs in one run */
	FRAME_JOB_TEXT = 200,      /* bytes of a group or a unique key */
	FRAME_PAYLOAD = 1 << 20,   /* bytes of a job's payload */
	FRAME_PROGRESS_TEXT = 200, /* bytes of a progress; more is cut off */
	FRAME_PRIORITY = 100       /* priorities go from minus this to this */
};

/* No delay is longer: 100 years. */
#define FRAME_TIME_MAX (INT64_C(100) * 366 * 24 * 3600 * 1000)

/* FRAME_SETTINGS, FRAME_SECRETS: names and values, as text. The value of a secret that is
 * not set is absent. */
struct frame_settings {
	const struct pair *pairs;
	uint32_t count;
};

/* The first fields of FRAME_EVENT and FRAME_JOB. */
struct frame_run {
	uint64_t id;   /* unique within the process's life */
	uint32_t slot; /* the run's place in struct slots */
	/* Row numbers for the documents that the run inserts, so that it knows each "_id"
	 * (store_id) at once. A run that is repeated may get the same ones. */
	int64_t first_row;
	uint32_t row_count;
};

/* FRAME_EVENT: one webhook. */
struct frame_event {
	struct frame_run run;
	uint32_t route;         /* index into the routes of FRAME_READY */
	int64_t received_at_ms; /* since 1970 */
	struct span kind;       /* "sms.received" */
	struct span sid;        /* of the message, call …; empty: none */
	struct span account_sid, method, target, body;
	struct span base_url; /* what stands before a route's path; absent: not known */
	const struct pair *params; /* decoded */
	uint32_t param_count;
	const struct pair *headers;
	uint32_t header_count;
	const struct pair *path_params; /* ":name" segments of the route's path */
	uint32_t path_param_count;
};

/* FRAME_JOB: one attempt of a job. */
struct frame_job_run {
	struct frame_run run;
	uint32_t worker;   /* index into the workers of FRAME_READY */
	uint32_t nth, max; /* which attempt it is, from 1, and how many there may be */
	int64_t job_id;    /* the same at each attempt */
	int64_t began_at_ms; /* since 1970 */
	struct span queue;
	struct span payload;  /* JSON */
	struct span base_url; /* as the event's */
};

/* One staged write, as struct store_write (store/store.h) has it. */
struct frame_write {
	uint32_t op; /* enum store_op: 0 insert, 1 update, 2 remove */
	struct span collection;
	struct span doc; /* JSON: to insert; an update's: to insert if none matches */
	struct span key; /* value of the collection's key field */
	struct span filter, update; /* JSON */
	int64_t expect;             /* documents that must match; -1: any number */
	/* An insert: one row number of the run's own, also as "_id" in doc. Otherwise,
	 * without a key: the documents meant. */
	const int64_t *ids;
	uint32_t id_count;
	const int64_t
	    *stamps; /* none, or of each document: as it was when it matched */
	uint32_t stamp_count;
};

/* One staged change of jobs, as struct store_job_write (store/store.h) has it. */
struct frame_job {
	uint32_t op; /* enum job_op: 0 enqueue, 3 cancel (by queue and unique) */
	struct span queue, payload, group, unique; /* the last two may be absent */
	int32_t priority;
	int64_t run_at_ms; /* since 1970; 0: at once */
	int64_t unique_ms; /* how long unique counts after the job has ended, too */
};

/* How the attempt of a job ended, beside ok. */
enum frame_end {
	FRAME_END = 0,        /* done, or failed: to be tried again */
	FRAME_SNOOZED = 1,    /* ok: run it again after snooze_ms */
	FRAME_GIVEN_UP = 2,   /* not ok: not to be tried again */
	FRAME_INTERRUPTED = 3 /* the server stopped. Set by the pool; no process may */
};

/* FRAME_RESULT */
struct frame_result {
	uint64_t id;  /* of the run */
	bool ok;      /* u32, 0 or 1. 0: only end and failure count */
	uint32_t end; /* enum frame_end */
	int64_t snooze_ms;
	struct span failure;            /* why, for people */
	uint32_t status;                /* of the reply to the webhook: 200 to 599 */
	struct span content_type, body; /* TwiML must be complete and well-formed */
	const struct frame_write *writes;
	uint32_t write_count;
	const struct frame_job *jobs;
	uint32_t job_count;
};

/* FRAME_PROGRESS */
struct frame_progress {
	uint64_t id; /* of the run */
	struct span text;
};

/* FRAME_LOG. The last one of a process that dies by a signal has the message FRAME_CRASH. */
#define FRAME_CRASH "crash"
/* What Twilio would only warn about in a reply; each is told once by the server. */
#define FRAME_DOUBT "TwiML is doubtful"

struct frame_log {
	uint64_t id; /* of the run; 0: none */
	struct span message;
	const struct pair *pairs;
	uint32_t pair_count;
};

/* One route of the process's app, as oh_route (offhook.h) has it. */
struct frame_route {
	uint32_t kind;                       /* enum oh_route_kind, 0 to 8 */
	struct span path, fallback, methods; /* the last two may be absent */
	uint32_t deadline_ms;                /* 0: the server's setting */
	uint32_t builtin;                    /* 1: the server answers it itself */
};

/* One worker, as oh_worker (offhook.h) has it, with the defaults filled in. */
struct frame_worker {
	struct span queue, cron, zone; /* the last two may be absent */
	uint32_t max_tries, concurrency;
	int64_t timeout_ms, floor_ms, base_ms, cap_ms;
};

/* FRAME_READY */
struct frame_manifest {
	uint32_t version; /* FRAME_VERSION */
	const struct frame_route *routes;
	uint32_t route_count;
	const struct frame_worker *workers;
	uint32_t worker_count;
	const struct pair *collections; /* that have a key: name, key field */
	uint32_t collection_count;
	const struct pair
	    *secrets; /* that handlers may ask for: names, without values */
	uint32_t secret_count;
};

/* Each appends one whole frame. A signal handler calls frame_put_log, with enough memory
 * reserved in out: it must do nothing but append. */
void frame_put_settings(struct buf *out, const struct frame_settings *settings);
void frame_put_secrets(struct buf *out, const struct frame_settings *secrets);
void frame_put_ready(struct buf *out, const struct frame_manifest *manifest);
void frame_put_event(struct buf *out, const struct frame_event *event);
void frame_put_job(struct buf *out, const struct frame_job_run *job);
void frame_put_result(struct buf *out, const struct frame_result *result);
void frame_put_log(struct buf *out, const struct frame_log *log);
void frame_put_progress(struct buf *out, const struct frame_progress *progress);
void frame_put_bell(struct buf *out);

/* Looks at the first bytes of a stream. 0: the frame is not whole yet; -1: no frame can
 * begin like this; else the length of the whole frame, with its head. */
int64_t frame_whole(struct span bytes, enum frame_type *type);
/* The version of a FRAME_READY, of which nothing else may be readable; 0: it has none. */
uint32_t frame_version(struct span frame);
/* Take one whole frame apart; spans point into it, lists are in the arena. -1: it is not
 * valid, and nothing of out may be used. */
int frame_get_settings(
    struct frame_settings *out, struct span frame, struct arena *arena);
int frame_get_secrets(
    struct frame_settings *out, struct span frame, struct arena *arena);
int frame_get_ready(struct frame_manifest *out, struct span frame, struct arena *arena);
int frame_get_event(struct frame_event *out, struct span frame, struct arena *arena);
int frame_get_job(struct frame_job_run *out, struct span frame, struct arena *arena);
int frame_get_result(struct frame_result *out, struct span frame, struct arena *arena);
int frame_get_log(struct frame_log *out, struct span frame, struct arena *arena);
int frame_get_progress(struct frame_progress *out, struct span frame);
/* The value of a setting; absent when it is not set. */
struct span frame_setting(const struct frame_settings *settings, const char *name);

#endif
