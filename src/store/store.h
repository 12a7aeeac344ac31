/* store -- where events and documents live. Nothing above this folder may assume
 * SQLite: this is the whole of what an engine promises.
 *
 * Two sides. Submit: a transaction, handed over without waiting, called back when it
 * is durable (group commit: many transactions, one sync). Read: synchronous, from a
 * reader that one thread owns; each call sees the latest commit and holds no snapshot
 * after it. */
#ifndef OFFHOOK_STORE_STORE_H
#define OFFHOOK_STORE_STORE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "query/filter.h"
#include "query/update.h"
#include "util/arena.h"
#include "util/error.h"
#include "util/span.h"

struct store;
struct store_reader;
struct engine; /* one database behind the store: engines/engines.h */

enum { STORE_KEY_SIZE = 16, STORE_KEYS = 4 };

/* ---- open and close ---- */

struct store_config {
	const char *dir;         /* made (mode 0700) when it does not exist */
	int64_t wal_limit_bytes; /* checkpoint when the log outgrows this; 0: default */
	int64_t
	    queue_limit_bytes; /* transactions waiting; beyond, store_submit refuses;
				      0: default */
	size_t seal_count;     /* for tests, see keys_config; 0: default */
};

/* Opens for writing: takes the directory's lock, brings the schema up to date, starts
 * the writer and the checkpointer. One process at a time: err says who has it. */
int store_open(struct store **out, const struct engine *engine,
    const struct store_config *config, struct error *err);
/* Commits what was submitted, ends the threads, gives up the lock. NULL is fine. */
void store_close(struct store *store);

/* A collection's key: a field that identifies its documents ("messageSid"); text or a
 * whole number, any other value is no key. Declare it before the collection has
 * documents; declaring the same again is fine. */
int store_declare(struct store *store, const char *collection, const char *key_field,
    struct error *err);
/* Names: a letter or _, then letters, digits, _ . -, at most 64 bytes. Two names that
 * differ in case only are refused. */
bool store_name_valid(struct span name);

/* ---- events ---- */

enum event_state { EVENT_DONE, EVENT_FAILED, EVENT_LATE };

const char *event_state_name(enum event_state state); /* "done", "failed", "late" */

struct store_reply {
	int status;
	struct span type; /* Content-Type; absent with 204 */
	struct span body;
};

struct store_event {
	int64_t id;             /* given at commit, growing */
	int64_t received_at_ms; /* wall clock */
	const char *kind;
	struct span sid;   /* empty when it has none */
	struct span route; /* the path */
	struct span query; /* the request's query, or absent; where the route's path has
			      parameters, the whole request-target */
	enum event_state state;
	struct span failure; /* why, when failed; else absent */
	struct span params;  /* a JSON object's text */
	struct span
	    raw; /* the body as received, where params do not hold all of it, and
			    always of an event that failed or was late */
	/* {"method": …, "target": …, "headers": [[name, value], …]} of an event that failed
	 * or was late, until it is done; else absent */
	struct span request;
	struct store_reply reply;
	int64_t duplicates; /* repeats answered with the stored reply */
};

/* ---- claims: never handle one twice ---- */

/* What makes an event the same one when it comes again. */
struct store_key {
	/* What the event is about, when it shall be found by that
	 * (store_event_query.sid); or empty. */
	struct span sid;
	/* Of a cryptographic hash over all that counts, the SID too: each half of it
	 * alone must be as random as the whole. */
	unsigned char hash[STORE_KEY_SIZE];
};

enum store_claimed {
	CLAIM_NEW, /* nobody had it: you hold it until submit's done or store_unclaim */
	CLAIM_REPEAT, /* handled before: event_id and reply are its */
	CLAIM_FAILED  /* the store cannot tell, or the first one's commit failed */
};

