/* store -- where events, documents and jobs live, and all that the folders above may
 * know about it: nothing there may assume SQLite. What one database must do for this is
 * in engine.h.
 *
 * Two sides. Submit: a transaction is handed over without waiting, and called back when
 * it is durable (group commit: many transactions, one sync). Read: synchronous, from a
 * reader that one thread owns; each call sees the latest commit and holds no snapshot
 * after it. */
#ifndef OFFHOOK_STORE_STORE_H
#define OFFHOOK_STORE_STORE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "query/filter.h"
#include "query/update.h"
#include "store/job.h"
#include "util/arena.h"
#include "util/error.h"
#include "util/mailbox.h"
#include "util/span.h"

struct store;
struct store_reader;
struct engine; /* one database behind the store: engines/engines.h */

enum { STORE_KEY_SIZE = 16, STORE_KEYS = 4 };

/* ---- open and close ---- */

struct store_config {
	const char *dir;           /* made (mode 0700) when it does not exist */
	int64_t wal_limit_bytes;   /* how long the log may become; 0: default */
	int64_t queue_limit_bytes; /* how much may wait before store_submit refuses; 0:
				      default */
	size_t seal_count;         /* for tests, see keys_config; 0: default */
};

/* Opens for writing: takes the directory's lock, brings the schema up to date, starts
 * the writer and the checkpointer. One process at a time: err says who has it. */
int store_open(struct store **out, const struct engine *engine,
    const struct store_config *config, struct error *err);
/* What store_open would say of the directory before it opens anything there: -1 with err.
 * Makes and changes nothing that stays, takes no lock. Of a directory that another process
 * owns it says nothing. */
int store_check(const struct engine *engine, const char *dir, struct error *err);
/* Whether it would take what is stored there, which it may have to bring up to date: -1
 * with err when not. For commands: it reads. Nothing there is fine. */
int store_check_contents(
    const struct engine *engine, const char *dir, struct error *err);
/* Commits what was submitted, ends the threads, releases the lock. NULL is fine. */
void store_close(struct store *store);
/* From now on, takes room on the disk for what will be committed, whenever there is nothing
 * to commit: commits then wait less for the disk. For a server, once it answers. */
void store_make_room(struct store *store);

/* A collection's key: the field that identifies its documents ("messageSid"). Text and
 * whole numbers are keys; a document with any other value there has none. Declare it
 * before the collection has documents; declaring the same key again is fine. */
int store_declare(struct store *store, const char *collection, const char *key_field,
    struct error *err);
/* Names: a letter or _, then letters, digits, _ . -, at most 64 bytes. A collection
 * whose name differs from another's in case only is refused. */
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
	struct span query; /* the request's query, or absent; the whole request-target
			      when the route's path has parameters */
	enum event_state state;
	struct span failure; /* why, when failed; else absent */
	struct span params;  /* a JSON object's text */
	struct span raw; /* the body, where params do not hold all of it, and always of
			    an event that is failed or late */
	struct span request; /* {"method": …, "target": …, "headers": [[name, value],
				…]} while the event is failed or late; else absent */
	struct store_reply reply;
	int64_t duplicates; /* repeats that got the stored reply */
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
	/* for the engine alone, which makes it once: */
	bool indexed;
	unsigned char index[STORE_KEY_SIZE];
};

enum store_claimed {
	CLAIM_NEW, /* the key is yours until the transaction's done or store_unclaim */
	CLAIM_REPEAT, /* handled before: event_id and reply say which and what */
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
	/* Called on a thread of the store, with outcome set, when store_claim could
	 * not tell at once. */
	void (*done)(struct store_claim *claim);
	enum store_claimed outcome;
	int64_t event_id;
	enum event_state state; /* of that event */
	struct store_reply reply;
	/* for the store alone: */
	bool count;
	struct store_claim *next;
};

/* Asks whether the event was seen. True: outcome is set (from memory, nothing was
 * read). False: claim->done will be called, after a look on disk or when the event in
 * flight has been committed; the claim must live until then. Adds one to a repeated
 * event's duplicates, unless count is false. Any thread. */
bool store_claim(struct store *store, struct store_claim *claim, bool count);
/* Gives up a claim that was CLAIM_NEW without storing anything: its keys are free again,
 * and who waits for them gets CLAIM_FAILED. */
void store_unclaim(struct store *store, const struct store_claim *claim);

/* ---- transactions ---- */

enum store_op { STORE_INSERT, STORE_UPDATE, STORE_REMOVE };

