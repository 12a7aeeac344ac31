#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bare.h"
#include "util/mem.h"

/* Checkpoints as in src/store: one for so many further pages of log, by a thread; and
 * by the writer, so that the log starts anew, when it has got too long all the same. */
enum { CHECKPOINT_PAGES = 1000, LOG_PAGES_MAX = (64 << 20) / (4096 + 24) };

enum { KEY_ROW_SIZE = 24, KEYS_A_WEBHOOK = 2 };

/* The library is set up as src/store does it. */
enum { OPEN_FLAGS = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX };

static const char settings[] =
    "PRAGMA cache_size = -16384; PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL; "
    "PRAGMA wal_autocheckpoint = 0;";

struct bare_store {
	sqlite3 *db, *checkpoint_db;
	sqlite3_stmt *begin, *commit, *event, *document, *keys;
	pthread_t writer, checkpointer;
	pthread_mutex_t checkpointing; /* held while one is made */
	pthread_mutex_t lock;          /* over all below */
	pthread_cond_t submitted, log_grown;
	struct bare_work *waiting, *done; /* newest first */
	bool stop, checkpoint_due;
	int wake;
	struct buf key_log; /* the writer's, as are these: */
	int log_pages, checkpointed_at;
};

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS event (id INTEGER PRIMARY KEY, received_at INTEGER, "
    "kind TEXT, sid TEXT, route TEXT, query TEXT, state INTEGER, failure TEXT, "
    "params TEXT, raw BLOB, reply_status INTEGER, reply_type TEXT, reply_body TEXT, "
    "duplicates INTEGER);"
    "CREATE TABLE IF NOT EXISTS sms_messages (row INTEGER PRIMARY KEY, doc TEXT);"
    "CREATE TABLE IF NOT EXISTS key_log (id INTEGER PRIMARY KEY, keys BLOB);";

static void fail(sqlite3 *db, const char *what)
{
	fprintf(stderr, "bare: %s: %s\n", what, sqlite3_errmsg(db));
	exit(1);
}

static void must(sqlite3 *db, int result, const char *what)
{
	if (result != SQLITE_OK && result != SQLITE_DONE)
		fail(db, what);
}

static sqlite3 *connect_to(const char *path)
{
	sqlite3 *db;
	if (sqlite3_open_v2(path, &db, OPEN_FLAGS, NULL) != SQLITE_OK)
		fail(db, path);
	sqlite3_busy_timeout(db, 5000);
	must(db, sqlite3_exec(db, settings, NULL, NULL, NULL), path);
	return db;
}

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement;
	must(db,
	    sqlite3_prepare_v3(
		db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL),
	    sql);
	return statement;
}

static void bind(sqlite3_stmt *statement, int at, struct span text)
{
	sqlite3_bind_text(statement, at, text.ptr, (int)text.len, SQLITE_STATIC);
}

static void step(struct bare_store *store, sqlite3_stmt *statement)
{
	must(store->db, sqlite3_step(statement), sqlite3_sql(statement));
	sqlite3_reset(statement);
}

static void write_one(struct bare_store *store, struct bare_work *work)
{
	bind(store->document, 1, buf_span(&work->doc));
	step(store, store->document);
	sqlite3_bind_int64(store->event, 1, work->received_ms);
	bind(store->event, 2, work->sid);
	bind(store->event, 3, buf_span(&work->params));
	bind(store->event, 4, buf_span(&work->reply));
	step(store, store->event);
	for (int i = 0; i < KEYS_A_WEBHOOK; i++)
		buf_add(&store->key_log, work->sid.ptr + 2 + i, KEY_ROW_SIZE);
}

static void write_batch(struct bare_store *store, struct bare_work *batch)
{
	step(store, store->begin);
	buf_clear(&store->key_log);
	for (struct bare_work *work = batch; work != NULL; work = work->next)
		write_one(store, work);
	sqlite3_bind_blob(
	    store->keys, 1, store->key_log.ptr, (int)store->key_log.len, SQLITE_STATIC);
	step(store, store->keys);
	step(store, store->commit);
}

/* In the order in which they came. */
static struct bare_work *reversed(struct bare_work *newest)
{
	struct bare_work *oldest = NULL;
	while (newest != NULL) {
		struct bare_work *next = newest->next;
		newest->next = oldest;
		oldest = newest;
		newest = next;
	}
	return oldest;
}

static struct bare_work *append(struct bare_work *list, struct bare_work *more)
{
	struct bare_work *last = list;
	while (last->next != NULL)
		last = last->next;
	last->next = more;
	return list;
}

static int on_log_grown(void *ctx, sqlite3 *db, const char *name, int pages)
{
	struct bare_store *store = ctx;
	(void)db, (void)name;
	store->log_pages = pages;
	return SQLITE_OK;
}

static void checkpoint(struct bare_store *store, sqlite3 *db, int mode)
{
	pthread_mutex_lock(&store->checkpointing);
	sqlite3_wal_checkpoint_v2(db, NULL, mode, NULL, NULL);
	pthread_mutex_unlock(&store->checkpointing);
}

