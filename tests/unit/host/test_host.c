/* host: the inside of a handler process, with this test as its server. */
#include <sys/resource.h>

#include "host_process.h"

#include "alert/failure.h"
#include "host/app_workers.h"
#include "store/reserved.h"

/* ---- the app in it ---- */

static int greets(oh_event *event, oh_twiml *reply)
{
	oh_message(reply, oh_param(event, "Body"));
	(void)printf("greeting\n");
	oh_log(event, "greeting", "body", oh_param(event, "Body"), NULL);
	return OH_OK;
}

/* As one that dereferences NULL, which sanitizers would see first. */
static int touches_nothing(oh_event *event, oh_twiml *reply)
{
	volatile char *nothing =
	    mmap(NULL, 1, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	(void)event;
	(void)reply;
	*nothing = 1;
	return OH_OK;
}

static int aborts(oh_event *event, oh_twiml *reply)
{
	(void)event;
	(void)reply;
	abort();
}

static int exits(oh_event *event, oh_twiml *reply)
{
	(void)event;
	(void)reply;
	_exit(3);
}

static int overflows(oh_event *event, oh_twiml *reply);
static const oh_handler volatile again = overflows;

static int overflows(oh_event *event, oh_twiml *reply)
{
	volatile char room[4096];
	room[0] = 0;
	int rc = again(event, reply);
	return rc + room[0];
}

static int calls_nothing(oh_event *event, oh_twiml *reply)
{
	int (*volatile nothing)(void) = NULL;
	(void)event;
	(void)reply;
	return nothing();
}

static int leaks(oh_event *event, oh_twiml *reply)
{
	(void)event;
	(void)reply;
	return mmap(NULL, 100 << 20, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED
		   ? OH_FAILED
		   : OH_OK;
}

enum { GREETS, NULLS, ABORTS, EXITS, OVERFLOWS, CALLS, LEAKS };

static const oh_route routes[] = {
    [GREETS] = {.kind = OH_MESSAGE,
	.path = "/greet",
	.handler = greets,
	.methods = "POST",
	.deadline_s = 5,
	.fallback = "<Response/>"},
    [NULLS] = {.kind = OH_MESSAGE, .path = "/null", .handler = touches_nothing},
    [ABORTS] = {.kind = OH_MESSAGE, .path = "/abort", .handler = aborts},
    [EXITS] = {.kind = OH_MESSAGE, .path = "/exit", .handler = exits},
    [OVERFLOWS] = {.kind = OH_MESSAGE, .path = "/deep", .handler = overflows},
    [CALLS] = {.kind = OH_MESSAGE, .path = "/call", .handler = calls_nothing},
    [LEAKS] = {.kind = OH_MESSAGE, .path = "/leak", .handler = leaks},
    {.kind = OH_MESSAGE, .path = "/twilio/sms", .handler = oh_builtin},
    {0},
};
static const oh_collection collections[] = {
    {"orders", "number"}, {"calls", "sid"}, {0}};

static int tells(oh_job *job)
{
	oh_progress(job, "%s: try %d", oh_payload_str(job, "who"), oh_job_attempt(job));
	oh_enqueue(job, "tell", json_object(), .delay_s = 60);
	return OH_OK;
}

static const oh_worker workers[] = {
    {"tell", tells, .max_tries = 3, .cron = "@daily"}, {0}};

static int stays_away(void)
{
	return OH_FAILED;
}

static void start_ready(struct process *process)
{
	static const oh_app app = {.routes = routes, .collections = collections};
	start(process, &app);
	(void)expect_frame(process, FRAME_READY);
}

/* ---- the tests ---- */

TEST(a_process_introduces_its_app)
{
	static const oh_app app = {.routes = routes, .collections = collections};
	struct process process;
	struct frame_manifest table;
	start(&process, &app);
	assert_int_equal(
	    frame_get_ready(&table, expect_frame(&process, FRAME_READY), process.arena),
	    0);
	assert_int_equal(table.route_count, LEAKS + 2);
	assert_string_equal(table.routes[GREETS].path.ptr, "/greet");
	assert_string_equal(table.routes[GREETS].methods.ptr, "POST");
	assert_string_equal(table.routes[GREETS].fallback.ptr, "<Response/>");
	assert_int_equal(table.routes[GREETS].deadline_ms, 5000);
	assert_false(table.routes[GREETS].builtin);
	assert_null(table.routes[NULLS].fallback.ptr);
	assert_true(table.routes[LEAKS + 1].builtin);
	assert_int_equal(table.collection_count, 5);
	assert_string_equal(table.collections[0].name.ptr, "orders");
	assert_string_equal(table.collections[1].value.ptr, "sid");
	assert_string_equal(table.collections[2].name.ptr, COLLECTION_KV);
	assert_string_equal(table.collections[3].name.ptr, COLLECTION_ALERTS);
	assert_string_equal(table.collections[4].name.ptr, "sms_messages");
	assert_int_equal(end(&process), 0);
}

TEST(an_event_is_answered_and_its_lines_logged)
{
	struct process process;
	start_ready(&process);
	for (uint32_t slot = 0; slot < 3; slot++) {
		send_event(&process, GREETS, slot);
		struct frame_log line = expect_log(&process);
		assert_int_equal(line.id, 100 + slot);
		assert_string_equal(line.message.ptr, "greeting");
		assert_string_equal(line.pairs[0].value.ptr, "Hello");
		struct frame_result result = expect_result(&process);
		assert_int_equal(result.id, 100 + slot);
		assert_true(result.ok);
		assert_non_null(strstr(result.body.ptr, "Hello"));
		assert_int_equal(
		    atomic_load(&process.slots->state[slot]), SLOT_RUNNING);
	}
	assert_int_equal(end(&process), 0);
}

TEST(a_process_introduces_its_workers)
{
	static const oh_app app = {
	    .routes = routes, .workers = workers, .on_failure = tells};
	struct process process;
	struct frame_manifest table;
	start(&process, &app);
	assert_int_equal(
	    frame_get_ready(&table, expect_frame(&process, FRAME_READY), process.arena),
	    0);
	assert_int_equal(table.worker_count, 3);
	assert_string_equal(table.workers[0].queue.ptr, "tell");
	assert_string_equal(table.workers[0].cron.ptr, "@daily");
	assert_int_equal(table.workers[0].max_tries, 3);
	assert_string_equal(table.workers[1].queue.ptr, QUEUE_FAILURES);
	assert_string_equal(table.workers[2].queue.ptr, QUEUE_ALERTS);
	assert_int_equal(end(&process), 0);
}

TEST(a_job_is_run_by_its_worker)
{
	static const oh_app app = {.workers = workers};
	struct process process;
	struct frame_progress progress;
	struct buf out = {0};
	struct frame_job_run job = {.run = {.id = 7, .slot = 1},
	    .nth = 2,
	    .max = 3,
	    .payload = SPAN("{\"who\": \"Ada\"}")};
	start(&process, &app);
	(void)expect_frame(&process, FRAME_READY);
	atomic_store(&process.slots->state[1], SLOT_WAITING);
	frame_put_job(&out, &job);
	send_all(&process, &out);
	assert_int_equal(
	    frame_get_progress(&progress, expect_frame(&process, FRAME_PROGRESS)), 0);
	assert_true(progress.id == 7);
	assert_string_equal(progress.text.ptr, "Ada: try 2");
	struct frame_result result = expect_result(&process);
	assert_true(result.id == 7 && result.ok && result.end == FRAME_END);
	assert_int_equal(result.job_count, 1);
	assert_string_equal(result.jobs[0].queue.ptr, "tell");
	assert_int_equal(end(&process), 0);
}

TEST(a_revoked_event_is_dropped_without_a_word)
{
	struct process process;
	struct buf out = {0};
	start_ready(&process);
	put_event(&process, &out, GREETS, 0, SLOT_WAITING);
	put_event(&process, &out, NULLS, 1, SLOT_REVOKED);
	put_event(&process, &out, NULLS, 2, SLOT_FREE);
	put_event(&process, &out, GREETS, 3, SLOT_WAITING);
	send_all(&process, &out);
	(void)expect_log(&process);
	assert_int_equal(expect_result(&process).id, 100);
	(void)expect_log(&process);
	assert_int_equal(expect_result(&process).id, 103);
	assert_int_equal(atomic_load(&process.slots->state[1]), SLOT_REVOKED);
	assert_int_equal(end(&process), 0);
}

TEST(the_answer_before_a_crash_is_not_lost)
{
	struct process process;
	struct buf out = {0};
	start_ready(&process);
	put_event(&process, &out, GREETS, 0, SLOT_WAITING);
	put_event(&process, &out, EXITS, 1, SLOT_WAITING);
	send_all(&process, &out);
	(void)expect_log(&process);
	assert_true(expect_result(&process).ok);
	expect_end(&process);
	assert_int_equal(end(&process), 3);
}

TEST(a_crash_tells_its_signal_and_place)
{
	static const struct {
		uint32_t route;
		int signal;
		const char *name;
	} table[] = {
	    {NULLS, SIGSEGV, "SIGSEGV"},
	    {ABORTS, SIGABRT, "SIGABRT"},
	    {OVERFLOWS, SIGSEGV, "SIGSEGV"},
	    {CALLS, SIGSEGV, "SIGSEGV"},
	};

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct process process;
		start_ready(&process);
		send_event(&process, table[i].route, 4);
		struct frame_log line = expect_log(&process);
		assert_int_equal(line.id, 104);
		assert_string_equal(line.message.ptr, FRAME_CRASH);
		assert_string_equal(line.pairs[0].value.ptr, table[i].name);
		assert_memory_equal(line.pairs[1].value.ptr, "0x", 2);
		assert_true(line.pair_count >= 3);
		bool here = false;
		for (uint32_t n = 2; n < line.pair_count; n++) {
			assert_string_equal(line.pairs[n].name.ptr, "frame");
			here |=
			    strstr(line.pairs[n].value.ptr, "/test_host+0x") != NULL;
		}
		assert_true(here);
		expect_end(&process);
		assert_int_equal(end(&process), -table[i].signal);
	}
}

TEST(a_process_that_has_grown_too_much_ends_well)
{
	struct process process;
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
	const struct rlimit limit = {1 << 30, 1 << 30};
	start_ready(&process);
	assert_int_equal(prlimit(process.pid, RLIMIT_AS, &limit, NULL), 0);
	int answers = 0;
	struct buf out = {0};
	for (uint32_t slot = 0; slot < 20; slot++)
		put_event(&process, &out, LEAKS, slot, SLOT_WAITING);
	send_all(&process, &out);
	enum frame_type type;
	struct span frame;
	while ((frame = next_frame(&process, &type)).ptr != NULL) {
		struct frame_result result;
		assert_int_equal(frame_get_result(&result, frame, process.arena), 0);
		assert_true(result.ok);
		answers++;
	}
	assert_true(answers > 1 && answers < 10);
	/* The next one was not begun. */
	assert_int_equal(atomic_load(&process.slots->state[answers]), SLOT_WAITING);
	assert_int_equal(end(&process), 0);
#else
	(void)process;
	skip();
#endif
}

TEST(an_app_that_cannot_start_is_no_process)
{
	static const oh_app app = {.routes = routes, .start = stays_away};
	struct process process;
	start(&process, &app);
	expect_end(&process);
	assert_int_equal(end(&process), 1);
}

TEST(a_worker_without_a_function_is_no_worker)
{
	static const oh_worker no_workers[] = {{.queue = "tell"}, {0}};
	static const oh_app app = {.workers = no_workers};
	struct process process;
	start(&process, &app);
	expect_end(&process);
	assert_int_equal(end(&process), 1);
}

TEST(nonsense_ends_the_process)
{
	struct process process;
	struct buf out = {0};
	start_ready(&process);
	frame_put_bell(&out);
	send_all(&process, &out);
	expect_end(&process);
	assert_int_equal(end(&process), 1);
}
