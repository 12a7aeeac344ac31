/* engine -- one database behind the store. The front (store.c) checks what it is
 * given, holds the claims, sorts and counts; an engine only keeps rows. */
#ifndef OFFHOOK_STORE_ENGINE_H
#define OFFHOOK_STORE_ENGINE_H

#include "store/store.h"

/* Each engine defines these for itself. */
struct engine_db;     /* a store open for writing */
struct engine_reader; /* one thread's way to read */

/* Who owns an engine_db: told, on the writer's thread and in order, what became of
 * each transaction. */
struct engine_owner {
	void (*finished)(void *ctx, struct store_txn *txn);
	void *ctx;
};

enum engine_known { ENGINE_NEW, ENGINE_PERHAPS };

struct engine {
	const char *name;

	/* ---- writing; see the functions of the same name in store.h ---- */
	int (*open)(struct engine_db **out, const struct store_config *config,
	    struct engine_owner owner, struct error *err);
	void (*close)(struct engine_db *db);
	/* One whose result is not STORE_OK was refused: it is finished in its turn,
	 * with nothing of it written. */
	bool (*submit)(struct engine_db *db, struct store_txn *txn);
	void (*flush)(struct engine_db *db);
	bool (*healthy)(const struct engine_db *db);
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

	/* From memory, any thread. A key is never ENGINE_NEW after finished() was called
	 * for a transaction that committed it. */
	enum engine_known (*peek)(struct engine_db *db, const struct store_key *key);
	/* The event of a key: 1, 0 or -1 with err. */
	int (*lookup)(struct engine_reader *reader, const struct store_key *key,
	    int64_t *event_id, struct error *err);
	bool (*unkeyed)(const struct engine_db *db, int64_t *first, int64_t *last);
	/* Counts a duplicate of an event, when convenient. Any thread. */
	void (*repeated)(struct engine_db *db, int64_t event_id);

	/* ---- reading ---- */

	int (*reader_open)(
	    struct engine_reader **out, const char *dir, struct error *err);
	/* Within the process that has db open; must be closed before db. */
	int (*reader_new)(
	    struct engine_reader **out, struct engine_db *db, struct error *err);
	void (*reader_close)(struct engine_reader *reader);
	void (*reader_job_began)(struct engine_reader *reader, int64_t id, int try);
	int (*events)(struct engine_reader *reader,
	    const struct store_event_query *query,
	    bool (*each)(void *ctx, const struct store_event *event), void *ctx,
	    struct error *err);
	/* Every document that matches, in order of insertion. */
	int (*find)(struct engine_reader *reader, const char *collection,
	    const struct filter *filter,
	    bool (*each)(void *ctx, int64_t row, json_t *doc), void *ctx,
	    struct error *err);
	int64_t (*count)(
	    struct engine_reader *reader, const char *collection, struct error *err);
	int (*get)(struct engine_reader *reader, const char *collection,
	    struct span key, bool by_id, json_t **out, struct error *err);
	int (*collections)(struct engine_reader *reader,
	    bool (*each)(
		void *ctx, const char *name, const char *key_field, int64_t count),
	    void *ctx, struct error *err);
	int (*jobs_due)(struct engine_reader *reader, struct store_due *due,
	    struct store_each_job each, struct error *err);
	int (*jobs)(struct engine_reader *reader, const struct store_job_query *query,
	    struct store_each_job each, struct error *err);
	int (*queues)(struct engine_reader *reader, bool counted,
	    bool (*each)(void *ctx, const struct store_queue *queue), void *ctx,
	    struct error *err);
};

#endif
