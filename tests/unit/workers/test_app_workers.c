/* workers, manifest_workers: what works on jobs, as a process tells it and the server takes
 * it. */
#include "test.h"

#include "host/app_workers.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "handlers/manifest_workers.h"
#include "host/alert_worker.h"
#include "store/reserved.h"

static int works(oh_job *job)
{
	(void)job;
	return OH_OK;
}

TEST(an_apps_workers_come_first_and_then_offhooks)
{
	static const oh_worker own[] = {
	    {.queue = "remind", .work = works, .max_tries = 3},
	    {.queue = "pack", .work = works}, {0}};
	static const oh_app none = {0};
	static const oh_app both = {.workers = own, .on_failure = works};
	struct arena *arena = arena_new();
	uint32_t count;
	const oh_worker *all = workers_all(&both, &count, arena);
	assert_int_equal(count, 4);
	assert_string_equal(all[0].queue, "remind");
	assert_int_equal(all[0].max_tries, 3);
	assert_string_equal(all[1].queue, "pack");
	assert_string_equal(all[2].queue, QUEUE_FAILURES);
	assert_ptr_equal(all[2].work, works);
	assert_string_equal(all[3].queue, QUEUE_ALERTS);
	assert_ptr_equal(all[3].work, alert_work);
	all = workers_all(&none, &count, arena);
	assert_int_equal(count, 1);
	assert_string_equal(all[0].queue, QUEUE_ALERTS);
	(void)workers_all(NULL, &count, arena);
	assert_int_equal(count, 1);
	arena_free(arena);
}

/* What the server makes of one worker; NULL with the reason in err. */
static const struct job_worker *take(
    const oh_worker *worker, struct arena *arena, struct error *err)
{
	struct frame_worker told = workers_frame(worker);
	const struct frame_manifest table = {.workers = &told, .worker_count = 1};
	return manifest_workers(&table, arena, err);
}

TEST(what_is_left_out_is_the_usual)
{
	static const oh_worker usual = {.queue = "remind", .work = works};
	static const oh_worker own = {.queue = "remind",
	    .work = works,
	    .max_tries = 1,
	    .timeout_s = 7200,
	    .concurrency = 1,
	    .backoff_min_s = 0.25,
	    .backoff_s = 0.0001,
	    .backoff_max_s = 86400,
	    .cron = "*/5 * * * *",
	    .zone = "Europe/Stockholm"};
	struct arena *arena = arena_new();
	struct error err;
	const struct job_worker *got = take(&usual, arena, &err);
	assert_non_null(got);
	assert_string_equal(got->queue, "remind");
	assert_int_equal(got->max_tries, 20);
	assert_int_equal(got->timeout_ms, 60000);
	assert_int_equal(got->concurrency, 4);
	assert_int_equal(got->floor_ms, 1000);
	assert_int_equal(got->base_ms, 2000);
	assert_int_equal(got->cap_ms, 3600000);
	assert_null(got->cron);
	assert_null(got->zone);
	got = take(&own, arena, &err);
	assert_non_null(got);
	assert_int_equal(got->max_tries, 1);
	assert_int_equal(got->timeout_ms, 7200000);
	assert_int_equal(got->concurrency, 1);
	assert_int_equal(got->floor_ms, 250);
	assert_int_equal(got->base_ms, 1);
	assert_int_equal(got->cap_ms, 86400000);
	assert_string_equal(got->cron, "*/5 * * * *");
	assert_string_equal(got->zone, "Europe/Stockholm");
	arena_free(arena);
}

TEST(a_wrong_worker_is_refused_with_its_reason)
{
	static const struct {
		oh_worker worker;
		const char *why;
	} rows[] = {
	    {{.queue = "9lives"}, "worker 1, \"9lives\": a queue's name is"},
	    {{.queue = "a b"}, "a queue's name is"},
	    {{.queue = ""}, "a queue's name is"},
	    {{.queue = "offhook.events"}, "\"offhook.\" are Offhook's"},
	    {{.queue = "offhook.mine"}, "\"offhook.\" are Offhook's"},
	    {{.queue = "q", .max_tries = -1}, "max_tries is -1; it is 1 to 1000"},
	    {{.queue = "q", .max_tries = 1001}, "max_tries is 1001"},
	    {{.queue = "q", .concurrency = -2}, "concurrency is -2; it is 1 to 1000"},
	    {{.queue = "q", .concurrency = 100000}, "concurrency is 100000"},
	    {{.queue = "q", .timeout_s = -1},
		"timeout_s must be 0 (the usual) to 7 days"},
	    {{.queue = "q", .timeout_s = 604801},
		"timeout_s must be 0 (the usual) to 7 days"},
	    {{.queue = "q", .backoff_min_s = -0.001}, "backoff_min_s must be"},
	    {{.queue = "q", .backoff_s = (double)NAN}, "backoff_s must be"},
	    {{.queue = "q", .backoff_s = 1e300}, "backoff_s must be"},
	    {{.queue = "q", .backoff_max_s = 1e9}, "backoff_max_s must be"},
	    {{.queue = "q", .backoff_min_s = 3601},
		"longer than backoff_max_s (3600 s)"},
	    {{.queue = "q", .cron = "61 * * * *"}, "cron \"61 * * * *\""},
	    {{.queue = "q", .cron = "0 0 30 2 *"}, "cron \"0 0 30 2 *\""},
	    {{.queue = "q", .cron = ""}, "cron \"\""},
	    {{.queue = "q", .cron = "@daily", .zone = "Europe/Stokholm"},
		"zone \"Europe/Stokholm\""},
	    {{.queue = "q", .zone = "Europe/Stockholm"}, "a zone without a cron"},
	};
	struct arena *arena = arena_new();
	struct error err;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (take(&rows[i].worker, arena, &err) != NULL)
			fail_msg("row %zu was taken", i);
		if (strstr(err.text, rows[i].why) == NULL)
			fail_msg("\"%s\" has no \"%s\"", err.text, rows[i].why);
	}
	arena_free(arena);
}

TEST(two_workers_of_one_queue_are_refused)
{
	static const oh_worker twice[] = {{.queue = "remind", .work = works},
	    {.queue = "pack", .work = works}, {.queue = "remind", .work = works}, {0}};
	static const oh_worker alerts[] = {{.queue = QUEUE_ALERTS, .work = works}, {0}};
	const oh_app apps[] = {{.workers = twice}, {.workers = alerts}};
	static const char *const why[] = {
	    "worker 3, \"remind\": two workers are for one queue",
	    "\"offhook.alerts\": this name is Offhook's"};
	struct arena *arena = arena_new();
	struct error err;
	for (size_t i = 0; i < 2; i++) {
		struct frame_manifest table = {0};
		struct frame_worker told[4];
		const oh_worker *all =
		    workers_all(&apps[i], &table.worker_count, arena);
		for (uint32_t n = 0; n < table.worker_count; n++)
			told[n] = workers_frame(&all[n]);
		table.workers = told;
		assert_null(manifest_workers(&table, arena, &err));
		assert_non_null(strstr(err.text, why[i]));
	}
	arena_free(arena);
}

TEST(a_worker_needs_a_function)
{
	static const oh_worker workers[] = {
	    {.queue = "remind", .work = works}, {.queue = "pack"}, {0}};
	static const oh_app app = {.workers = workers};
	static const oh_app none = {0};
	struct error err;
	assert_int_equal(workers_check(&app, &err), -1);
	assert_string_equal(err.text, "the worker of queue \"pack\" has no function");
	assert_int_equal(workers_check(&none, &err), 0);
}
