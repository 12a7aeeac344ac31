#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "pool/pool_internal.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

enum {
	EXTRA_IDLE_US = 10000000, /* then an extra process is ended */
	END_US = 2000000,         /* what was told to end is killed after this */
	PAUSE_US = 100000,        /* after a death at the start; doubled each time */
	PAUSE_DOUBLINGS = 6,
	STARTING_MAX = 4, /* extra processes that start at a time */
	USUAL_LEAST = 4,
	STAFF_MAX = 64,
	READY_MS = 10000
};

/* ---- programs ---- */

static struct program *staff_program(
    const struct pool_config *config, unsigned generation)
{
	struct program *program = mem_new(1, sizeof(*program));
	size_t count = 0;
	program->texts = arena_new();
	program->config = *config;
	program->generation = generation;
	while (config->argv[count] != NULL)
		count++;
	char **argv = arena_zalloc(program->texts, (count + 1) * sizeof(*argv));
	for (size_t i = 0; i < count; i++)
		argv[i] = arena_strdup(program->texts, config->argv[i]);
	program->config.argv = argv;
	program->config.program = arena_strdup(program->texts, config->program);
	struct frame_settings settings = {0};
	struct pair *pairs =
	    arena_alloc(program->texts, (config->setting_count + 2) * sizeof(*pairs));
	if (config->data != NULL)
		pairs[settings.count++] =
		    (struct pair){SPAN("data"), span_of(config->data)};
	if (config->sandbox)
		pairs[settings.count++] = (struct pair){SPAN("sandbox"), SPAN("on")};
	for (uint32_t i = 0; i < config->setting_count; i++)
		pairs[settings.count++] = config->settings[i];
	settings.pairs = pairs;
	frame_put_settings(&program->settings, &settings);
	return program;
}

static void staff_program_free(struct program *program)
{
	if (program == NULL)
		return;
	if (program->first.ptr != NULL)
		explicit_bzero(program->first.ptr, program->first.cap);
	buf_free(&program->first);
	buf_free(&program->settings);
	arena_free(program->texts);
	free(program);
}

void pool_staff_clear(struct pool *pool)
{
	staff_program_free(pool->current);
	staff_program_free(pool->next);
}

/* How many processes there are without need. */
static int staff_usual(const struct pool *pool)
{
	int configured = pool->current->config.processes;
	int usual = 2 * pool->cores < USUAL_LEAST ? USUAL_LEAST : 2 * pool->cores;
	return configured > 0 ? configured : usual;
}

/* ---- starting ---- */

static void staff_pause_starts(struct pool *pool)
{
	int doublings =
	    pool->early_deaths < PAUSE_DOUBLINGS ? pool->early_deaths : PAUSE_DOUBLINGS;
	pool->early_deaths++;
	pool->start_us = clock_mono_us() + ((int64_t)PAUSE_US << doublings);
}

static int staff_start(
    struct pool *pool, const struct program *program, struct error *err)
{
	struct process *process =
	    process_start(&program->config, buf_span(&program->settings), err);
	if (process == NULL)
		return -1;
	int64_t ready_ms = program->config.ready_ms;
	process->generation = program->generation;
	process->ready_by_us =
	    clock_mono_us() + 1000 * (ready_ms > 0 ? ready_ms : READY_MS);
	struct process **last = &pool->processes;
	while (*last != NULL)
		last = &(*last)->next;
	*last = process;
	pool_watch(pool, process);
	return 0;
}

/* Of the present program's processes that are not leaving. */
struct staff_count {
	int all, ready, starting, stuck;
};

static struct staff_count staff_count(const struct pool *pool)
{
	struct staff_count count = {0};
	for (const struct process *process = pool->processes; process != NULL;
	     process = process->next) {
		if (process->leaving ||
		    process->generation != pool->current->generation)
			continue;
		count.all++;
		count.ready += process->ready;
		count.starting += !process->ready;
		count.stuck += process->stuck;
	}
	return count;
}

/* As many as usual, the first one alone until it is ready; and more while runs wait and
 * slow ones hold every process up. */
static bool staff_needs_more(const struct pool *pool)
{
	struct staff_count count = staff_count(pool);
	int most = pool->current->config.max_processes;
	most = most > 0 ? most : STAFF_MAX;
	if (count.all < staff_usual(pool))
		return count.ready > 0 || count.starting == 0;
	return pool->waiting != NULL && count.stuck == count.ready &&
	       count.all < most && count.starting < STARTING_MAX;
}