/* One change of documents, part of a transaction. What it points to must live until
 * the transaction's done. */
struct store_write {
	struct store_write *next;
	enum store_op op;
	const char *collection; /* made by its first insert */
	/* INSERT: the document, a JSON object's text. Without ids it has no "_id": the
	 * engine makes one. With ids it has: ids[0] is a row of store_reserve, and "_id"
	 * is made of that. UPDATE: what to insert when nothing has the key (upsert), or
	 * absent. */
	struct span doc;
	/* INSERT: the value of the collection's key field in doc. UPDATE, REMOVE: which
	 * document. Absent: no key; then ids say which. */
	struct span key;
	const int64_t *ids; /* UPDATE, REMOVE without key: rows that a reader found */
	size_t id_count;
	/* Of each row, the stamp that the reader found; NULL: unknown. */
	const int64_t *stamps;
	/* Checked again at commit, unless the stamp is the same; NULL: all of them. What its
	 * regular expressions may cost there is BUDGET_TXN_MS for the whole transaction. */
	const struct filter *filter;
	const struct update *update; /* UPDATE: how; NULL when edit says how, or when an
					existing document shall stay as it is */
	/* UPDATE: the caller's own code changes the document: 1 changed, 0 not, -1 with
	 * err (STORE_CONFLICT). It may depend on the document and ctx only: it runs on
	 * the writer's thread, perhaps more than once. */
	int (*edit)(const void *ctx, json_t *doc, struct error *err);
	const void *edit_ctx;
	int64_t expect; /* so many must change, else STORE_CONFLICT; -1: any number */
};

enum store_result {
	STORE_OK,
	STORE_FAILED, /* disk full, I/O error …: nothing of it was written */
	/* An expectation or a unique key did not hold, an update does not fit its
	 * document ($inc of text), or its regular expressions take too long. Nothing was written either, but the claim on the
	 * transaction's key is still held, so that the handler can run again. */
	STORE_CONFLICT
};

/* A key for an event that is stored already, by a version whose keys were made otherwise. */
struct store_rekey {
	struct store_rekey *next;
	int64_t event_id;
	struct store_key key;
};

/* One transaction: an event with its reply and its keys, the handler's writes and jobs.
 * All of it is committed, or nothing. */
struct store_txn {
	struct store_event event; /* stored when event.kind is set; id is filled in */
	/* These become known, and the claims on them end. The first one's SID should be
	 * the event's. */
	struct store_key keys[STORE_KEYS];
	size_t key_count;
	struct store_write *writes;
	struct store_job_write *jobs;
	/* An event that was stored before and is handled again: its state and failure
	 * become event.state and event.failure, its reply stays. When it has no failure
	 * any more, that is a conflict: it is never handled twice. 0: none. */
	int64_t revised_event;
	struct store_rekey *rekeys;
	int64_t
	    rekeyed_to; /* up to this event all have their rekeys now; 0: not said */
	/* Called on the writer's thread, in the order of submission, with result (and
	 * error, unless STORE_OK) set: the commit is synced, or nothing was written. */
	void (*done)(struct store_txn *txn);
	enum store_result result;
	struct error error;
	struct mail mail; /* for the store alone */
};

/* The events, from *first to *last, that an older version stored and that have no keys of
 * today's kind: a repeat of theirs would not be known. False when there are none. Give
 * them their keys (rekeys) before anything is claimed. */
bool store_unkeyed(const struct store *store, int64_t *first, int64_t *last);

/* Hands a transaction over; returns at once. False when too much waits already: done is
 * not called, the claim is still held. What it points to must live until done. Any
 * thread; lock-free. */
bool store_submit(struct store *store, struct store_txn *txn);
/* Wakes the writer for what was submitted: once for many submits. */
void store_flush(struct store *store);
/* Submits, flushes and waits; for commands. */
enum store_result store_commit(struct store *store, struct store_txn *txn);

/* Calls committed() with every transaction that has jobs, once it is committed, before
 * its done; on the writer's thread, in order. It must not block. Set it before the first
 * submit; NULL: nobody. */
void store_watch_jobs(struct store *store,
    void (*committed)(void *ctx, const struct store_txn *txn), void *ctx);

enum { STORE_JOBS_RUNNING = 4096 };

/* An attempt is given to a process that will begin it; until then it does not count.
 * False when STORE_JOBS_RUNNING are given. Any thread; this and the two below cost a few
 * memory accesses. */
