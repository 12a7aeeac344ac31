#include "host/host.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/app_collections.h"
#include "engines/engines.h"
#include "frame/slots.h"
#include "host/app_workers.h"
#include "host/crash.h"
#include "host/log_limit.h"
#include "host/run_event.h"
#include "host/run_job.h"
#include "host/sandbox.h"
#include "util/buf.h"
#include "util/clock.h"
#include "util/locked.h"

enum {
	READ_SIZE = 64 << 10,
	LOOK_EACH = 8 /* runs between looks at the process's memory */
};

struct host {
	const oh_app *app;
	int fd;
	struct slots *slots;
	struct context_world world;
	struct arena *arena;     /* holds world.settings */
	struct arena *run_arena; /* of one run after another */
	char *secrets;           /* the FRAME_SECRETS; world.secrets points into it */
	size_t secrets_size;
	struct buf in;   /* bytes of frames not yet handled */
	struct buf out;  /* the frame being sent */
	struct buf bell; /* FRAME_BELL */
	unsigned runs;
	int statm;       /* /proc/self/statm */
	int64_t at_rest; /* bytes of address space before the first run */
	struct log_limit log_limit;
};

int host_wanted(void)
{
	return getenv("OFFHOOK_HANDLER") != NULL;
}

/* ---- the socket ---- */