static void staff_start_missing(struct pool *pool, int64_t now_us)
{
	struct error err;
	while (pool->current != NULL && !pool->closing && now_us >= pool->start_us &&
	       staff_needs_more(pool)) {
		if (staff_start(pool, pool->current, &err) == 0)
			continue;
		log_write(
		    LOG_ERROR, "no handler process started", "why", err.text, NULL);
		staff_pause_starts(pool);
		return;
	}
}

/* ---- swapping ---- */

void pool_staff_swap(struct pool *pool, struct pool_call *call)
{
	if (pool->next != NULL || pool->closing) {
		(void)error_set(call->err, "another swap is under way");
		pool_finish(pool, call, -1);
		return;
	}
	struct program *next = staff_program(call->config, ++pool->generations);
	if (staff_start(pool, next, call->err) < 0) {
		staff_program_free(next);
		pool_finish(pool, call, -1);
		return;
	}
	pool->next = next;
	pool->swap = call;
}

static void staff_end_swap(struct pool *pool, int rc)
{
	struct pool_call *call = pool->swap;
	staff_program_free(pool->next);
	pool->next = NULL;
	pool->swap = NULL;
	pool_finish(pool, call, rc);
}

static bool staff_is_next(const struct pool *pool, const struct process *process)
{
	return pool->next != NULL && process->generation == pool->next->generation;
}

/* One that an old program still starts gets nothing, and no run. */
static void staff_send_first(struct pool *pool, struct process *process)
{
	const struct program *program =
	    staff_is_next(pool, process) ? pool->next : pool->current;
	if (program == NULL || process->generation != program->generation ||
	    program->first.len == 0)
		return;
	buf_put(&process->out, buf_span(&program->first));
	process_write(process);
}

/* Only the first process of a program introduces it. */
static bool staff_accepts(struct pool *pool, struct process *process, struct span frame)
{
	uint32_t version = frame_version(frame);
	if (version != FRAME_VERSION) {
		(void)snprintf(process->reason_text, sizeof(process->reason_text),
		    "speaks version %" PRIu32 " of the protocol and the server speaks "
		    "version %d: build both with one Offhook",
		    version, FRAME_VERSION);
		process_kill(process, process->reason_text);
		return false;
	}
	if (!staff_is_next(pool, process) || pool->next->config.introduced == NULL ||
	    pool->next->config.introduced(pool->next->config.ctx, frame,
		&pool->next->first, pool->swap->err) == 0)
		return true;
	process->refused = true;
	process_kill(process, "was refused");
	return false;
}

void pool_staff_ready(struct pool *pool, struct process *process, struct span frame)
{
	if (process->ready || !staff_accepts(pool, process, frame))
		return;
	process->ready = true;
	staff_send_first(pool, process);
	pool->early_deaths = 0;
	if (!staff_is_next(pool, process))
		return;
	struct program *before = pool->current;
	pool->current = pool->next;
	pool->next = before;
	pool->average_us = 0;
	for (struct process *old = pool->processes; old != NULL; old = old->next)
		if (old->generation != pool->current->generation)
			old->leaving = true;
	staff_end_swap(pool, 0);
}

/* ---- ending ---- */

static const char stopped[] = "was still running when the server stopped";

static void staff_dismiss_extra(struct pool *pool, int64_t now_us)
{
	if (pool->current == NULL)
		return;
	int extra = staff_count(pool).all - staff_usual(pool);
	for (struct process *process = pool->processes; process != NULL && extra > 0;
	     process = process->next)
		if (process->ready && !process->leaving && process->held == 0 &&
		    now_us - process->idle_us > EXTRA_IDLE_US) {
			process_dismiss(process);
			extra--;
		}
}

