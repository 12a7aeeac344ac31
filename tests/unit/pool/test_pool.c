/* pool: the handler processes, fed, watched, killed and replaced. */
#include "pool_bench.h"

TEST(an_event_is_answered)
{
	struct bench bench;
	struct sent sent;
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

TEST(a_crash_costs_its_own_event_only)
{
	among_others("crash", "the handler crashed (SIGSEGV");
}

TEST(an_abort_costs_its_own_event_only)
{
	among_others("abort", "the handler crashed (SIGABRT");
}

TEST(exit_costs_its_own_event_only)
{
	among_others("exit 3", "the handler called exit(3)");
}

TEST(garbage_kills_the_process_that_sent_it)
{
	among_others("garbage", "wrote over its own memory");
}

TEST(nonsense_in_the_ring_kills_the_process)
{
	among_others("overrun", "wrote over its own memory");
}

TEST(an_answer_larger_than_the_ring_arrives)
{
	struct bench bench;
	struct sent sent;
	start(&bench);
	post(&bench, &sent, 0, "large");
	await(&sent);
	assert_ok(&sent, 0, 1);
	tear_down(&bench);
}

TEST(an_answer_to_another_event_is_garbage)
{
	among_others("skip", "wrote over its own memory");
}

TEST(an_event_answered_twice_counts_once)
{
	struct bench bench;
	struct sent sent[3];
	start(&bench);
	post(&bench, &sent[0], 0, "twice");
	await(&sent[0]);
	post(&bench, &sent[1], 1, "ok");
	post(&bench, &sent[2], 2, "ok");
	await_all(sent, 3);
	assert_ok(sent, 0, 3);
	tear_down(&bench);
}

TEST(a_hanging_handler_is_killed)
{
	struct bench bench;
	struct sent sent[MANY];
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
TEST(a_leaking_handler_meets_its_limit)
{
	struct bench bench;
	struct sent sent[20];
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

TEST(what_waits_behind_a_slow_one_goes_elsewhere_and_runs_once)
{
	struct bench bench;
	static struct sent sent[MANY];
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

TEST(a_quick_one_does_not_wait_for_slow_ones)
{
	struct bench bench;
	static struct sent slow[6];
	struct sent quick;
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

TEST(a_process_that_never_gets_ready_is_told)
{
	struct bench bench;
	struct error err = {0};
	set_up(&bench, "mute");
	bench.config.ready_ms = 200;
	assert_int_equal(pool_open(&bench.pool, &bench.config, &err), -1);
	assert_non_null(strstr(err.text, "was not ready in time"));
	set_up(&bench, "dead");
	assert_int_equal(pool_open(&bench.pool, &bench.config, &err), -1);
	assert_non_null(strstr(err.text, "called exit(3)"));
	set_up(&bench, "old");
	assert_int_equal(pool_open(&bench.pool, &bench.config, &err), -1);
	assert_non_null(strstr(err.text,
	    "speaks version 2 of the protocol and the server speaks version 3"));
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

TEST(swapping_under_load_fails_none_and_runs_none_twice)
{
	struct bench bench;
	static struct sent sent[5 * MANY];
	struct swapper swapper = {.bench = &bench};
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

TEST(after_a_swap_only_the_new_program_runs)
{
	struct bench bench;
	struct sent sent[20];
	struct error err = {0};
	char mode[] = "second";
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

TEST(a_swap_that_does_not_start_leaves_the_old_program)
{
	struct bench bench;
	struct sent sent;
	struct error err = {0};
	char mode[] = "dead";
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

TEST(a_process_is_told_its_settings_and_no_others)
{
	const struct pair settings[] = {
	    {SPAN("alert-secret"), SPAN("whsec_1")}, {SPAN("alert-url"), {NULL, 0}}};

	static const struct {
		const char *body, *want;
	} rows[] = {
	    {"setting data", "/srv/data"},
	    {"setting alert-secret", "whsec_1"},
	    {"setting alert-url", ""},
	    {"env OFFHOOK_ALERT_SECRET", ""},
	    {"env OFFHOOK_ALERT_URL", ""},
	    {"env OFFHOOK_OTHER", "kept"},
	};
	struct bench bench;
	struct sent sent;
	(void)setenv("OFFHOOK_ALERT_SECRET", "whsec_2", 1);
	(void)setenv("OFFHOOK_ALERT_URL", "http://127.0.0.1/secret", 1);
	(void)setenv("OFFHOOK_OTHER", "kept", 1);
	set_up(&bench, "well");
	bench.config.data = "/srv/data";
	bench.config.settings = settings;
	bench.config.setting_count = 2;
	open_pool(&bench);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		post(&bench, &sent, (int)i, rows[i].body);
		await(&sent);
		assert_string_equal(sent.reply, rows[i].want);
	}
	tear_down(&bench);
}

TEST(closing_waits_for_what_runs)
{
	struct bench bench;
	struct sent sent[5];
	start(&bench);
	for (int i = 0; i < 5; i++)
		post(&bench, &sent[i], i, "sleep 100");
	tear_down(&bench);
	assert_ok(sent, 0, 5);
}

int main(void)
{
	log_setup(LOG_TEXT, LOG_ERROR + 1);
	return test_run();
}