bool store_job_given(struct store *store, int64_t id, int try);
/* The attempt begins, given before or not: from now on it counts, also when this process
 * dies. False as store_job_given. A job has one attempt at a time. An attempt that had
 * begun and was not settled when the store is opened is settled then: it counts, with
 * the error "the server stopped while it ran", and the job waits, run_at_ms unchanged. */
bool store_job_began(struct store *store, int64_t id, int try);
/* After its JOB_SETTLE was committed, or will never be. */
void store_job_ended(struct store *store, int64_t id);

enum { STORE_ID_SIZE = 25 };

/* For documents whose "_id" is needed before they are stored: reserves `count` rows,
 * which no other document of the store will ever have, and returns the first. Any
 * thread. */
int64_t store_reserve(struct store *store, int64_t count);
/* The "_id" of a row: 24 lower-case hexadecimal digits, the time in seconds (8) and the
 * row (16), so that it sorts by age and needs no index. */
void store_id(char out[STORE_ID_SIZE], int64_t row);
/* The row in an "_id"; 0 when the text cannot be one. */
int64_t store_id_row(struct span id);

/* False, with why (unless NULL), while commits fail (disk full, the files moved away …), or
 * what was committed cannot be moved to where it shall stay. The store tries again once a
 * second. */
bool store_healthy(struct store *store, struct error *why);

struct store_stats {
	uint64_t events, duplicates, commits, failed_commits, waiting;
	int64_t wal_bytes;
};

void store_stats(const struct store *store, struct store_stats *out);

/* ---- reading ----
 * A reader, and every cursor of it, belongs to one thread at a time.
 *
 * A cursor gives rows one by one: next is 1 with a row, 0 at the end, -1 with err when the
 * store cannot be read. Opening one reads nothing and cannot fail. Rows are read in
 * slices, each of which sees the latest commit; between two calls there is no snapshot
 * (but see store_due_open). What the row points to is valid until the next call. What
 * the query points to must live until close; the reader may be used for other reads
 * meanwhile. Close accepts NULL. */

/* A reader of a directory, whether or not a server is running on it: read-only, leaves
 * no files behind. -1 when there is no store there, or a newer program's. */
int store_reader_open(struct store_reader **out, const struct engine *engine,
    const char *dir, struct error *err);
/* A reader in the process that has the store open: faster, because it knows what the
 * writer has in memory. Close it before the store. */
int store_reader_new(struct store_reader **out, struct store *store, struct error *err);
void store_reader_close(struct store_reader *reader); /* NULL is fine */
/* As store_job_began, in another process, to which the attempt was given. When it cannot
 * be noted (the file is gone), the attempt counts only when it ends. */
void store_reader_job_began(struct store_reader *reader, int64_t id, int try);

struct store_event_query {
	struct span kind, sid; /* absent: any; a SID is found without a search */
	bool by_state;
	enum event_state state;
	int64_t after_id; /* only newer ones; 0: all */
	int64_t limit;    /* 0: all */
	bool newest_first;
};

/* Events that match, in order of id. */
struct store_events;
struct store_events *store_events_open(
    struct store_reader *reader, const struct store_event_query *query);
int store_events_next(
    struct store_events *events, struct store_event *out, struct error *err);
void store_events_close(struct store_events *events);
/* One event, copied to the arena: 1, 0 when there is none, -1 with err. */
int store_event_get(struct store_reader *reader, int64_t id, struct arena *arena,
    struct store_event *out, struct error *err);

struct store_query {
	const char *collection;
	const struct filter *filter; /* NULL: all */
	const json_t *sort;  /* {"receivedAt": -1, …}; NULL: order of insertion */
	int64_t limit, skip; /* limit 0: all */
	bool stamped;        /* asks for stamps; not with a sort */
};

struct store_doc {
	int64_t row;  /* for store_write.ids */
	json_t *json; /* with "_id"; borrowed until the next call */
	/* When asked for: as long as the document has the same, it is unchanged. 0: unknown. */
	int64_t stamp;
};

/* Documents that match, within BUDGET_QUERY_MS: beyond that next is -1. A collection that
 * does not exist is empty. Uses the key or an
 * index when the filter asks for equal values. */
struct store_docs;
struct store_docs *store_docs_open(
    struct store_reader *reader, const struct store_query *query);
int store_docs_next(struct store_docs *docs, struct store_doc *out, struct error *err);
void store_docs_close(struct store_docs *docs);
/* How many there are; -1 with err. */
int64_t store_count(
    struct store_reader *reader, const struct store_query *query, struct error *err);
