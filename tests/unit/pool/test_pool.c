/* pool: the handler processes, fed, watched, killed and replaced. */
#include "pool_bench.h"

static void an_event_is_answered(void **state)
{
	struct bench bench;
	struct sent sent;
	(void)state;
	start(&bench);
	post(&bench, &sent, 1, "hello");
	await(&sent);
	assert_true(sent.ok);
	assert_string_equal(sent.reply, "SM1");
	tear_down(&bench);
}

/* One event that ends its process, among others that do not. */
static void among_others(const char *body, const char *why)
{
	struct bench bench;
	static struct sent sent[MANY];
	start(&bench);
	for (int i = 0; i < MANY; i++)
		post(&bench, &sent[i], i, i % 50 == 7 ? body : "ok");
	await_all(sent, MANY);
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(atomic_load(&sent[i].done), 1);
		if (i % 50 != 7) {
			if (!sent[i].ok)
				print_error("%s: %s\n", sent[i].sid, sent[i].failure);
			assert_true(sent[i].ok);
			assert_string_equal(sent[i].reply, sent[i].sid);
			continue;
		}
		assert_false(sent[i].ok);
		if (strstr(sent[i].failure, why) == NULL)
			fail_msg("\"%s\" is not in \"%s\"", why, sent[i].failure);
	}
	tear_down(&bench);
}

static void a_crash_costs_its_own_event_only(void **state)
{
	(void)state;
	among_others("crash", "the handler crashed (SIGSEGV");
}

static void an_abort_costs_its_own_event_only(void **state)
{
	(void)state;
	among_others("abort", "the handler crashed (SIGABRT");
}

static void exit_costs_its_own_event_only(void **state)
{
	(void)state;
	among_others("exit 3", "the handler called exit(3)");
}

static void garbage_kills_the_process_that_sent_it(void **state)
{
	(void)state;
	among_others("garbage", "wrote over its own memory");
}

static void nonsense_in_the_ring_kills_the_process(void **state)
{
	(void)state;
	among_others("overrun", "wrote over its own memory");
}

static void an_answer_larger_than_the_ring_arrives(void **state)
{
	struct bench bench;
	struct sent sent;
	(void)state;
	start(&bench);
	post(&bench, &sent, 0, "large");
	await(&sent);
	assert_ok(&sent, 0, 1);
	tear_down(&bench);
}

static void an_answer_to_another_event_is_garbage(void **state)
{
	(void)state;
	among_others("skip", "wrote over its own memory");
}

static void an_event_answered_twice_counts_once(void **state)
{
	struct bench bench;
	struct sent sent[3];
	(void)state;
	start(&bench);
	post(&bench, &sent[0], 0, "twice");
	await(&sent[0]);
	post(&bench, &sent[1], 1, "ok");
	post(&bench, &sent[2], 2, "ok");
	await_all(sent, 3);
	assert_ok(sent, 0, 3);
	tear_down(&bench);
}

static void a_hanging_handler_is_killed(void **state)
{
	struct bench bench;
	struct sent sent[MANY];
	(void)state;
	set_up(&bench, "well");
	bench.config.hang_ms = 300;
	open_pool(&bench);
	post(&bench, &sent[0], 0, "sleep 600000");
	for (int i = 1; i < 50; i++)
		post(&bench, &sent[i], i, "ok");
	await_all(sent, 50);
	assert_false(sent[0].ok);
	assert_string_equal(
	    sent[0].failure, "the handler ran for more than 300 ms and was killed");
	assert_ok(sent, 1, 50);
	tear_down(&bench);
}

#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
static void a_leaking_handler_meets_its_limit(void **state)
{
	struct bench bench;
	struct sent sent[20];
	(void)state;
	set_up(&bench, "well");
	bench.config.memory_bytes = 256 << 20;
	open_pool(&bench);
	for (int i = 0; i < 20; i++)
		post(&bench, &sent[i], i, i == 5 ? "leak" : "ok");
	await_all(sent, 20);
	for (int i = 0; i < 20; i++)
		assert_int_equal(sent[i].ok, i != 5);
	tear_down(&bench);
}
#endif

static void what_waits_behind_a_slow_one_goes_elsewhere_and_runs_once(void **state)
{
	struct bench bench;
	static struct sent sent[MANY];
	(void)state;
	start(&bench);
	/* Every process gets a slow one, and all are held up for a while. */
	for (int i = 0; i < MANY; i++)
		post(&bench, &sent[i], i, i % 40 == 0 ? "sleep 150" : "ok");
	await_all(sent, MANY);
	assert_ok(sent, 0, MANY);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(begun(&bench, sent[i].sid), 1);
	tear_down(&bench);
}

static void a_quick_one_does_not_wait_for_slow_ones(void **state)
{
	struct bench bench;
	static struct sent slow[6];
	struct sent quick;
	(void)state;
	start(&bench);
	for (int i = 0; i < 5; i++)
		post(&bench, &slow[i], i, "sleep 3000");
	post(&bench, &quick, 99, "ok");
	await(&quick);
	for (int i = 0; i < 5; i++)
		assert_int_equal(atomic_load(&slow[i].done), 0);
	await_all(slow, 5);
	tear_down(&bench);
}