/* What a claim is told by. Any key is one event's for as long as it is stored. */
struct store_claim {
	/* What the event says. It is a repeat when an event with this key is stored or in
	 * flight, */
	struct store_key key;
	/* or one with this seal: the very bytes that were signed, whatever names and values
	 * they are cut into here. */
	bool sealed;
	struct store_key seal;
	/* Unless it may be said again: what a live call asks for. Then a repeat is one whose
	 * token key is known; or, once `ended` is stored, one whose key is. That its seal is
	 * known without its key still makes it one: it was cut anew. */
	bool again;
	bool tokened;
	struct store_key token;
	struct store_key ended;
	struct arena *arena; /* where a stored reply is copied to */
	/* Called on a thread of the store's, with outcome set, when store_claim could
	 * not tell at once. */
	void (*done)(struct store_claim *claim);
	enum store_claimed outcome;
	int64_t event_id;
	struct store_reply reply;
	bool count;               /* the store's, while it waits */
	struct store_claim *next; /* likewise */
};

/* Asks whether the event was seen. True: outcome is set (from memory, nothing was
 * read). False: claim->done will be called, after a look on disk or when the one in
 * flight has been committed; the claim must live until then. A repeat's duplicates
 * are counted, unless count is false. Any thread. */
bool store_claim(struct store *store, struct store_claim *claim, bool count);
/* Gives up a claim that was CLAIM_NEW without storing anything: its keys are free again,
 * those who wait for them get CLAIM_FAILED. */
void store_unclaim(struct store *store, const struct store_claim *claim);

/* ---- jobs: work for later ----
 * A job is enqueued in the transaction of what caused it, and ended in the transaction
 * of what it wrote. Open ones are waiting (for their time, for a worker) or blocked
 * (behind an earlier open one of their group: jobs of a group run in the order in which
 * they were enqueued). Ended ones (done, dead, cancelled) are history, until dropped.
 * That one runs costs no transaction: store_job_began notes it in memory that outlives
 * the process, so that a try is counted before it runs even when it takes the whole
 * server with it. An engine for several nodes does that with leases. */

enum job_state {
	JOB_WAITING,
	JOB_BLOCKED,
	JOB_RUNNING, /* only when read: a waiting one whose try has begun */
	JOB_DONE,
	JOB_DEAD, /* a dead letter: given up on */
	JOB_CANCELLED,
	JOB_STATES
};

const char *job_state_name(enum job_state state); /* "waiting", "blocked" … */

struct store_job {
	int64_t id;        /* given at commit, in the order of commits, never twice */
	struct span queue; /* a name, as collections have (store_name_valid) */
	enum job_state state;
	int priority;                       /* higher ones first */
	int64_t run_at_ms;                  /* not before (wall clock) */
	int64_t created_at_ms, ended_at_ms; /* ended 0: it is open */
	struct span group;                  /* absent: none */
	struct span unique;                 /* absent: none; see JOB_ENQUEUE */
	int64_t unique_ms;
	int tries;            /* that have ended, and count */
	int64_t event_id;     /* the event (or revised event) of the transaction that
			     enqueued it, or 0 */
	struct span payload;  /* JSON */
	struct span errors;   /* a JSON array, one for each failed try: {"try": 1,
				 "at": "2026-01-31T12:00:00.000Z", "error": "…"}; absent:
				 none */
	struct span progress; /* what its worker last told; absent: nothing */
};

enum job_op {
	/* Adds a job: queue, priority, run_at_ms, created_at_ms, group, unique,
	 * unique_ms, payload. When the queue has an open job with that unique key, or one
	 * that was enqueued less than unique_ms before created_at_ms and is not
	 * cancelled, nothing is added. Sets id (0: nothing added), state and event_id. */
	JOB_ENQUEUE,
	/* An attempt has ended: id, nth; state says how: JOB_DONE, JOB_DEAD,
	 * JOB_CANCELLED, or JOB_WAITING for another attempt at run_at_ms. Unless count is
	 * false, tries becomes nth. error (absent: none) is added to errors, as that of
	 * the last attempt that counts, stamped now_ms; ended_at_ms becomes now_ms. When
	 * the job is not open any more, or tries is not nth - 1, the whole transaction is
	 * STORE_CONFLICT and fenced is set: the effects of a job that was cancelled, or
	 * that another has run, are not committed. */
	JOB_SETTLE,
	/* Of the owner's commands and workers: an id that is not there or not in a state
	 * that allows it is passed over; changed says so. */
	JOB_RETRY,    /* dead or cancelled: waiting again at run_at_ms, tries 0, errors
			 kept; waiting: run_at_ms set */
	JOB_CANCEL,   /* an open job, by id; or (id 0) the open ones of queue with that
			 unique key: cancelled, ended_at_ms becomes now_ms */
	JOB_DROP,     /* an ended one, by id: removed */
	JOB_PROGRESS, /* an open one, by id: progress */
	JOB_PAUSE, /* queue: none of its jobs starts, until JOB_RESUME; kept in the store */
	JOB_RESUME
};

