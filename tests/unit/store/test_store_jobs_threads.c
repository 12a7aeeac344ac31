/* Jobs enqueued, begun and ended by several threads, read by others at the same time:
 * each ends once, a group's in order. */
#include "engines/engines.h"
#include "job_fixture.h"

#include <pthread.h>

enum { THREADS = 3, EACH = 200, GROUPS = 5, ALL = THREADS * EACH };

struct crew {
	struct fixture *f;
	int64_t ended[ALL + 1]; /* ids, in the order of commits */
	_Atomic int next;
	_Atomic bool stop;
};

static void note_end(void *ctx, const struct store_txn *txn)
{
	struct crew *crew = ctx;
	int next = crew->next;
	if (txn->jobs->op != JOB_SETTLE || next > ALL)
		return;
	crew->ended[next] = txn->jobs->job.id;
	crew->next = next + 1;
}

static void *enqueue_all(void *ctx)
{
	static const char *const groups[GROUPS] = {"a", "b", "c", "d", NULL};
	struct crew *crew = ctx;
	for (int i = 0; i < EACH; i++) {
		struct store_job_write write = grouped_job("q", groups[i % GROUPS]);
		struct store_txn txn = {.jobs = &write};
		if (store_commit(crew->f->store, &txn) != STORE_OK)
			return crew;
	}
	return NULL;
}

/* Runs one that is due. Threads may try the same one, which a server's never do, and
 * then take one another's note away that it has begun: so that is not asserted. */
static bool run_one(struct crew *crew, int64_t id)
{
	struct store_job_write write = settled(id, 1, JOB_DONE);
	struct store_txn txn = {.jobs = &write};
	(void)store_job_began(crew->f->store, id, 1);
	bool ended = store_commit(crew->f->store, &txn) == STORE_OK;
	store_job_ended(crew->f->store, id);
	return ended || write.fenced;
}

static void *run_all(void *ctx)
{
	struct crew *crew = ctx;
	struct store_reader *reader = NULL;
	struct error err;
	void *failed = NULL;
	if (store_reader_new(&reader, crew->f->store, &err) < 0)
		return crew;
	while (failed == NULL && crew->next < ALL) {
		int64_t ids[8];
		size_t count = 0;
		struct store_job job;
		int rc;
		struct store_due due = {.queue = SPAN("q"), .now_ms = T0, .limit = 8};
		struct store_due_jobs *jobs = store_due_open(reader, &due);
		while ((rc = store_due_next(jobs, &job, &err)) == 1)
			ids[count++] = job.id;
		store_due_close(jobs);
		if (rc < 0)
			failed = crew;
		for (size_t i = 0; i < count && failed == NULL; i++) {
			if (!run_one(crew, ids[i]))
				failed = crew;
		}
	}
	store_reader_close(reader);
	return failed;
}

/* Every count is of one moment. */
static void *count_all(void *ctx)
{
	struct crew *crew = ctx;
	struct store_reader *reader = NULL;
	struct error err;
	void *failed = NULL;
	int64_t before = 0;
	if (store_reader_open(&reader, engines_for(crew->f->dir), crew->f->dir, &err) <
	    0)
		return crew;
	while (failed == NULL && !crew->stop) {
		struct arena *arena = arena_new();
		struct store_queue *queue;
		int64_t sum = 0;
		if (store_queues(reader, true, arena, &queue, &err) < 0)
			failed = crew;
		for (; failed == NULL && queue != NULL; queue = queue->next) {
			for (int i = 0; i < JOB_STATES; i++)
				sum += queue->counts[i];
		}
		arena_free(arena);
		if (sum < before)
			failed = crew;
		before = sum;
	}
	store_reader_close(reader);
	return failed;
}

static void assert_order(struct fixture *f, struct crew *crew)
{
	char seen[ALL + 1] = {0};
	int64_t last[128] = {0};
	for (int i = 0; i < ALL; i++) {
		int64_t id = crew->ended[i];
		assert_in_range(id, 1, ALL);
		assert_int_equal(seen[id]++, 0);
		struct kept_job kept = get_job(f, id);
		assert_int_equal(kept.job.state, JOB_DONE);
		assert_int_equal(kept.job.tries, 1);
		if (kept.job.group.ptr != NULL) {
			int group = kept.job.group.ptr[0];
			assert_true(last[group] < id);
			last[group] = id;
		}
		arena_free(kept.arena);
	}
}

STORE_TEST(every_job_ends_once_and_groups_in_order)
{
	struct fixture *f = *state;
	struct crew *crew = calloc(1, sizeof(*crew));
	pthread_t threads[2 * THREADS + 1];
	void *failed;
	crew->f = f;
	store_watch_jobs(f->store, note_end, crew);
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(
		    pthread_create(&threads[i], NULL, enqueue_all, crew), 0);
		assert_int_equal(
		    pthread_create(&threads[THREADS + i], NULL, run_all, crew), 0);
	}
	assert_int_equal(
	    pthread_create(&threads[2 * THREADS], NULL, count_all, crew), 0);
	for (int i = 0; i <= 2 * THREADS; i++) {
		crew->stop = i == 2 * THREADS;
		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	assert_int_equal(crew->next, ALL);
	assert_order(f, crew);
	free(crew);
}
