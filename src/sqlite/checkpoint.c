#include "sqlite/checkpoint.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "sqlite/sqlite_db.h"
#include "sqlite/trickle.h"
#include "util/log.h"
#include "util/mem.h"

enum {
	PAGE_IN_LOG = 4096 + 24,
	WORTH_IT = 1000,       /* pages */
	FEW = 64,              /* pages: the writer may stand still for as many */
	CACHE_KIB = 256,       /* it copies from the log, it reads no tables */
	TRUNCATE_WAIT_MS = 50, /* for readers; the writer stands still meanwhile */
	DEFAULT_LIMIT = 64 << 20
};

struct checkpoint {
	sqlite3 *db;
	struct trickle *trickle;
	pthread_t thread;
	pthread_mutex_t one_at_a_time; /* held while a checkpoint runs */
	pthread_mutex_t mutex;
	pthread_cond_t wanted;
	bool is_wanted, stopping; /* under mutex */
	atomic_int written;       /* pages of the log that are in the file */

	/* the writer's */
	int limit;        /* pages */
	int told_at;      /* pages when the thread was last woken */
	int try_again_at; /* pages from which on writing it back is tried once more */
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
		int written = 0;
		if (sqlite3_wal_checkpoint_v2(c->db, "main", SQLITE_CHECKPOINT_PASSIVE,
			NULL, &written) == SQLITE_OK)
			atomic_store(&c->written, written);
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
	c->trickle = trickle_new(c->db);
	(void)pthread_mutex_init(&c->one_at_a_time, NULL);
	(void)pthread_mutex_init(&c->mutex, NULL);
	(void)pthread_cond_init(&c->wanted, NULL);
	int rc = pthread_create(&c->thread, NULL, run, c);
	if (rc == 0) {
		*out = c;
		return 0;
	}
	(void)sqlite3_close(c->db);
	trickle_free(c->trickle);
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
	trickle_free(c->trickle);
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

/* Writes the whole log back, which nobody adds to meanwhile: the next commit begins at
 * its start again, unless a reader needs what is in it. */
static void write_back(struct checkpoint *c, sqlite3 *writer, int pages)
{
	(void)sqlite3_wal_checkpoint_v2(
	    writer, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	c->try_again_at = pages + c->limit / 8;
	if (!c->warned && pages / 2 > c->limit) {
		c->warned = true;
		log_write(LOG_WARN, "the store's log cannot be written back and grows",
		    "why", "another program keeps a transaction open on it", NULL);
	}
}

/* The writer stands still for the last few pages only: until no more are left, the
 * thread goes after it once more. If it never catches up, for what there is. */
static void at_limit(struct checkpoint *c, sqlite3 *writer, int pages)
{
	bool has_to = pages - c->limit > c->limit / 4;
	if (has_to)
		(void)pthread_mutex_lock(&c->one_at_a_time);
	else if (pthread_mutex_trylock(&c->one_at_a_time) != 0)
		return;
	bool behind = pages - atomic_load(&c->written) > FEW;
	c->told_at = pages;
	if (has_to || !behind)
		write_back(c, writer, pages);
	(void)pthread_mutex_unlock(&c->one_at_a_time);
	if (!has_to && behind)
		wake(c);
}

void checkpoint_committed(struct checkpoint *c, sqlite3 *writer, int pages)
{
	if (pages < c->told_at) { /* the log began anew */
		c->told_at = 0;
		c->try_again_at = 0;
		c->warned = false;
		atomic_store(&c->written, 0);
	}
	if (pages >= c->limit && pages >= c->try_again_at) {
		at_limit(c, writer, pages);
	} else if (pages - c->told_at >= WORTH_IT) {
		c->told_at = pages;
		wake(c);
	}
}

int checkpoint_truncate(struct checkpoint *c, sqlite3 *writer, struct error *err)
{
	(void)pthread_mutex_lock(&c->one_at_a_time);
	(void)sqlite3_busy_timeout(writer, TRUNCATE_WAIT_MS);
	int rc = sqlite3_wal_checkpoint_v2(
	    writer, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	(void)sqlite3_busy_timeout(writer, SQLITE_DB_BUSY_MS);
	(void)pthread_mutex_unlock(&c->one_at_a_time);
	if (rc == SQLITE_BUSY)
		return 1;
	return rc == SQLITE_OK ? 0 : sqlite_db_error(writer, err);
}
