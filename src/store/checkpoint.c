#include "store/checkpoint.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "store/sqlite_db.h"
#include "util/log.h"
#include "util/mem.h"

enum {
	PAGE_IN_LOG = 4096 + 24,
	WORTH_IT = 1000,     /* pages */
	CACHE_KIB = 256,     /* it copies from the log, it reads no tables */
	TRUNCATE_TRIES = 10, /* each waits for readers as long as the connection does */
	DEFAULT_LIMIT = 64 << 20
};

struct checkpoint {
	sqlite3 *db;
	pthread_t thread;
	pthread_mutex_t one_at_a_time; /* held while a checkpoint runs */
	pthread_mutex_t mutex;
	pthread_cond_t wanted;
	bool is_wanted, stopping; /* under mutex */

	/* the writer's */
	int limit;      /* pages */
	int told_at;    /* pages when the thread was last woken */
	int give_up_at; /* no further attempt to empty the log before it has this many */
	bool warned;
};

static void *run(void *ctx)
{
	struct checkpoint *c = ctx;
	(void)pthread_mutex_lock(&c->mutex);
	for (;;) {
		while (!c->is_wanted && !c->stopping)
			(void)pthread_cond_wait(&c->wanted, &c->mutex);
		if (c->stopping)
			break;
		c->is_wanted = false;
		(void)pthread_mutex_unlock(&c->mutex);
		(void)pthread_mutex_lock(&c->one_at_a_time);
		/* A failure (disk full) also fails the writer, which tells of it. */
		(void)sqlite3_wal_checkpoint_v2(
		    c->db, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
		(void)pthread_mutex_unlock(&c->one_at_a_time);
		(void)pthread_mutex_lock(&c->mutex);
	}
	(void)pthread_mutex_unlock(&c->mutex);
	return NULL;
}

int checkpoint_open(
    struct checkpoint **out, const char *dir, int64_t limit_bytes, struct error *err)
{
	struct checkpoint *c = mem_new(1, sizeof(*c));
	int64_t limit = (limit_bytes > 0 ? limit_bytes : DEFAULT_LIMIT) / PAGE_IN_LOG;
	c->limit = limit < 16 ? 16 : (int)(limit > INT32_MAX ? INT32_MAX : limit);
	if (sqlite_db_open(&c->db, dir, CACHE_KIB, err) < 0) {
		free(c);
		return -1;
	}
	(void)pthread_mutex_init(&c->one_at_a_time, NULL);
	(void)pthread_mutex_init(&c->mutex, NULL);
	(void)pthread_cond_init(&c->wanted, NULL);
	int rc = pthread_create(&c->thread, NULL, run, c);
	if (rc == 0) {
		*out = c;
		return 0;
	}
	(void)sqlite3_close(c->db);
	free(c);
	return error_set(err, "cannot start a thread: %s", strerror(rc));
}

void checkpoint_close(struct checkpoint *c)
{
	if (c == NULL)
		return;
	(void)pthread_mutex_lock(&c->mutex);
	c->stopping = true;
	(void)pthread_cond_signal(&c->wanted);
	(void)pthread_mutex_unlock(&c->mutex);
	(void)pthread_join(c->thread, NULL);
	(void)sqlite3_close(c->db);
	(void)pthread_cond_destroy(&c->wanted);
	(void)pthread_mutex_destroy(&c->mutex);
	(void)pthread_mutex_destroy(&c->one_at_a_time);
	free(c);
}

static void wake(struct checkpoint *c)
{
	(void)pthread_mutex_lock(&c->mutex);
	c->is_wanted = true;
	(void)pthread_cond_signal(&c->wanted);
	(void)pthread_mutex_unlock(&c->mutex);
}

/* Writes the whole log back; the next commit then begins at its start again. */
static void empty_log(struct checkpoint *c, sqlite3 *writer, int pages)
{
	(void)pthread_mutex_lock(&c->one_at_a_time);
	int rc = sqlite3_wal_checkpoint_v2(
	    writer, "main", SQLITE_CHECKPOINT_RESTART, NULL, NULL);
	(void)pthread_mutex_unlock(&c->one_at_a_time);
	if (rc == SQLITE_OK) {
		c->warned = false;
		return;
	}
	c->give_up_at = pages + c->limit / 4;
	if (!c->warned)
		log_write(LOG_WARN, "the store's log cannot be written back and grows",
		    "why",
		    rc == SQLITE_BUSY
			? "a reader has kept a transaction open for seconds"
			: sqlite3_errmsg(writer),
		    NULL);
	c->warned = true;
}

void checkpoint_committed(struct checkpoint *c, sqlite3 *writer, int pages)
{
	if (pages < c->told_at) { /* the log began anew */
		c->told_at = 0;
		c->give_up_at = 0;
	}
	if (pages >= c->limit && pages >= c->give_up_at) {
		empty_log(c, writer, pages);
	} else if (pages - c->told_at >= WORTH_IT) {
		c->told_at = pages;
		wake(c);
	}
}

int checkpoint_truncate(struct checkpoint *c, sqlite3 *writer, struct error *err)
{
	int rc = SQLITE_BUSY;
	(void)pthread_mutex_lock(&c->one_at_a_time);
	for (int i = 0; i < TRUNCATE_TRIES && rc == SQLITE_BUSY; i++)
		rc = sqlite3_wal_checkpoint_v2(
		    writer, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	(void)pthread_mutex_unlock(&c->one_at_a_time);
	if (rc == SQLITE_BUSY)
		return error_set(err,
		    "a reader keeps an old state of the store: end it and try again");
	return rc == SQLITE_OK ? 0 : sqlite_db_error(writer, err);
}