/* The document with that key (or, by_id, that "_id"): *out is the caller's. 1, 0 when
 * there is none, -1 with err. */
int store_get(struct store_reader *reader, const char *collection, struct span key,
    bool by_id, json_t **out, struct error *err);

struct store_collection {
	struct store_collection *next;
	const char *name, *key_field; /* key_field NULL: none */
	int64_t count;                /* documents; 0 when not counted */
};

/* Every collection, by name, in the arena. Counting their documents takes time. */
int store_collections(struct store_reader *reader, bool counted, struct arena *arena,
    struct store_collection **out, struct error *err);

/* ---- reading jobs ---- */

struct store_due {
	struct span queue;
	int64_t now_ms;
	int64_t limit;
	/* Set by store_due_later: the earliest run_at_ms after now_ms of the queue's
	 * waiting jobs; INT64_MAX: there is none. */
	int64_t next_ms;
};

/* Waiting jobs of a queue whose run_at_ms is at most now_ms, the first to run first: by
 * priority, then run_at_ms, then id. Running ones are among them. This cursor reads a job
 * when it is asked for it, so that large ones are never in memory together: it has one
 * snapshot from the first call to the end, and until then the reader is for it alone. Be
 * quick. */
struct store_due_jobs;
struct store_due_jobs *store_due_open(
    struct store_reader *reader, struct store_due *due);
int store_due_next(
    struct store_due_jobs *jobs, struct store_job *out, struct error *err);
/* Sets due->next_ms, in the same snapshot; no more jobs after that. 0, or -1 with err. */
int store_due_later(struct store_due_jobs *jobs, struct error *err);
void store_due_close(struct store_due_jobs *jobs);

struct store_job_query {
	struct span queue;         /* absent: any; so are the others */
	unsigned states;           /* 1 << JOB_DEAD | …; 0: any */
	struct span group, unique; /* equal */
	struct span error;         /* within errors, case ignored */
	int64_t created_after_ms, created_before_ms; /* 0: any */
	/* Ended jobs only; 0: any. With queue and one state, the job that ended first
	 * comes first (newest_first is ignored), and is found without a search. */
	int64_t ended_before_ms;
	int64_t ended_after_ms; /* ended jobs only, found without a search; 0: any */
	int64_t after_id;
	int64_t limit; /* 0: all */
	bool newest_first;
};

/* Jobs that match, in order of id. Queue and states are looked up; with neither, or with
 * JOB_RUNNING among others, all jobs there are may be walked. */
struct store_jobs;
struct store_jobs *store_jobs_open(
    struct store_reader *reader, const struct store_job_query *query);
int store_jobs_next(struct store_jobs *jobs, struct store_job *out, struct error *err);
void store_jobs_close(struct store_jobs *jobs);
/* One job, copied to the arena: 1, 0 when there is none, -1 with err. */
int store_job_get(struct store_reader *reader, int64_t id, struct arena *arena,
    struct store_job *out, struct error *err);

struct store_queue {
	struct store_queue *next;
	int64_t id; /* for the engine alone */
	struct span name;
	bool paused;
	/* when counted: */
	int64_t counts[JOB_STATES];
	int64_t
	    oldest_due_ms; /* the earliest run_at_ms of the waiting; INT64_MAX: none */
};

/* Every queue that ever had a job or was paused, by name, in the arena. Counting a
 * million jobs takes well under a second; names alone take no time. */
int store_queues(struct store_reader *reader, bool counted, struct arena *arena,
    struct store_queue **out, struct error *err);

/* ---- the owner's commands: they need the store open for writing ---- */

/* An index on a dotted path, which store_docs_next uses for equality. Commits wait
 * while it is built. */
int store_index(
    struct store *store, const char *collection, const char *path, struct error *err);

struct store_forgotten {
	int64_t events, documents, jobs;
	int64_t errors; /* alerts, and jobs of others, whose texts told of it */
	int64_t names;  /* of collections, indexes and queues that hold it: they stay */
};

/* Erases one person: whatever holds the address, in any spelling (query/holds.h). Events
 * lose parameters, body, request and reply; their rows stay, so that repeats stay known.
 * Documents, and jobs that hold it in the payload, the group or the unique key, are
 * removed. Of alerts and other jobs the texts of errors go. The bytes leave the files
 * too. Webhooks go on meanwhile: what is stored of the person while it runs may stay.
 * What was erased is, also when it fails in between. */
int store_forget(struct store *store, struct span address, struct store_forgotten *out,
    struct error *err);

#endif