/* Tells the server that the ring has something. -1 when the server is gone. */
static int host_ring_bell(const struct host *host)
{
	ssize_t sent;
	do {
		sent = send(host->fd, host->bell.ptr, host->bell.len, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	return sent < 0 ? -1 : 0;
}

/* Sends host->out, and empties it. -1 when the server is gone. */
static int host_flush(struct host *host)
{
	struct ring *ring = &host->slots->ring;
	struct span left = buf_span(&host->out);
	while (left.len > 0) {
		size_t put = ring_put(ring, left);
		left = span_from(left, put);
		if ((ring_wanted(ring) || put == 0) && host_ring_bell(host) < 0)
			return -1;
		if (left.len > 0)
			ring_wait(ring);
	}
	buf_clear(&host->out);
	return 0;
}

/* Reads what there is, many frames at a time. False at the end. */
static bool host_receive(struct host *host)
{
	buf_reserve(&host->in, READ_SIZE);
	for (;;) {
		ssize_t got = read(host->fd, host->in.ptr + host->in.len,
		    host->in.cap - host->in.len - 1);
		if (got > 0)
			host->in.len += (size_t)got;
		if (got >= 0 || errno != EINTR)
			return got > 0;
	}
}

/* A line goes out at once: the process may die before the run ends. */
static void host_send_log(void *ctx, const struct frame_log *line)
{
	struct host *host = ctx;
	if (!log_limit_passes(&host->log_limit, clock_mono_us()))
		return;
	frame_put_log(&host->out, line);
	(void)host_flush(host);
}

static void host_send_progress(void *ctx, const struct frame_progress *progress)
{
	struct host *host = ctx;
	frame_put_progress(&host->out, progress);
	(void)host_flush(host);
}

/* After a run: says how many of its lines were dropped. */
static void host_log_dropped(struct host *host, const struct frame_run *run)
{
	char text[96];
	if (host->log_limit.dropped == 0)
		return;
	(void)snprintf(text, sizeof(text),
	    "a handler logged too much; %" PRIu32 " lines of it were dropped",
	    host->log_limit.dropped);
	const struct frame_log line = {.id = run->id, .message = span_of(text)};
	host->log_limit.dropped = 0;
	frame_put_log(&host->out, &line);
	(void)host_flush(host);
}

/* ---- memory ---- */

static int64_t host_address_space(const struct host *host)
{
	char text[64] = "";
	int64_t pages = 0;
	if (pread(host->statm, text, sizeof(text) - 1, 0) > 0)
		pages = strtoll(text, NULL, 10);
	return pages * sysconf(_SC_PAGESIZE);
}

/* Handlers that leak a little must not take the memory of a later run: when half of what
 * the limit allowed at start is used, the process ends, and the server starts a new one. */
static bool host_outgrown(struct host *host)
{
	struct rlimit limit;
	if (++host->runs % LOOK_EACH != 0 || getrlimit(RLIMIT_AS, &limit) < 0 ||
	    limit.rlim_cur == RLIM_INFINITY)
		return false;
	int64_t allowed = (int64_t)limit.rlim_cur - host->at_rest;
	return host_address_space(host) - host->at_rest > allowed / 2;
}

/* ---- events and jobs ---- */

/* Sends the result before the next handler may block, or crash. */
static int host_answer(struct host *host, const struct frame_result *result)
{
	frame_put_result(&host->out, result);
	if (host->out.len > FRAME_MAX) {
		const struct frame_result failed = {.id = result->id,
		    .failure = SPAN("its writes, jobs and reply are over 64 MB")};
		buf_clear(&host->out);
		frame_put_result(&host->out, &failed);
	}
	return host_flush(host);
}

static int host_handle(struct host *host, struct span frame, enum frame_type type)
{
	struct arena *arena = host->run_arena;
	struct frame_event event;
	struct frame_job_run job;
	struct frame_result result;
	bool is_job = type == FRAME_JOB;
	const struct frame_run *run = is_job ? &job.run : &event.run;
	int rc = is_job ? frame_get_job(&job, frame, arena)
			: frame_get_event(&event, frame, arena);
	/* Not when the server has taken the run back. */
	uint32_t waiting = SLOT_WAITING;
	if (rc == 0 && run->slot < SLOTS &&
	    atomic_compare_exchange_strong(
		&host->slots->state[run->slot], &waiting, SLOT_RUNNING)) {
		crash_running(run->id);
		log_limit_run(&host->log_limit);
		if (is_job)
			run_job(&result, &host->world, &job, arena);
		else
			run_event(&result, &host->world, &event, arena);
		(void)fflush(stdout);
		host_log_dropped(host, run);
		rc = host_answer(host, &result);
	}
	arena_clear(arena);
	return rc;
}

/* They move to memory that is not dumped, and are wiped where they came. */
static int host_take_secrets(struct host *host, struct span frame)
{
	locked_free(host->secrets, host->secrets_size);
	host->secrets_size = frame.len + 1;
	host->secrets = locked_copy(frame);
	locked_process();
	explicit_bzero(host->in.ptr + (frame.ptr - host->in.ptr), frame.len);
	return frame_get_secrets(
	    &host->world.secrets, (struct span){host->secrets, frame.len}, host->arena);
}

/* 0 when all whole frames have been handled, 1 when it is time to end well, -1 when one
 * makes no sense or the server is gone. */
static int host_handle_all(struct host *host)
{
	size_t done = 0;
	int64_t len;
	enum frame_type type;
	struct span bytes = buf_span(&host->in);
	int rc = 0;
	while (rc == 0 && (len = frame_whole(span_from(bytes, done), &type)) != 0) {
		if (len < 0)
			return -1;
		struct span frame = {bytes.ptr + done, (size_t)len};
		rc = type == FRAME_SECRETS ? host_take_secrets(host, frame)
					   : host_handle(host, frame, type);
		done += (size_t)len;
		if (rc == 0 && host_outgrown(host))
			rc = 1;
	}
	host->in.len -= done;
	memmove(host->in.ptr, host->in.ptr + done, host->in.len);
	return rc;
}

/* ---- start ---- */

static uint32_t host_deadline_ms(double seconds)
{
	if (seconds >= UINT32_MAX / 1000)
		return UINT32_MAX; /* which the server refuses */
	return seconds > 0 ? (uint32_t)(seconds * 1000) : 0;
}

static const struct frame_route *host_routes(
    const oh_app *app, uint32_t *count, struct arena *arena)
{
	*count = run_route_count(app->routes);
	struct frame_route *frames = arena_alloc(arena, *count * sizeof(*frames));
	for (uint32_t i = 0; i < *count; i++) {
		const oh_route *route = &app->routes[i];
		frames[i] = (struct frame_route){
		    .kind = route->kind,
		    .path = span_of(route->path),
		    .fallback = span_of(route->fallback),
		    .methods = span_of(route->methods),
		    .deadline_ms = host_deadline_ms(route->deadline_s),
		    .builtin = route->handler == oh_builtin,
		};
	}
	return frames;
}

static int host_say_ready(struct host *host)
{
	struct arena *arena = arena_new();
	struct frame_manifest manifest = {.version = FRAME_VERSION};
	manifest.routes = host_routes(host->app, &manifest.route_count, arena);
	const oh_worker *workers =
	    workers_all(host->app, &manifest.worker_count, arena);
	struct frame_worker *frames =
	    arena_alloc(arena, manifest.worker_count * sizeof(*frames));
	for (uint32_t i = 0; i < manifest.worker_count; i++)
		frames[i] = workers_frame(&workers[i]);
	manifest.workers = frames;
	struct pair secrets[OH_SECRETS_MAX];
	manifest.secrets = secrets;
	for (size_t i = 0; i < OH_SECRETS_MAX && host->app->secrets[i] != NULL; i++)
		secrets[manifest.secret_count++] =
		    (struct pair){span_of(host->app->secrets[i]), {NULL, 0}};
	manifest.collections =
	    collections_all(host->app, &manifest.collection_count, arena);
	frame_put_ready(&host->out, &manifest);
	arena_free(arena);
	return host_flush(host);
}

/* Takes what OFFHOOK_HANDLER names, and removes it: programs that handlers start must not
 * see it. */
static int host_attach(struct host *host, struct error *err)
{
	const char *text = getenv("OFFHOOK_HANDLER");
	char *comma = NULL;
	host->fd = text == NULL ? -1 : (int)strtol(text, &comma, 10);
	if (comma == NULL || *comma != ',' || fcntl(host->fd, F_SETFD, FD_CLOEXEC) < 0)
		return error_set(err, "OFFHOOK_HANDLER is for the server to set");
	int slots = (int)strtol(comma + 1, NULL, 10);
	void *at = mmap(
	    NULL, sizeof(*host->slots), PROT_READ | PROT_WRITE, MAP_SHARED, slots, 0);
	if (at == MAP_FAILED)
		return error_set(err, "the memory of slots: %s", strerror(errno));
	host->slots = at;
	(void)close(slots);
	(void)unsetenv("OFFHOOK_HANDLER");
	return 0;
}

/* Waits for the settings, which are the server's first frame. */
static int host_await_settings(struct host *host, struct error *err)
{
	enum frame_type type;
	int64_t len;
	do
		if (!host_receive(host))
			return error_set(err, "the server is gone");
	while ((len = frame_whole(buf_span(&host->in), &type)) == 0);
	if (len < 0)
		return error_set(err, "the server's first frame makes no sense");
	struct span frame =
	    arena_copy(host->arena, span_head(buf_span(&host->in), (size_t)len));
	host->in.len -= (size_t)len;
	memmove(host->in.ptr, host->in.ptr + len, host->in.len);
	if (frame_get_settings(&host->world.settings, frame, host->arena) < 0)
		return error_set(err, "the server's first frame is not its settings");
	return 0;
}

/* They are for the server, but may be sent to all of a service's processes, or to a terminal's
 * when it is closed. */
static void host_ignore_reloads(void)
{
	sigset_t deaf;
	(void)sigemptyset(&deaf);
	(void)sigaddset(&deaf, SIGHUP);
	(void)sigaddset(&deaf, SIGUSR1);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGUSR1, SIG_IGN);
	(void)sigprocmask(SIG_UNBLOCK, &deaf, NULL);
}

/* What alert-command runs may be sendmail, which needs its group. */
static void host_enter_sandbox(const struct host *host)
{
	const struct frame_settings *settings = &host->world.settings;
	if (frame_setting(settings, "sandbox").len > 0 &&
	    frame_setting(settings, "alert-command").len == 0)
		sandbox_enter();
}

static int host_begin(struct host *host, struct error *err)
{
	if (host_attach(host, err) < 0)
		return -1;
	/* What a handler prints goes to stderr, with the log: stdout is for the output of
	 * commands. Ctrl-C, and a SIGTERM to all of a service's processes, are for the
	 * server, which then lets its own finish. */
	(void)dup2(STDERR_FILENO, STDOUT_FILENO);
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	host_ignore_reloads();
	/* For a handler that hangs when the server dies: it does not read the socket. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	crash_watch(host->fd);
	locked_no_core(); /* it would hold the bodies of messages */
	host->statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	if (host_await_settings(host, err) < 0 || workers_check(host->app, err) < 0)
		return -1;
	const char *dir = frame_setting(&host->world.settings, "data").ptr;
	if (dir != NULL &&
	    store_reader_open(&host->world.reader, engines_for(dir), dir, err) < 0)
		return -1;
	host_enter_sandbox(host);
	if (host->app->start != NULL && host->app->start() != OH_OK)
		return error_set(err, "the app's start failed");
	host->at_rest = host_address_space(host);
	frame_put_bell(&host->bell);
	if (host_say_ready(host) < 0)
		return error_set(err, "the server is gone");
	return 0;
}

int host_run(const oh_app *app)
{
	struct host host = {.app = app,
	    .fd = -1,
	    .statm = -1,
	    .arena = arena_new(),
	    .run_arena = arena_new()};
	struct error err;
	int rc = 0;
	host.world = (struct context_world){.app = app,
	    .log = host_send_log,
	    .progress = host_send_progress,
	    .ctx = &host};
	if (host_begin(&host, &err) < 0) {
		(void)fprintf(stderr, "offhook: handler process: %s\n", err.text);
		return EXIT_FAILURE;
	}
	do
		rc = host_handle_all(&host);
	while (rc == 0 && host_receive(&host));
	store_reader_close(host.world.reader);
	locked_free(host.secrets, host.secrets_size);
	buf_free(&host.in);
	buf_free(&host.out);
	buf_free(&host.bell);
	arena_free(host.run_arena);
	arena_free(host.arena);
	return rc < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
