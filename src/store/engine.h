/* engine -- what one database must do to be behind the store: all that an engine
 * promises, together with what store.h says of the functions of the same names. The front
 * (store.c) checks what it is given, holds the claims, sorts and counts; an engine keeps
 * rows. */
#ifndef OFFHOOK_STORE_ENGINE_H
#define OFFHOOK_STORE_ENGINE_H

#include "store/store.h"

/* Each engine defines these for itself. */
struct engine_db;     /* a store open for writing */
struct engine_reader; /* one thread's way to read */

/* Who owns an engine_db. finished() is called with every transaction, on the writer's
 * thread, in the order of submission, once it is durable or has failed. */
struct engine_owner {
	void (*finished)(void *ctx, struct store_txn *txn);
	void *ctx;
};

struct store_reader {
	const struct engine *engine;
	struct engine_reader *reader;
};

/* A cursor begins with what the front calls; close also frees it. */
struct store_events {
	int (*next)(
	    struct store_events *events, struct store_event *out, struct error *err);
	void (*close)(struct store_events *events);
};

struct engine_docs {
	int (*next)(struct engine_docs *docs, struct store_doc *out, struct error *err);
	void (*close)(struct engine_docs *docs);
};

struct store_jobs {
	int (*next)(struct store_jobs *jobs, struct store_job *out, struct error *err);
	void (*close)(struct store_jobs *jobs);
};

struct store_due_jobs {
	int (*next)(
	    struct store_due_jobs *jobs, struct store_job *out, struct error *err);
	int (*later)(struct store_due_jobs *jobs, struct error *err);
	void (*close)(struct store_due_jobs *jobs);
};

enum engine_known { ENGINE_NEW, ENGINE_PERHAPS };

struct engine {
	const char *name;

	/* ---- writing; see the functions of the same name in store.h ---- */
	int (*open)(struct engine_db **out, const struct store_config *config,
	    struct engine_owner owner, struct error *err);
	int (*check)(const char *dir, struct error *err);
	int (*check_contents)(const char *dir, struct error *err);
	void (*close)(struct engine_db *db);
	/* A transaction whose result is not STORE_OK was refused by the front: it is
	 * finished in its turn, and nothing of it is written. */
	bool (*submit)(struct engine_db *db, struct store_txn *txn);
	void (*flush)(struct engine_db *db);
	void (*make_room)(struct engine_db *db);
	bool (*healthy)(struct engine_db *db, struct error *why);
	void (*stats)(const struct engine_db *db, struct store_stats *out);
	int64_t (*reserve)(struct engine_db *db, int64_t count);
	int (*declare)(struct engine_db *db, const char *collection,
	    const char *key_field, struct error *err);
	int (*index)(struct engine_db *db, const char *collection, const char *path,
	    struct error *err);
	int (*forget)(struct engine_db *db, struct span address,
	    struct store_forgotten *out, struct error *err);

	bool (*job_given)(struct engine_db *db, int64_t id, int try);
	bool (*job_began)(struct engine_db *db, int64_t id, int try);
	void (*job_ended)(struct engine_db *db, int64_t id);

	/* ---- events' keys, for claims.c ---- */

	/* From memory, any thread. Never ENGINE_NEW for a key once finished() was called
	 * with the transaction that committed it. */
	enum engine_known (*peek)(struct engine_db *db, struct store_key *key);
	/* The event of a key: 1, 0 or -1 with err. */
	int (*lookup)(struct engine_reader *reader, struct store_key *key,
	    int64_t *event_id, struct error *err);
	/* As store_unkeyed. */
	bool (*unkeyed)(const struct engine_db *db, int64_t *first, int64_t *last);
	/* Whether what was committed is still where it was, so that a repeat may be told so:
	 * false when the files were moved away meanwhile. Any thread. */
	bool (*in_place)(const struct engine_db *db);
	/* Adds one to an event's duplicates, some time later. Any thread. */
	void (*repeated)(struct engine_db *db, int64_t event_id);

	/* ---- reading ---- */

	int (*reader_open)(
	    struct engine_reader **out, const char *dir, struct error *err);
	/* Within the process that has db open; must be closed before db. */
	int (*reader_new)(
	    struct engine_reader **out, struct engine_db *db, struct error *err);
	void (*reader_close)(struct engine_reader *reader);
	void (*reader_job_began)(struct engine_reader *reader, int64_t id, int try);
	struct store_events *(*events)(
	    struct engine_reader *reader, const struct store_event_query *query);
	int (*event_get)(struct engine_reader *reader, int64_t id, struct arena *arena,
	    struct store_event *out, struct error *err);
	/* Every document that matches, in order of insertion; sort, limit and skip are the
	 * front's. */
	struct engine_docs *(*docs)(
	    struct engine_reader *reader, const struct store_query *query);
	int64_t (*count)(
	    struct engine_reader *reader, const char *collection, struct error *err);
	int (*get)(struct engine_reader *reader, const char *collection,
	    struct span key, bool by_id, json_t **out, struct error *err);
	int (*collections)(struct engine_reader *reader, bool counted,
	    struct arena *arena, struct store_collection **out, struct error *err);
	struct store_due_jobs *(*due)(
	    struct engine_reader *reader, struct store_due *due);
	struct store_jobs *(*jobs)(
	    struct engine_reader *reader, const struct store_job_query *query);
	int (*job_get)(struct engine_reader *reader, int64_t id, struct arena *arena,
	    struct store_job *out, struct error *err);
	int (*queues)(struct engine_reader *reader, bool counted, struct arena *arena,
	    struct store_queue **out, struct error *err);
};

#endif