static void checkpoint_committed(struct bare_store *store)
{
	if (store->log_pages < store->checkpointed_at)
		store->checkpointed_at = 0;
	if (store->log_pages >= LOG_PAGES_MAX) {
		checkpoint(store, store->db, SQLITE_CHECKPOINT_RESTART);
	} else if (store->log_pages - store->checkpointed_at >= CHECKPOINT_PAGES) {
		store->checkpointed_at = store->log_pages;
		pthread_mutex_lock(&store->lock);
		store->checkpoint_due = true;
		pthread_cond_signal(&store->log_grown);
		pthread_mutex_unlock(&store->lock);
	}
}

static void *write_all(void *ctx)
{
	struct bare_store *store = ctx;
	pthread_mutex_lock(&store->lock);
	while (!store->stop || store->waiting != NULL) {
		if (store->waiting == NULL) {
			pthread_cond_wait(&store->submitted, &store->lock);
			continue;
		}
		struct bare_work *batch = reversed(store->waiting);
		store->waiting = NULL;
		pthread_mutex_unlock(&store->lock);
		write_batch(store, batch);
		pthread_mutex_lock(&store->lock);
		store->done = append(batch, store->done);
		pthread_mutex_unlock(&store->lock);
		if (write(store->wake, &(uint64_t){1}, sizeof(uint64_t)) < 0)
			perror("bare: eventfd");
		checkpoint_committed(store);
		pthread_mutex_lock(&store->lock);
	}
	pthread_mutex_unlock(&store->lock);
	return NULL;
}

static void *checkpoint_all(void *ctx)
{
	struct bare_store *store = ctx;
	pthread_mutex_lock(&store->lock);
	while (!store->stop) {
		if (!store->checkpoint_due) {
			pthread_cond_wait(&store->log_grown, &store->lock);
			continue;
		}
		store->checkpoint_due = false;
		pthread_mutex_unlock(&store->lock);
		checkpoint(store, store->checkpoint_db, SQLITE_CHECKPOINT_PASSIVE);
		pthread_mutex_lock(&store->lock);
	}
	pthread_mutex_unlock(&store->lock);
	return NULL;
}

struct bare_store *bare_store_open(const char *dir, int wake)
{
	struct bare_store *store = mem_new(1, sizeof(*store));
	char *path = mem_printf("%s/bare.db", dir);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	mkdir(dir, 0700);
	store->wake = wake;
	store->db = connect_to(path);
	store->checkpoint_db = connect_to(path);
	must(store->db, sqlite3_exec(store->db, schema, NULL, NULL, NULL), "schema");
	store->begin = prepare(store->db, "BEGIN IMMEDIATE");
	store->commit = prepare(store->db, "COMMIT");
	store->event = prepare(store->db,
	    "INSERT INTO event (received_at, kind, sid, route, state, params, "
	    "reply_status, reply_type, reply_body, duplicates) VALUES (?1, 'sms.received', "
	    "?2, '/twilio/sms', 0, ?3, 200, 'text/xml; charset=utf-8', ?4, 0)");
	store->document =
	    prepare(store->db, "INSERT INTO sms_messages (doc) VALUES (?1)");
	store->keys = prepare(store->db, "INSERT INTO key_log (keys) VALUES (?1)");
	sqlite3_wal_hook(store->db, on_log_grown, store);
	pthread_mutex_init(&store->checkpointing, NULL);
	pthread_mutex_init(&store->lock, NULL);
	pthread_cond_init(&store->submitted, NULL);
	pthread_cond_init(&store->log_grown, NULL);
	pthread_create(&store->writer, NULL, write_all, store);
	pthread_create(&store->checkpointer, NULL, checkpoint_all, store);
	free(path);
	return store;
}

void bare_store_submit(struct bare_store *store, struct bare_work *newest)
{
	pthread_mutex_lock(&store->lock);
	store->waiting = append(newest, store->waiting);
	pthread_cond_signal(&store->submitted);
	pthread_mutex_unlock(&store->lock);
}

struct bare_work *bare_store_done(struct bare_store *store)
{
	pthread_mutex_lock(&store->lock);
	struct bare_work *done = store->done;
	store->done = NULL;
	pthread_mutex_unlock(&store->lock);
	return done;
}

void bare_store_close(struct bare_store *store)
{
	pthread_mutex_lock(&store->lock);
	store->stop = true;
	pthread_cond_signal(&store->submitted);
	pthread_cond_signal(&store->log_grown);
	pthread_mutex_unlock(&store->lock);
	pthread_join(store->writer, NULL);
	pthread_join(store->checkpointer, NULL);
	sqlite3_stmt *all[] = {
	    store->begin, store->commit, store->event, store->document, store->keys};
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		sqlite3_finalize(all[i]);
	sqlite3_close(store->checkpoint_db);
	sqlite3_close(store->db);
	buf_free(&store->key_log);
	free(store);
}