void pool_staff_look(struct pool *pool, int64_t now_us)
{
	/* While any run is left, it may be taken back from one process and given to
	 * another. */
	bool over =
	    pool->closing && pool->waiting == NULL && mailbox_empty(&pool->submitted);
	for (const struct process *process = pool->processes; process != NULL;
	     process = process->next)
		over = over && process->held == 0;
	for (struct process *process = pool->processes; process != NULL;
	     process = process->next) {
		process->leaving = process->leaving || over;
		if (!process->ready && now_us > process->ready_by_us)
			process_kill(process, "was not ready in time");
		else if (process->leaving && process->held == 0 &&
			 process->ends_us == 0)
			process_dismiss(process);
		else if (process->ends_us != 0 && now_us - process->ends_us > END_US)
			process_kill(process, "did not end in time");
		else if (pool->closing && now_us > pool->close_us)
			process_kill(process, stopped);
	}
	staff_dismiss_extra(pool, now_us);
	staff_start_missing(pool, now_us);
}

/* ---- after a death ---- */

/* A run that a process's death has ended. */
struct loss {
	struct pool_run *run;
	enum frame_end end;
	struct buf cause; /* the rest of "the handler …" */
};

static void staff_settle_loss(void *ctx, const char *where, const char *trace)
{
	struct loss *loss = ctx;
	const struct pool_run *run = loss->run;
	char sid[48], request[LOG_REQUEST_SIZE];
	(void)snprintf(sid, sizeof(sid), "%.*s",
	    SPAN_ARG(run->is_job ? (struct span){0} : run->event.sid));
	char *why = mem_printf("the %s %s%s%s%s", run->is_job ? "worker" : "handler",
	    buf_text(&loss->cause), where != NULL && *where != '\0' ? " at " : "",
	    where != NULL ? where : "", where != NULL ? ")" : "");
	if (run->is_job)
		log_write(LOG_ERROR, "handler process lost", "why", why,
		    LOG_INT("job", run->job.job_id), "backtrace", trace, NULL);
	else
		log_write(LOG_ERROR, "handler process lost", "why", why, "sid", sid,
		    "request_id", log_request(request, run->request), "backtrace",
		    trace, NULL);
	pool_settle(loss->run, loss->end, why);
	free(why);
	buf_free(&loss->cause);
	free(loss);
}

static void staff_lose(struct pool *pool, struct process *process,
    struct pool_run *blamed, const struct buf *cause)
{
	struct loss *loss = mem_new(1, sizeof(*loss));
	struct crash_report *crash = process->crash;
	loss->run = blamed;
	loss->end = process->kill_reason == stopped ? FRAME_INTERRUPTED : FRAME_END;
	buf_put(&loss->cause, buf_span(cause));
	process->crash = NULL;
	if (crash != NULL && process->kill_reason == NULL) {
		backtraces_find(pool->backtraces, crash, staff_settle_loss, loss);
		return;
	}
	crash_report_free(crash);
	staff_settle_loss(loss, NULL, NULL);
}

/* The process died at its start or between two runs. */
static void staff_note_death(
    struct pool *pool, struct process *process, bool clean, struct buf *cause)
{
	if (process->crash != NULL && process->kill_reason == NULL)
		buf_putc(cause, ')');
	if (process->ready) {
		if (!clean)
			log_write(LOG_WARN, "handler process ended", "why",
			    buf_text(cause), NULL);
		return;
	}
	staff_pause_starts(pool);
	if (staff_is_next(pool, process)) {
		if (!process->refused)
			(void)error_set(pool->swap->err,
			    "the handler process %s before it was ready",
			    buf_text(cause));
		staff_end_swap(pool, -1);
	} else if (!pool->closing) {
		log_write(LOG_ERROR, "handler process ended before it was ready", "why",
		    buf_text(cause), NULL);
	}
}

static void staff_reap(struct pool *pool, struct process *process)
{
	struct buf cause = {0};
	struct mail *again = NULL;
	pool_feed_read(pool, process);
	bool clean = process_reap(process, &cause);
	struct pool_run *blamed = process_blame(process, clean, &again);
	pool_feed_again(pool, again);
	if (blamed != NULL)
		staff_lose(pool, process, blamed, &cause);
	else
		staff_note_death(pool, process, clean, &cause);
	buf_free(&cause);
	pool_unwatch(pool, process);
	process_free(process);
}

void pool_staff_reap(struct pool *pool)
{
	struct process **at = &pool->processes;
	bool any = false;
	while (*at != NULL) {
		struct process *process = *at;
		any = any || process->dead;
		if (!process->dead) {
			at = &process->next;
			continue;
		}
		*at = process->next;
		staff_reap(pool, process);
	}
	if (any)
		staff_start_missing(pool, clock_mono_us());
}
