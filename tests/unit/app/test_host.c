/* host: the inside of a handler process, with this test as its server. */
#include <errno.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "play.h"

#include "app/host.h"
#include "app/pool.h"

struct process {
	int fd;
	pid_t pid;
	struct pool_table *table;
	struct buf in;
	struct arena *arena;
};

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
    [NULLS] = {.kind = OH_MESSAGE,  .path = "/null", .handler = touches_nothing},
    [ABORTS] = {.kind = OH_MESSAGE,    .path = "/abort", .handler = aborts},
    [EXITS] = {.kind = OH_MESSAGE,                  .path = "/exit", .handler = exits},
    [OVERFLOWS] = {.kind = OH_MESSAGE,  .path = "/deep", .handler = overflows},
    [CALLS] = {.kind = OH_MESSAGE,                  .path = "/call", .handler = calls_nothing},
    [LEAKS] = {.kind = OH_MESSAGE,.path = "/leak", .handler = leaks},
    {.kind = OH_MESSAGE,                  .path = "/twilio/sms", .handler = oh_builtin},
    {0},
};
static const oh_collection collections[] = {
    {"orders", "number"},
    {"calls",        "sid"},
    {0}
};

static int stays_away(void)
{
	return OH_FAILED;
}

/* ---- its server ---- */

static void start(struct process *process, const oh_app *app)
{
	int pair[2];
	char text[32];
	int table = memfd_create("slots", 0);
	*process = (struct process){.arena = arena_new()};
	assert_int_equal(ftruncate(table, sizeof(*process->table)), 0);
	process->table = mmap(NULL, sizeof(*process->table), PROT_READ | PROT_WRITE,
	    MAP_SHARED, table, 0);
	assert_ptr_not_equal(process->table, MAP_FAILED);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	process->fd = pair[0];
	(void)fflush(NULL);
	process->pid = fork();
	if (process->pid == 0) {
		(void)close(pair[0]);
		(void)snprintf(text, sizeof(text), "%d,%d", pair[1], table);
		(void)setenv("OFFHOOK_HANDLER", text, 1);
		assert_non_null(freopen("/dev/null", "w", stderr));
		_exit(host_run(app));
	}
	(void)close(pair[1]);
	(void)close(table);
}

/* The exit code, or minus the signal. */
static int end(struct process *process)
{
	int status = 0;
	(void)close(process->fd);
	assert_int_equal(waitpid(process->pid, &status, 0), process->pid);
	(void)munmap(process->table, sizeof(*process->table));
	buf_free(&process->in);
	arena_free(process->arena);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void put_event(struct process *process, struct buf *out, uint32_t route,
    uint32_t slot, enum slot_state slot_state)
{
	const struct frame_pair params[] = {
	    {SPAN("Body"), SPAN("Hello")}
        };
	struct frame_event event = {.id = 100 + slot,
	    .route = route,
	    .slot = slot,
	    .params = params,
	    .param_count = 1};
	atomic_store(&process->table->slots[slot], slot_state);
	frame_put_event(out, &event);
}

static void send_all(struct process *process, struct buf *out)
{
	assert_int_equal(
	    send(process->fd, out->ptr, out->len, MSG_NOSIGNAL), (ssize_t)out->len);
	buf_free(out);
	*out = (struct buf){0};
}

static void send_event(struct process *process, uint32_t route, uint32_t slot)
{
	struct buf out = {0};
	put_event(process, &out, route, slot, SLOT_WAITING);
	send_all(process, &out);
}

/* The next frame, in the process's arena; absent at the end. */
static struct span next_frame(struct process *process, enum frame_type *type)
{
	int64_t len;
	while ((len = frame_whole(buf_span(&process->in), type)) == 0) {
		char bytes[4096];
		ssize_t got = recv(process->fd, bytes, sizeof(bytes), 0);
		if (got <= 0)
			return (struct span){0};
		buf_add(&process->in, bytes, (size_t)got);
	}
	assert_true(len > 0);
	struct span frame =
	    arena_copy(process->arena, (struct span){process->in.ptr, (size_t)len});
	process->in.len -= (size_t)len;
	memmove(process->in.ptr, process->in.ptr + len, process->in.len);
	return frame;
}

static struct span expect_frame(struct process *process, enum frame_type wanted)
{
	enum frame_type type = FRAME_TYPES;
	struct span frame = next_frame(process, &type);
	assert_non_null(frame.ptr);
	assert_int_equal(type, wanted);
	return frame;
}

static void expect_end(struct process *process)
{
	enum frame_type type;
	assert_null(next_frame(process, &type).ptr);
}

static struct frame_result expect_result(struct process *process)
{
	struct frame_result result;
	assert_int_equal(frame_get_result(&result, expect_frame(process, FRAME_RESULT),
			     process->arena),
	    0);
	return result;
}

static struct frame_log expect_log(struct process *process)
{
	struct frame_log line;
	assert_int_equal(
	    frame_get_log(&line, expect_frame(process, FRAME_LOG), process->arena), 0);
	return line;
}

static void start_ready(struct process *process)
{
	static const oh_app app = {.routes = routes, .collections = collections};
	start(process, &app);
	(void)expect_frame(process, FRAME_TABLE);
	(void)expect_frame(process, FRAME_READY);
}

/* ---- the tests ---- */

static void a_process_introduces_its_app(void **state)
{
	static const oh_app app = {.routes = routes, .collections = collections};
	struct process process;
	struct frame_table table;
	(void)state;
	start(&process, &app);
	assert_int_equal(
	    frame_get_table(&table, expect_frame(&process, FRAME_TABLE), process.arena),
	    0);
	(void)expect_frame(&process, FRAME_READY);
	assert_int_equal(table.route_count, LEAKS + 2);
	assert_string_equal(table.routes[GREETS].path.ptr, "/greet");
	assert_string_equal(table.routes[GREETS].methods.ptr, "POST");
	assert_string_equal(table.routes[GREETS].fallback.ptr, "<Response/>");
	assert_int_equal(table.routes[GREETS].deadline_s, 5);
	assert_false(table.routes[GREETS].builtin);
	assert_null(table.routes[NULLS].fallback.ptr);
	assert_true(table.routes[LEAKS + 1].builtin);
	assert_int_equal(table.collection_count, 4);
	assert_string_equal(table.collections[0].name.ptr, "orders");
	assert_string_equal(table.collections[1].value.ptr, "sid");
	assert_string_equal(table.collections[2].name.ptr, COLLECTION_KV);
	assert_string_equal(table.collections[3].name.ptr, "sms_messages");
	assert_int_equal(end(&process), 0);
}

static void an_event_is_answered_and_its_lines_logged(void **state)
{
	struct process process;
	(void)state;
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
		    atomic_load(&process.table->slots[slot]), SLOT_RUNNING);
	}
	assert_int_equal(end(&process), 0);
}