/* One change of jobs, part of a transaction; what it points to must live until done. */
struct store_job_write {
	struct store_job_write *next;
	enum job_op op;
	struct store_job job; /* the fields named above */
	int nth;              /* JOB_SETTLE: the attempt's number, from 1 */
	bool count;
	struct span error;
	int64_t now_ms; /* JOB_SETTLE, JOB_CANCEL */
	/* set at commit, as is job.queue of JOB_SETTLE, JOB_RETRY and JOB_CANCEL by id: */
	bool changed;
	bool fenced;
	bool unblocked; /* another job of the group may run now */
};

/* ---- transactions ---- */

enum store_op { STORE_INSERT, STORE_UPDATE, STORE_REMOVE };

/* One change of documents, part of a transaction. What it points to must live until
 * the transaction's done. */
struct store_write {
	struct store_write *next;
	enum store_op op;
	const char *collection; /* made by its first insert */
	/* INSERT: the document, a JSON object's text without "_id" (the engine gives
	 * one), unless ids has the row the document was promised with store_reserve: then
	 * its "_id" is in the text. UPDATE: what to insert when nothing has the key
	 * (upsert), or absent. */
	struct span doc;
	/* The value of the collection's key field in doc; with UPDATE and REMOVE, the
	 * document meant. Absent: no key; then ids say which. */
	struct span key;
	const int64_t *ids; /* UPDATE, REMOVE without key: rows a reader found */
	size_t id_count;
	const struct filter *filter; /* rechecked at commit; NULL: all of them */
	const struct update *update; /* UPDATE: how; NULL when edit says how, or when an
					existing document is to stay as it is */
	/* UPDATE: changes the document in code of the caller's: 1 changed, 0 left as it
	 * is, -1 with err (STORE_CONFLICT). A pure function of the document and ctx, as
	 * it runs on the writer's thread and perhaps more than once. */
	int (*edit)(const void *ctx, json_t *doc, struct error *err);
	const void *edit_ctx;
	int64_t
	    expect; /* this many must be changed, else STORE_CONFLICT; -1: any number */
};

enum store_result {
	STORE_OK,
	STORE_FAILED, /* disk full, I/O error …: nothing of it was written */
	/* An expectation or a unique key did not hold, or an update does not fit the
	 * document it met ($inc of text): likewise nothing, but the claim on the
	 * transaction's key is still held, so that the handler can be run again. */
	STORE_CONFLICT
};

/* A key for an event that is stored already, by a version whose keys were made otherwise. */
struct store_rekey {
	struct store_rekey *next;
	int64_t event_id;
	struct store_key key;
};

/* One transaction: an event with its reply, its key, the handler's writes and its jobs;
 * all of it or nothing. */
struct store_txn {
	struct store_event event; /* stored when event.kind is set; id is filled in */
	/* These become known, and the claims on them end. The first one's SID should be
	 * the event's. */
	struct store_key keys[STORE_KEYS];
	size_t key_count;
	struct store_write *writes;
	struct store_job_write *jobs;
	/* An event stored before, whose state and failure become event.state and
	 * event.failure (a retry); its stored reply stays. When it has no failure (any
	 * more), that is a conflict: it is never handled twice. 0: none. */
	int64_t revised_event;
	struct store_rekey *rekeys;
	int64_t rekeyed_to; /* with rekeys: up to this event all have them now */
	/* Called on the writer's thread, in the order of submission, with result (and
	 * error, unless STORE_OK) set: the commit is synced, or it is not there. */
	void (*done)(struct store_txn *txn);
	enum store_result result;
	struct error error;
	struct store_txn *next; /* the store's */
};

/* The events, from *first to *last, that an older version stored and that have no keys of
 * today's kind: a repeat of theirs would not be known. False when there are none. Give
 * them their keys (rekeys) before anything is claimed. */
bool store_unkeyed(const struct store *store, int64_t *first, int64_t *last);

