#include "sqlite/checkpoint.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "sqlite/sqlite_db.h"
#include "sqlite/trickle.h"
#include "sqlite/wal_vfs.h"
#include "util/log.h"
#include "util/mem.h"
#include "util/thread.h"

enum {
	PAGE_IN_LOG = 4096 + 24,
	WORTH_IT = 1000, /* pages */
	FEW = 64,        /* pages: the writer may wait while so many are written */
	CACHE_KIB = 256, /* it copies from the log, it reads no tables */
	TRUNCATE_WAIT_MS = 50, /* for readers; the writer waits meanwhile */
	DEFAULT_LIMIT = 16 << 20
};

struct checkpoint {
	sqlite3 *db;
	struct trickle *trickle;
	pthread_t thread;
	pthread_mutex_t one_at_a_time; /* held while a checkpoint runs */
	pthread_mutex_t mutex;
	pthread_cond_t wanted;
	bool is_wanted, stopping; /* under mutex */
	struct error trouble;     /* under mutex: why the last one failed, or "" */
	atomic_int written;       /* pages of the log that are in the file */

	/* the writer's */
	int limit;        /* pages */
	int told_at;      /* pages when the thread was last woken */
	int try_again_at; /* pages from which on writing it back is tried once more */
	bool warned;
};

/* Logs one line when checkpoints begin to fail, and one when they work again. Commits may go
 * on meanwhile, into a log that grows. */
static void checkpoint_note(struct checkpoint *c, sqlite3 *db, int rc)
{
	struct error why = {""};
	if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
		return; /* another program's; it tells nothing of the disk */
	if (rc != SQLITE_OK)
		(void)sqlite_db_error(db, &why);
	mutex_lock(&c->mutex);
	bool was_failing = c->trouble.text[0] != '\0';
	c->trouble = why;
	mutex_unlock(&c->mutex);
	if (rc != SQLITE_OK && !was_failing)
		log_write(LOG_ERROR, "the store's log cannot be written back and grows",
		    "why", why.text, NULL);
	else if (rc == SQLITE_OK && was_failing)
		log_write(LOG_INFO, "the store's log is written back again", NULL);
}

/* The page of the log that is to be copied next is seldom far from the last one. */
static int checkpoint_copy(sqlite3 *db, int mode, int *written)
{
	wal_vfs_ahead(db, true);
	int rc = sqlite3_wal_checkpoint_v2(db, "main", mode, NULL, written);
	wal_vfs_ahead(db, false);
	return rc;
}

static void *checkpoint_run(void *ctx)
{
	struct checkpoint *c = ctx;
	mutex_lock(&c->mutex);
	for (;;) {
		while (!c->is_wanted && !c->stopping)
			cond_wait(&c->wanted, &c->mutex);
		if (c->stopping)
			break;
		c->is_wanted = false;
		mutex_unlock(&c->mutex);
		mutex_lock(&c->one_at_a_time);
		int written = 0;
		int rc = checkpoint_copy(c->db, SQLITE_CHECKPOINT_PASSIVE, &written);
		if (rc == SQLITE_OK)
			atomic_store(&c->written, written);
		checkpoint_note(c, c->db, rc);
		mutex_unlock(&c->one_at_a_time);
		mutex_lock(&c->mutex);
	}
	mutex_unlock(&c->mutex);
	return NULL;
}

static void checkpoint_free(struct checkpoint *c)
{
	(void)sqlite3_close(c->db);
	trickle_free(c->trickle);
	cond_clear(&c->wanted);
	mutex_clear(&c->mutex);
	mutex_clear(&c->one_at_a_time);
	free(c);
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
	c->trickle = trickle_new(c->db, true);
	mutex_init(&c->one_at_a_time);
	mutex_init(&c->mutex);
	cond_init(&c->wanted);
	if (thread_start(&c->thread, "oh-checkpoint", checkpoint_run, c, err) < 0) {
		checkpoint_free(c);
		return -1;
	}
	*out = c;
	return 0;
}

void checkpoint_close(struct checkpoint *c)
{
	if (c == NULL)
		return;
	mutex_lock(&c->mutex);
	c->stopping = true;
	cond_signal(&c->wanted);
	mutex_unlock(&c->mutex);
	thread_join(c->thread);
	checkpoint_free(c);
}

