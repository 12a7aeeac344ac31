#include "http/loop.h"

#include <pthread.h>
#include <stdatomic.h>

#include "client.h"
#include "http/loop_internal.h"
#include "util/clock.h"
#include "util/mem.h"

enum { POSTERS = 4, TASKS = 5000 };

struct numbered {
	struct loop_task task;
	int poster, number;
};

static int last[POSTERS];
static atomic_int runs;
static atomic_bool order_broken;

static void count_run(struct loop_task *task)
{
	const struct numbered *n = (const struct numbered *)(void *)task;
	if (n->number != last[n->poster] + 1)
		order_broken = true;
	last[n->poster] = n->number;
	runs++;
}

struct poster {
	struct loop *loop;
	struct numbered *tasks;
};

static void *post_all(void *ctx)
{
	const struct poster *poster = ctx;
	for (int i = 0; i < TASKS; i++)
		loop_post(poster->loop, &poster->tasks[i].task);
	return NULL;
}

static struct loop *loop_begin(void)
{
	struct loop *loop = NULL;
	struct error err = {{0}};
	assert_int_equal(loop_new(&loop, 3, &err), 0);
	assert_int_equal(loop_start(loop, "oh-test", &err), 0);
	assert_int_equal(loop_index(loop), 3);
	return loop;
}

static void loop_end(struct loop *loop)
{
	loop_stop(loop);
	loop_free(loop);
}

TEST(tasks_of_each_thread_run_in_the_order_of_posting)
{
	struct loop *loop = loop_begin();
	struct poster posters[POSTERS];
	pthread_t threads[POSTERS];
	for (int p = 0; p < POSTERS; p++) {
		posters[p] =
		    (struct poster){loop, mem_new(TASKS, sizeof(struct numbered))};
		for (int i = 0; i < TASKS; i++)
			posters[p].tasks[i] =
			    (struct numbered){{.run = count_run}, p, i + 1};
		assert_int_equal(
		    pthread_create(&threads[p], NULL, post_all, &posters[p]), 0);
	}
	for (int p = 0; p < POSTERS; p++)
		pthread_join(threads[p], NULL);
	WAIT_FOR(runs == POSTERS * TASKS);
	assert_false(order_broken);
	loop_end(loop);
	for (int p = 0; p < POSTERS; p++)
		free(posters[p].tasks);
}

/* What runs on the loop notes letters here. */
static char notes[16];
static atomic_int noted;

static void note(char letter)
{
	notes[noted] = letter;
	noted++;
}

static struct loop *noting_loop;

static void end_task(struct loop_task *task)
{
	(void)task;
	note('e');
}

static void second_task(struct loop_task *task)
{
	(void)task;
	note('2');
}

static struct loop_task at_end = {.run = end_task};

static void first_task(struct loop_task *task)
{
	(void)task;
	note('1');
	loop_at_round_end(noting_loop, &at_end);
	loop_at_round_end(noting_loop, &at_end);
}

/* Posts both in one round. */
static void post_both(struct loop_task *task)
{
	static struct loop_task first = {.run = first_task};
	static struct loop_task second = {.run = second_task};
	(void)task;
	loop_post(noting_loop, &first);
	loop_post(noting_loop, &second);
}

TEST(the_end_of_a_round_comes_once_and_after_its_tasks)
{
	static struct loop_task both = {.run = post_both};
	noted = 0;
	noting_loop = loop_begin();
	loop_post(noting_loop, &both);
	WAIT_FOR(noted == 3);
	loop_end(noting_loop);
	assert_int_equal(noted, 3);
	assert_memory_equal(notes, "12e", 3);
}

static struct loop_timer timers[3];

static void timer_a(struct loop_timer *timer)
{
	(void)timer;
	note('a');
}

static void timer_b(struct loop_timer *timer)
{
	(void)timer;
	note('b');
}

/* Is stopped before. */
static void timer_c(struct loop_timer *timer)
{
	(void)timer;
	note('c');
}

static void start_timers(struct loop_task *task)
{
	int64_t now = clock_mono_us();
	(void)task;
	timers[0].fire = timer_b;
	timers[1].fire = timer_a;
	timers[2].fire = timer_c;
	loop_timer_start(noting_loop, &timers[0], now + 120000);
	loop_timer_start(noting_loop, &timers[1], now + 10000);
	loop_timer_start(noting_loop, &timers[2], now + 20000);
	loop_timer_stop(noting_loop, &timers[2]);
}

/* However large requests were, what the loop keeps of them is bounded. */
TEST(of_arenas_that_were_used_the_loop_keeps_a_megabyte_and_nothing_in_them)
{
	enum { REQUESTS = 200, MEGABYTE = 1 << 20 };
	struct loop *loop = NULL;
	struct arena *arenas[REQUESTS];
	struct error err = {{0}};
	assert_int_equal(loop_new(&loop, 0, &err), 0);
	for (size_t i = 0; i < REQUESTS; i++) {
		arenas[i] = loop_arena(loop);
		for (size_t size = 1; size < 60000; size += 1000)
			(void)arena_alloc(arenas[i], size);
	}
	for (size_t i = 0; i < REQUESTS; i++)
		loop_arena_back(loop, arenas[i]);
	size_t kept = 0;
	for (size_t i = 0; i < REQUESTS; i++) {
		arenas[i] = loop_arena(loop);
		assert_in_range(arena_size(arenas[i]), 0, 17000);
		kept += arena_size(arenas[i]);
	}
	assert_in_range(kept, 0, MEGABYTE);
	for (size_t i = 0; i < REQUESTS; i++)
		loop_arena_back(loop, arenas[i]);
	loop_free(loop);
}

TEST(timers_fire_in_order_and_again_after_a_pause)
{
	static struct loop_task start_task = {.run = start_timers};
	noted = 0;
	noting_loop = loop_begin();
	loop_post(noting_loop, &start_task);
	WAIT_FOR(noted == 2);
	loop_post(noting_loop, &start_task);
	WAIT_FOR(noted == 4);
	loop_end(noting_loop);
	assert_memory_equal(notes, "abab", 4);
}