/* Hands a transaction over; returns at once. False when too much waits already: shed
 * load (done is not called, the claim is still held). What it points to must live
 * until done. Any thread; lock-free. */
bool store_submit(struct store *store, struct store_txn *txn);
/* Wakes the writer for what was submitted: once for many submits. */
void store_flush(struct store *store);
/* Submits, flushes and waits; for commands. */
enum store_result store_commit(struct store *store, struct store_txn *txn);

/* What was committed, in order, on the writer's thread, before the transaction's done:
 * every transaction that has jobs. Set it before the first submit; NULL: nobody. It
 * must not block. */
void store_watch_jobs(struct store *store,
    void (*committed)(void *ctx, const struct store_txn *txn), void *ctx);

enum { STORE_JOBS_RUNNING = 4096 };

/* A try is given to somebody who will begin it; until then it does not count. False
 * when STORE_JOBS_RUNNING are given out. Any thread; like those below it costs a few
 * memory accesses. */
bool store_job_given(struct store *store, int64_t id, int try);
/* It begins: from now on it counts as run, also when this process dies. Also for one
 * that was not given; false as store_job_given. One try of a job at a time. When the store is opened, tries that
 * had begun and were not settled are: counted, with the error "the server stopped while
 * it ran", waiting, run_at_ms as it was. */
bool store_job_began(struct store *store, int64_t id, int try);
/* After its JOB_SETTLE was committed (or given up). */
void store_job_ended(struct store *store, int64_t id);

enum { STORE_ID_SIZE = 25 };

/* A document's "_id" may be needed before it is stored: reserves `count` rows, unique
 * in the whole store and for ever, and returns the first. Any thread. */
int64_t store_reserve(struct store *store, int64_t count);
/* The "_id" of a row: 24 lower-case hexadecimal digits, the second it was made
 * (8 digits) and the row (16), so that it sorts by age and needs no index. */
void store_id(char out[STORE_ID_SIZE], int64_t row);
/* The row in an "_id", or 0 when it is not one. */
int64_t store_id_row(struct span id);

/* False while commits fail (disk full …): readiness. The store itself goes on trying,
 * once a second when nothing is submitted. */
bool store_healthy(const struct store *store);

struct store_stats {
	uint64_t events, duplicates, commits, failed_commits, waiting;
	int64_t wal_bytes;
};

void store_stats(const struct store *store, struct store_stats *out);

/* ---- reading ----
 * A reader belongs to one thread at a time; an each(…) must not use the reader that
 * calls it. */

/* A reader of a directory, whether or not a server is running on it: read-only, leaves
 * no files behind. -1 when there is no store there or it is a newer program's. */
int store_reader_open(struct store_reader **out, const struct engine *engine,
    const char *dir, struct error *err);
/* A reader in the process that has the store open: faster, because it knows what the
 * writer has in memory. Close it before the store. */
int store_reader_new(struct store_reader **out, struct store *store, struct error *err);
void store_reader_close(struct store_reader *reader); /* NULL is fine */
/* As store_job_began, in another process, which was given the try. What can not be noted
 * (the file is gone) is not: then the try counts when it ends. */
void store_reader_job_began(struct store_reader *reader, int64_t id, int try);

struct store_event_query {
	struct span kind, sid; /* absent: any; a SID is found without a search */
	bool by_state;
	enum event_state state;
	int64_t after_id; /* only newer ones; 0: all */
	int64_t limit;    /* 0: all */
	bool newest_first;
};

/* Calls each(…) for every match, in order of id; its event is valid during the call;
 * returning false ends it. -1 with err when the store cannot be read. */
int store_events(struct store_reader *reader, const struct store_event_query *query,
    bool (*each)(void *ctx, const struct store_event *event), void *ctx,
    struct error *err);
/* 1 and each called once, 0 when there is none, -1 with err. */
int store_event_get(struct store_reader *reader, int64_t id,
    bool (*each)(void *ctx, const struct store_event *event), void *ctx,
    struct error *err);

struct store_query {
	const char *collection;
	const struct filter *filter; /* NULL: all */
	const json_t
	    *sort; /* {"receivedAt": -1, …} in order, or NULL: order of insertion */
	int64_t limit, skip; /* limit 0: all */
};