int64_t checkpoint_log_bytes(const struct checkpoint *c)
{
	return (int64_t)(c->limit + c->limit / 8) * PAGE_IN_LOG;
}

static void checkpoint_wake(struct checkpoint *c)
{
	mutex_lock(&c->mutex);
	c->is_wanted = true;
	cond_signal(&c->wanted);
	mutex_unlock(&c->mutex);
}

/* Checkpoints the whole log. Called by the writer, so nothing is appended meanwhile: the
 * next commit starts the log anew, unless a reader needs what is in it. */
static void write_back(struct checkpoint *c, sqlite3 *writer, int pages)
{
	int rc = checkpoint_copy(writer, SQLITE_CHECKPOINT_PASSIVE, NULL);
	checkpoint_note(c, writer, rc);
	c->told_at = pages;
	c->try_again_at = pages + c->limit / 8;
	if (rc == SQLITE_OK && !c->warned && pages / 2 > c->limit) {
		c->warned = true;
		log_write(LOG_WARN, "the store's log cannot be written back and grows",
		    "why", "another program keeps a transaction open on it", NULL);
	}
}

/* The writer waits for the last pages only: while many are left, the thread goes on. With
 * `now` it waits for all of them. */
static void end_log(struct checkpoint *c, sqlite3 *writer, int pages, bool now)
{
	if (now)
		mutex_lock(&c->one_at_a_time);
	else if (pthread_mutex_trylock(&c->one_at_a_time) != 0)
		return; /* the thread is at it */
	bool few = now || pages - atomic_load(&c->written) <= FEW;
	if (few)
		write_back(c, writer, pages);
	mutex_unlock(&c->one_at_a_time);
	if (!few) {
		c->told_at = pages;
		checkpoint_wake(c);
	}
}

void checkpoint_committed(struct checkpoint *c, sqlite3 *writer, int pages)
{
	if (pages < c->told_at) { /* the log has started anew */
		c->told_at = 0;
		c->try_again_at = 0;
		c->warned = false;
		atomic_store(&c->written, 0);
	}
	if (pages >= c->limit && pages >= c->try_again_at) {
		/* At a quarter more the thread does not keep up: the writer waits. */
		end_log(c, writer, pages, pages - c->limit > c->limit / 4);
	} else if (pages - c->told_at >= WORTH_IT) {
		c->told_at = pages;
		checkpoint_wake(c);
	}
}

bool checkpoint_healthy(struct checkpoint *c, struct error *why)
{
	mutex_lock(&c->mutex);
	bool healthy = c->trouble.text[0] == '\0';
	if (!healthy && why != NULL)
		*why = c->trouble;
	mutex_unlock(&c->mutex);
	return healthy;
}

void checkpoint_retry(struct checkpoint *c)
{
	if (!checkpoint_healthy(c, NULL))
		checkpoint_wake(c);
}

void checkpoint_ahead(struct checkpoint *c)
{
	mutex_lock(&c->one_at_a_time);
	int rc = checkpoint_copy(c->db, SQLITE_CHECKPOINT_PASSIVE, NULL);
	checkpoint_note(c, c->db, rc);
	mutex_unlock(&c->one_at_a_time);
}

int checkpoint_truncate(struct checkpoint *c, sqlite3 *writer, struct error *err)
{
	mutex_lock(&c->one_at_a_time);
	(void)sqlite3_busy_timeout(writer, TRUNCATE_WAIT_MS);
	int rc = checkpoint_copy(writer, SQLITE_CHECKPOINT_TRUNCATE, NULL);
	(void)sqlite3_busy_timeout(writer, SQLITE_DB_BUSY_MS);
	/* SQLite does not sync the log that it has cut: after a power cut its bytes may be
	 * back. */
	if (rc == SQLITE_OK)
		rc = wal_vfs_sync(writer);
	checkpoint_note(c, writer, rc);
	mutex_unlock(&c->one_at_a_time);
	if (rc == SQLITE_BUSY)
		return 1;
	if (rc != SQLITE_OK && sqlite3_errcode(writer) == SQLITE_OK)
		return error_set(err, "the store's log cannot be synced");
	return rc == SQLITE_OK ? 0 : sqlite_db_error(writer, err);
}
