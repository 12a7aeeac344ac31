/* The file of running tries: full, shared by threads, read from elsewhere. */
#include "unit/store/store_fixture.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sqlite/lock.h"
#include "sqlite/running.h"

struct dir {
	char path[48];
	struct running *running;
	struct running_list *list;
};

static int setup(void **state)
{
	struct error err;
	struct dir *dir = calloc(1, sizeof(*dir));
	(void)snprintf(dir->path, sizeof(dir->path), "/tmp/offhook-test-XXXXXX");
	assert_non_null(mkdtemp(dir->path));
	dir->list = calloc(1, sizeof(*dir->list));
	if (running_open(&dir->running, dir->path, &err) < 0)
		fail_msg("%s", err.text);
	*state = dir;
	return 0;
}

static bool begin(struct running *running, int64_t id, int try)
{
	return running_give(running, id, try) && running_begin(running, id, try);
}

static int teardown(void **state)
{
	struct dir *dir = *state;
	char command[96];
	running_close(dir->running);
	(void)snprintf(command, sizeof(command), "rm -rf %s", dir->path);
	assert_int_equal(system(command), 0);
	free(dir->list);
	free(dir);
	return 0;
}

static void map_file(const struct dir *dir, uint64_t **bytes)
{
	char path[64];
	(void)snprintf(path, sizeof(path), "%s/jobs.running", dir->path);
	int fd = open(path, O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	*bytes = mmap(NULL, STORE_JOBS_RUNNING * sizeof(**bytes),
	    PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(*bytes != MAP_FAILED);
	assert_int_equal(close(fd), 0);
}

#define DIR_TEST(name) TEST_WITH(name, setup, teardown)

DIR_TEST(what_was_added_is_there_until_it_is_removed)
{
	struct dir *dir = *state;
	assert_true(begin(dir->running, 7 + STORE_JOBS_RUNNING, 3));
	assert_true(begin(dir->running, 7, 1));
	running_read(dir->running, dir->list);
	assert_int_equal(dir->list->count, 2);
	assert_int_equal(running_id(dir->list->tries[0]), 7);
	assert_true(running_has(dir->list, 7, 1));
	assert_false(running_has(dir->list, 7, 3));
	assert_true(running_has(dir->list, 7 + STORE_JOBS_RUNNING, 3));
	running_remove(dir->running, 7 + STORE_JOBS_RUNNING);
	running_remove(dir->running, 8);
	running_read(dir->running, dir->list);
	assert_int_equal(dir->list->count, 1);
	running_remove(dir->running, 7);
	running_read(dir->running, dir->list);
	assert_int_equal(dir->list->count, 0);
}

DIR_TEST(a_try_that_is_given_does_not_run_before_it_begins)
{
	struct dir *dir = *state;
	struct running *worker = running_join(dir->path);
	assert_non_null(worker);
	assert_true(running_give(dir->running, 7, 2));
	running_read(dir->running, dir->list);
	assert_int_equal(dir->list->count, 0);
	assert_false(running_begin(worker, 7, 1));
	assert_true(running_begin(worker, 7, 2));
	assert_false(running_begin(worker, 7, 2));
	running_read(dir->running, dir->list);
	assert_true(running_has(dir->list, 7, 2));
	assert_true(running_give(dir->running, 9, 1));
	running_remove(dir->running, 9);
	assert_false(running_begin(worker, 9, 1));
	running_close(worker);
	assert_null(running_join("/nonexistent"));
}

/* faults 4.1 */
DIR_TEST(what_a_worker_writes_over_the_file_is_not_believed)
{
	struct dir *dir = *state;
	uint64_t *bytes = NULL;
	struct running *worker = running_join(dir->path);
	assert_true(begin(dir->running, 7, 2));
	assert_true(running_give(dir->running, 8, 1));
	assert_true(running_give(dir->running, 9, 1));
	assert_true(running_begin(worker, 9, 1));
	map_file(dir, &bytes);
	for (uint64_t i = 0; i < STORE_JOBS_RUNNING; i++)
		if (i != 9)
			bytes[i] = i == 20 ? (20 << 16 | 1) : i * 0x9e3779b97f4a7c15U;
	/* What the owner began, and what a worker has well begun. */
	running_read(dir->running, dir->list);
	assert_int_equal(dir->list->count, 2);
	assert_true(running_has(dir->list, 7, 2));
	assert_true(running_has(dir->list, 9, 1));
	/* There is room as before, and an attempt can begin. */
	for (int i = 0; i < STORE_JOBS_RUNNING - 3; i++)
		assert_true(begin(dir->running, 1000 + i, 1));
	assert_false(running_give(dir->running, 5000, 1));
	running_remove(dir->running, 7);
	assert_true(begin(dir->running, 5000, 1));
	running_close(worker);
	assert_int_equal(munmap(bytes, STORE_JOBS_RUNNING * sizeof(*bytes)), 0);
}

DIR_TEST(of_two_tries_of_a_job_the_later_counts)
{
	struct dir *dir = *state;
	assert_true(begin(dir->running, 7, 2));
	assert_true(begin(dir->running, 7, 1));
	assert_true(begin(dir->running, 8, 1));
	running_read(dir->running, dir->list);
	assert_int_equal(dir->list->count, 2);
	assert_true(running_has(dir->list, 7, 2));
	assert_true(running_has(dir->list, 8, 1));
}

DIR_TEST(ids_and_tries_may_be_large)
{
	struct dir *dir = *state;
	int64_t id = ((int64_t)1 << 47) + 5;
	assert_true(begin(dir->running, id, 70000));
	running_read(dir->running, dir->list);
	assert_int_equal(running_id(dir->list->tries[0]), id);
	assert_true(running_has(dir->list, id, 70000));
	assert_false(running_has(dir->list, id, 69999));
}

DIR_TEST(a_full_file_takes_no_more)
{
	struct dir *dir = *state;
	for (int i = 1; i <= STORE_JOBS_RUNNING; i++)
		assert_true(begin(dir->running, i * 3, 1));
	assert_false(begin(dir->running, 1000000, 1));
	running_remove(dir->running, 33);
	assert_true(begin(dir->running, 1000000, 1));
	running_clear(dir->running);
	running_read(dir->running, dir->list);
	assert_int_equal(dir->list->count, 0);
}

DIR_TEST(another_process_sees_what_runs_only_while_there_is_an_owner)
{
	struct dir *dir = *state;
	struct error err;
	assert_true(begin(dir->running, 5, 2));
	running_read_file(dir->path, dir->list);
	assert_int_equal(dir->list->count, 0);
	int lock = lock_take(dir->path, &err);
	assert_true(lock >= 0);
	running_read_file(dir->path, dir->list);
	assert_int_equal(dir->list->count, 1);
	assert_true(running_has(dir->list, 5, 2));
	lock_drop(lock);
	running_read_file("/nonexistent", dir->list);
	assert_int_equal(dir->list->count, 0);
}

DIR_TEST(the_file_is_the_owners_alone_and_outlives_it)
{
	struct dir *dir = *state;
	struct stat st;
	struct error err;
	char path[64];
	assert_true(begin(dir->running, 5, 2));
	running_close(dir->running);
	assert_int_equal(running_open(&dir->running, dir->path, &err), 0);
	running_read(dir->running, dir->list);
	assert_true(running_has(dir->list, 5, 2));
	(void)snprintf(path, sizeof(path), "%s/jobs.running", dir->path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_true(st.st_blocks * 512 >= st.st_size);
}

struct worker {
	pthread_t thread;
	struct running *running;
	int64_t first;
};

enum { THREADS = 4, ROUNDS = 2000, AT_ONCE = 16 };

static void *add_and_remove(void *ctx)
{
	struct worker *worker = ctx;
	for (int round = 0; round < ROUNDS; round++) {
		for (int i = 0; i < AT_ONCE; i++) {
			int64_t id = worker->first + round * AT_ONCE + i;
			if (!begin(worker->running, id * THREADS, 1))
				return worker;
		}
		for (int i = 0; i < AT_ONCE; i++) {
			int64_t id = worker->first + round * AT_ONCE + i;
			running_remove(worker->running, id * THREADS);
		}
	}
	return NULL;
}

DIR_TEST(threads_do_not_disturb_each_other)
{
	struct dir *dir = *state;
	struct worker workers[THREADS];
	assert_true(begin(dir->running, 3, 9));
	for (int i = 0; i < THREADS; i++) {
		workers[i] =
		    (struct worker){.running = dir->running, .first = 10 + i * 1000000};
		assert_int_equal(pthread_create(&workers[i].thread, NULL,
				     add_and_remove, &workers[i]),
		    0);
	}
	for (int i = 0; i < THREADS; i++) {
		void *failed;
		assert_int_equal(pthread_join(workers[i].thread, &failed), 0);
		assert_null(failed);
	}
	running_read(dir->running, dir->list);
	assert_int_equal(dir->list->count, 1);
	assert_true(running_has(dir->list, 3, 9));
}

TEST(where_it_cannot_be_made_that_is_said)
{
	struct running *running = NULL;
	struct error err;
	assert_int_equal(running_open(&running, "/nonexistent", &err), -1);
	assert_non_null(strstr(err.text, "/nonexistent/jobs.running"));
}