static void a_process_that_never_gets_ready_is_told(void **state)
{
	struct bench bench;
	struct error err = {0};
	(void)state;
	set_up(&bench, "mute");
	bench.config.ready_ms = 200;
	assert_int_equal(pool_open(&bench.pool, &bench.config, &err), -1);
	assert_non_null(strstr(err.text, "was not ready in time"));
	set_up(&bench, "dead");
	assert_int_equal(pool_open(&bench.pool, &bench.config, &err), -1);
	assert_non_null(strstr(err.text, "called exit(3)"));
	char missing[] = "/nonexistent/program";
	bench.config.program = missing;
	assert_int_equal(pool_open(&bench.pool, &bench.config, &err), -1);
	assert_non_null(strstr(err.text, "/nonexistent/program"));
	(void)unlink(bench.notes);
}

struct swapper {
	struct bench *bench;
	atomic_bool stop;
	atomic_int swaps, failed;
	pthread_t thread;
};

static void *swap_all_the_time(void *arg)
{
	struct swapper *swapper = arg;
	struct pool_config config = swapper->bench->config;
	char mode[24];
	char *words[4] = {
	    swapper->bench->words[0], swapper->bench->words[1], mode, NULL};
	config.argv = words;
	for (int i = 1; !atomic_load(&swapper->stop); i++) {
		struct error err;
		(void)snprintf(mode, sizeof(mode), "build%d", i);
		if (pool_swap(swapper->bench->pool, &config, &err) < 0)
			atomic_fetch_add(&swapper->failed, 1);
		else
			atomic_fetch_add(&swapper->swaps, 1);
		(void)usleep(2000);
	}
	return NULL;
}

static void swapping_under_load_fails_none_and_runs_none_twice(void **state)
{
	struct bench bench;
	static struct sent sent[5 * MANY];
	struct swapper swapper = {.bench = &bench};
	(void)state;
	start(&bench);
	assert_int_equal(
	    pthread_create(&swapper.thread, NULL, swap_all_the_time, &swapper), 0);
	for (int i = 0; i < 5 * MANY; i++) {
		post(&bench, &sent[i], i, i % 100 == 3 ? "sleep 30" : "ok");
		if (i % 10 == 0)
			(void)usleep(1000);
	}
	await_all(sent, 5 * MANY);
	while (atomic_load(&swapper.swaps) < 3)
		(void)usleep(1000);
	atomic_store(&swapper.stop, true);
	(void)pthread_join(swapper.thread, NULL);
	assert_int_equal(atomic_load(&swapper.failed), 0);
	for (int i = 0; i < 5 * MANY; i += 7) {
		assert_true(sent[i].ok);
		assert_int_equal(begun(&bench, sent[i].sid), 1);
	}
	tear_down(&bench);
}

static void after_a_swap_only_the_new_program_runs(void **state)
{
	struct bench bench;
	struct sent sent[20];
	struct error err = {0};
	char mode[] = "second";
	(void)state;
	start(&bench);
	char *words[] = {bench.words[0], bench.words[1], mode, NULL};
	struct pool_config config = bench.config;
	config.argv = words;
	assert_int_equal(pool_swap(bench.pool, &config, &err), 0);
	for (int i = 0; i < 20; i++)
		post(&bench, &sent[i], i, "mode");
	await_all(sent, 20);
	for (int i = 0; i < 20; i++)
		assert_string_equal(sent[i].reply, "second");
	tear_down(&bench);
}

static void a_swap_that_does_not_start_leaves_the_old_program(void **state)
{
	struct bench bench;
	struct sent sent;
	struct error err = {0};
	char mode[] = "dead";
	(void)state;
	start(&bench);
	char *words[] = {bench.words[0], bench.words[1], mode, NULL};
	struct pool_config config = bench.config;
	config.argv = words;
	assert_int_equal(pool_swap(bench.pool, &config, &err), -1);
	assert_non_null(strstr(err.text, "before it was ready"));
	post(&bench, &sent, 1, "mode");
	await(&sent);
	assert_string_equal(sent.reply, "well");
	tear_down(&bench);
}

static void closing_waits_for_what_runs(void **state)
{
	struct bench bench;
	struct sent sent[5];
	(void)state;
	start(&bench);
	for (int i = 0; i < 5; i++)
		post(&bench, &sent[i], i, "sleep 100");
	tear_down(&bench);
	assert_ok(sent, 0, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_event_is_answered),
		cmocka_unit_test(a_crash_costs_its_own_event_only),
		cmocka_unit_test(an_abort_costs_its_own_event_only),
		cmocka_unit_test(exit_costs_its_own_event_only),
		cmocka_unit_test(garbage_kills_the_process_that_sent_it),
		cmocka_unit_test(nonsense_in_the_ring_kills_the_process),
		cmocka_unit_test(an_answer_larger_than_the_ring_arrives),
		cmocka_unit_test(an_answer_to_another_event_is_garbage),
		cmocka_unit_test(an_event_answered_twice_counts_once),
		cmocka_unit_test(a_hanging_handler_is_killed),
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
		cmocka_unit_test(a_leaking_handler_meets_its_limit),
#endif
		cmocka_unit_test(
		    what_waits_behind_a_slow_one_goes_elsewhere_and_runs_once),
		cmocka_unit_test(a_quick_one_does_not_wait_for_slow_ones),
		cmocka_unit_test(a_process_that_never_gets_ready_is_told),
		cmocka_unit_test(swapping_under_load_fails_none_and_runs_none_twice),
		cmocka_unit_test(after_a_swap_only_the_new_program_runs),
		cmocka_unit_test(a_swap_that_does_not_start_leaves_the_old_program),
		cmocka_unit_test(closing_waits_for_what_runs),
	};
	log_setup(LOG_TEXT, LOG_ERROR + 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