/* Calls each(…) with every document (with "_id"), borrowed during the call; row is its
 * number for store_write.ids; returning false ends it. A collection that does not
 * exist is empty. Uses the key or an index when the filter asks for equal values. */
int store_find(struct store_reader *reader, const struct store_query *query,
    bool (*each)(void *ctx, int64_t row, json_t *doc), void *ctx, struct error *err);
/* How many store_find would give; -1 with err. */
int64_t store_count(
    struct store_reader *reader, const struct store_query *query, struct error *err);
/* The document with that key (or, by_id, that "_id"): *out is the caller's. 1, 0 when
 * there is none, -1 with err. */
int store_get(struct store_reader *reader, const char *collection, struct span key,
    bool by_id, json_t **out, struct error *err);
/* Every collection's name, key field (or NULL), and how many documents. */
int store_collections(struct store_reader *reader,
    bool (*each)(void *ctx, const char *name, const char *key_field, int64_t count),
    void *ctx, struct error *err);

/* ---- reading jobs ---- */

/* Called with each one, valid during the call; returning false ends it. */
struct store_each_job {
	bool (*call)(void *ctx, const struct store_job *job);
	void *ctx;
};

struct store_due {
	struct span queue;
	int64_t now_ms;
	int64_t limit;
	/* set: the least run_at_ms after now_ms of the queue's waiting jobs; INT64_MAX:
	 * there is none */
	int64_t next_ms;
};

/* Waiting jobs of a queue whose run_at_ms is at most now_ms, the first to run first: by
 * priority, then run_at_ms, then id; of those, limit. Running ones are among them. They
 * come as they are read, one at a time in memory: each(…) should be quick, and is not
 * undone when reading the next one fails. */
int store_jobs_due(struct store_reader *reader, struct store_due *due,
    struct store_each_job each, struct error *err);

struct store_job_query {
	struct span queue;                           /* absent: any; so the others */
	unsigned states;                             /* 1 << JOB_DEAD | …; 0: any */
	struct span group, unique;                   /* equal */
	struct span error;                           /* within errors, case ignored */
	int64_t created_after_ms, created_before_ms; /* 0: any */
	/* 0: any; ended ones. When queue and one state are given, too, the first to end
	 * come first (whatever newest_first says), found without a search. */
	int64_t ended_before_ms;
	int64_t ended_after_ms; /* 0: any; ended ones, found without a search */
	int64_t after_id;
	int64_t limit; /* 0: all */
	bool newest_first;
};

/* In order of id; as store_events. Queue and states are looked up; where neither is
 * given, or running ones only, the whole history may be walked. */
int store_jobs(struct store_reader *reader, const struct store_job_query *query,
    struct store_each_job each, struct error *err);
/* 1 and each called once, 0 when there is none, -1 with err. */
int store_job_get(struct store_reader *reader, int64_t id, struct store_each_job each,
    struct error *err);

struct store_queue {
	struct span name;
	bool paused;
	int64_t counts[JOB_STATES];
	int64_t oldest_due_ms; /* the least run_at_ms of the waiting; INT64_MAX: none */
};

/* Every queue that ever had a job, or was paused, by name. Counting a million jobs
 * takes well under a second. */
int store_queues(struct store_reader *reader,
    bool (*each)(void *ctx, const struct store_queue *queue), void *ctx,
    struct error *err);
/* The same queues, their names and whether they are paused: nothing is counted, and it
 * takes no time. */
int store_queue_names(struct store_reader *reader,
    bool (*each)(void *ctx, const struct store_queue *queue), void *ctx,
    struct error *err);

/* ---- the owner's commands: they need the store open for writing ---- */

/* An index on a dotted path, used by store_find for equality. Builds it without
 * stopping the writer for longer than the engine must. */
int store_index(
    struct store *store, const char *collection, const char *path, struct error *err);

struct store_forgotten {
	int64_t events, documents, jobs;
};

/* Erases one person: parameters, raw bodies and replies of every event in which a
 * parameter, or a segment of a path that is kept (query), equals the address (event
 * rows stay, empty, so that repeats stay known),
 * and every document and job in which a value (of the payload; its group or unique
 * key) equals it. The bytes leave the files too. */
int store_forget(struct store *store, struct span address, struct store_forgotten *out,
    struct error *err);

#endif