static void a_revoked_event_is_dropped_without_a_word(void **state)
{
	struct process process;
	struct buf out = {0};
	(void)state;
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
	assert_int_equal(atomic_load(&process.table->slots[1]), SLOT_REVOKED);
	assert_int_equal(end(&process), 0);
}

static void the_answer_before_a_crash_is_not_lost(void **state)
{
	struct process process;
	struct buf out = {0};
	(void)state;
	start_ready(&process);
	put_event(&process, &out, GREETS, 0, SLOT_WAITING);
	put_event(&process, &out, EXITS, 1, SLOT_WAITING);
	send_all(&process, &out);
	(void)expect_log(&process);
	assert_true(expect_result(&process).ok);
	expect_end(&process);
	assert_int_equal(end(&process), 3);
}

static void a_crash_tells_its_signal_and_place(void **state)
{
	static const struct {
		uint32_t route;
		int signal;
		const char *name;
	} table[] = {
	    {NULLS,     SIGSEGV, "SIGSEGV"},
	    {ABORTS,    SIGABRT, "SIGABRT"},
	    {OVERFLOWS, SIGSEGV, "SIGSEGV"},
	    {CALLS,     SIGSEGV, "SIGSEGV"},
	};

	(void)state;
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

static void a_process_that_has_grown_too_much_ends_well(void **state)
{
	struct process process;
	(void)state;
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
	assert_int_equal(atomic_load(&process.table->slots[answers]), SLOT_WAITING);
	assert_int_equal(end(&process), 0);
#else
	(void)process;
	skip();
#endif
}

static void an_app_that_cannot_start_is_no_process(void **state)
{
	static const oh_app app = {.routes = routes, .start = stays_away};
	struct process process;
	(void)state;
	start(&process, &app);
	expect_end(&process);
	assert_int_equal(end(&process), 1);
}

static void nonsense_ends_the_process(void **state)
{
	struct process process;
	struct buf out = {0};
	(void)state;
	start_ready(&process);
	frame_put_ready(&out);
	send_all(&process, &out);
	expect_end(&process);
	assert_int_equal(end(&process), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_process_introduces_its_app),
	    cmocka_unit_test(an_event_is_answered_and_its_lines_logged),
	    cmocka_unit_test(a_revoked_event_is_dropped_without_a_word),
	    cmocka_unit_test(the_answer_before_a_crash_is_not_lost),
	    cmocka_unit_test(a_crash_tells_its_signal_and_place),
	    cmocka_unit_test(a_process_that_has_grown_too_much_ends_well),
	    cmocka_unit_test(an_app_that_cannot_start_is_no_process),
	    cmocka_unit_test(nonsense_ends_the_process),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
