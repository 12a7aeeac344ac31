#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "pool/pool_internal.h"
#include "util/clock.h"
#include "util/container.h"
#include "util/log.h"
#include "util/utf8.h"

enum {
	STUCK_US = 20000, /* a run of so long keeps no other one waiting any longer */
	CROWD = 24,       /* runs in a process before others are used as well */
	SLOW_US = 1000,   /* runs that take longer are spread over all processes */
	SMOOTH = 16,      /* results that the average is about */
	DEATHS_MAX = 3,   /* processes that may die while they have a run */
	LOG_PAIRS = 8
};

/* ---- results ---- */

static const char senseless[] =
    "wrote over its own memory: what it sent back makes no sense";

void pool_settle(struct pool_run *run, enum frame_end end, const char *failure)
{
	struct arena *arena = arena_new();
	struct frame_result *result = arena_zalloc(arena, sizeof(*result));
	result->end = end;
	result->failure = span_of(arena_strdup(arena, failure));
	run->done(run, result, arena);
}

/* False when it is not valid, or not this process's to give. */
static bool feed_take_result(struct process *process, struct span frame)
{
	struct arena *arena = arena_new();
	struct frame_result *result = arena_alloc(arena, sizeof(*result));
	struct pool_run *run = NULL;
	if (frame_get_result(result, arena_copy(arena, frame), arena) == 0)
		run = process_answered(process, result->id);
	if (run == NULL) {
		arena_free(arena);
		return false;
	}
	run->done(run, result, arena);
	return true;
}

/* A handler's text as one line, whatever bytes it has. */
static const char *feed_line(struct arena *arena, struct span text)
{
	char *copy = arena_strndup(arena, text);
	for (char *c = copy; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7F)
			*c = ' ';
	return copy;
}

static struct log_field feed_field(const char *name, struct span text)
{
	return (struct log_field){.name = span_of(name), .text = text};
}

/* A line of oh_log: first what it is about, then what it says. The route is written as in
 * the app's table: the path of a request may have a phone number in it. */
static void feed_write_log(
    const struct process *process, const struct frame_log *log, struct arena *arena)
{
	struct log_field fields[3 + LOG_PAIRS];
	size_t count = 0;
	char request[LOG_REQUEST_SIZE];
	const struct pool_run *run = process_run(process, log->id);
	if (run != NULL && run->is_job) {
		fields[count++] = (struct log_field){
		    .name = SPAN("job"), .number = run->job.job_id, .is_number = true};
		fields[count++] = feed_field("queue", span_of(run->place));
	} else if (run != NULL) {
		if (run->event.sid.len > 0)
			fields[count++] = feed_field("sid", run->event.sid);
		fields[count++] = feed_field("route", span_of(run->place));
		fields[count++] = feed_field(
		    "request_id", span_of(log_request(request, run->request)));
	}
	for (size_t i = 0; i < log->pair_count && i < LOG_PAIRS; i++)
		fields[count++] = feed_field(feed_line(arena, log->pairs[i].name),
		    span_of(feed_line(arena, log->pairs[i].value)));
	log_write_fields(span_is(log->message, FRAME_DOUBT) ? LOG_WARN : LOG_INFO,
	    feed_line(arena, log->message), fields, count);
}

static uint64_t feed_hash(uint64_t hash, struct span text)
{
	for (size_t i = 0; i < text.len; i++)
		hash =
		    (hash ^ (unsigned char)text.ptr[i]) * 0x100000001B3U; /* FNV-1a */
	return hash;
}

/* A route's replies are doubtful each time in the same way: once is enough. */
static bool feed_is_told(
    struct pool *pool, const struct process *process, const struct frame_log *log)
{
	const struct pool_run *run = process_run(process, log->id);
	uint64_t hash = 0xCBF29CE484222325U;
	if (run == NULL || !span_is(log->message, FRAME_DOUBT))
		return false;
	hash = feed_hash(hash, span_of(run->place));
	for (uint32_t i = 0; i < log->pair_count; i++)
		hash = feed_hash(hash, log->pairs[i].value);
	for (size_t i = 0; i < POOL_DOUBTS && i < pool->doubt_count; i++)
		if (pool->doubts[i] == hash)
			return true;
	pool->doubts[pool->doubt_count++ % POOL_DOUBTS] = hash;
	return false;
}

static bool feed_take_log(struct pool *pool, struct process *process, struct span frame)
{
	struct arena *arena = arena_new();
	struct frame_log log;
	bool good = frame_get_log(&log, frame, arena) == 0;
	if (good && span_is(log.message, FRAME_CRASH)) {
		crash_report_free(process->crash);
		process->crash = crash_report_new(&log);
	} else if (good && !feed_is_told(pool, process, &log)) {
		feed_write_log(process, &log, arena);
	}
	arena_free(arena);
	return good;
}

/* The progress of a job that has ended is ignored: a thread of its worker's may have sent
 * it. */
static bool feed_take_progress(
    struct pool *pool, const struct process *process, struct span frame)
{
	const struct pool_config *config = &pool->current->config;
	struct frame_progress progress;
	if (frame_get_progress(&progress, frame) < 0)
		return false;
	struct pool_run *run = process_run(process, progress.id);
	if (run == NULL || !run->is_job || config->progress == NULL)
		return true;
	struct arena *arena = arena_new();
	struct span text = span_of(feed_line(arena, utf8_repair(progress.text, arena)));
	size_t most = text.len < FRAME_PROGRESS_TEXT ? text.len : FRAME_PROGRESS_TEXT;
	while (most < text.len && ((unsigned char)text.ptr[most] & 0xC0) == 0x80)
		most--; /* not within a character */
	config->progress(config->ctx, run, span_head(text, most));
	arena_free(arena);
	return true;
}

static bool feed_take_frame(
    struct pool *pool, struct process *process, struct span frame, enum frame_type type)
{
	switch (type) {
	case FRAME_READY:
		pool_staff_ready(pool, process, frame);
		return true;
	case FRAME_RESULT:
		return feed_take_result(process, frame);
	case FRAME_LOG:
		return feed_take_log(pool, process, frame);
	case FRAME_PROGRESS:
		return feed_take_progress(pool, process, frame);
	case FRAME_BELL:
		return true;
	case FRAME_EVENT:
	case FRAME_JOB:
	case FRAME_SETTINGS:
	case FRAME_SECRETS:
	case FRAME_TYPES:
		break;
	}
	return false;
}

static void feed_take_frames(struct pool *pool, struct process *process, struct buf *in)
{
	struct span rest = buf_span(in);
	enum frame_type type;
	int64_t whole = 0;
	int64_t begun_us = process->since_us;
	int results = 0;
	while (process->kill_reason == NULL && (whole = frame_whole(rest, &type)) > 0) {
		if (!feed_take_frame(
			pool, process, span_head(rest, (size_t)whole), type)) {
			whole = -1;
			break;
		}
		results += type == FRAME_RESULT;
		rest = span_from(rest, (size_t)whole);
	}
	if (whole < 0)
		process_kill(process, senseless);
	memmove(in->ptr, rest.ptr, rest.len);
	in->len = rest.len;
	if (results > 0)
		pool->average_us +=
		    ((clock_mono_us() - begun_us) / results - pool->average_us) /
		    SMOOTH;
}

static bool feed_take_ring(struct pool *pool, struct process *process)
{
	if (process->kill_reason != NULL)
		return false;
	int got =
	    ring_take(&process->slots->ring, &process->ring_got, &process->ringed);
	if (got < 0) {
		process->overran = true;
		process_kill(process, senseless);
	}
	if (got > 0)
		feed_take_frames(pool, process, &process->ringed);
	return got > 0;
}

bool pool_feed_rings(struct pool *pool)
{
	bool any = false;
	for (struct process *process = pool->processes; process != NULL;
	     process = process->next)
		any = feed_take_ring(pool, process) || any;
	return any;
}

bool pool_feed_watch(struct pool *pool)
{
	for (struct process *process = pool->processes; process != NULL;
	     process = process->next)
		ring_watch(&process->slots->ring);
	return pool_feed_rings(pool);
}

void pool_feed_read(struct pool *pool, struct process *process)
{
	(void)feed_take_ring(pool, process);
	if (process->socket < 0)
		return;
	bool open = process_read(process);
	feed_take_frames(pool, process, &process->in);
	if (!open) {
		pool_unwatch(pool, process);
		process_hang_up(process);
	}
}

/* ---- giving out ---- */

static void feed_take_submitted(struct pool *pool)
{
	*pool->waiting_end = mailbox_take(&pool->submitted);
	while (*pool->waiting_end != NULL)
		pool->waiting_end = &(*pool->waiting_end)->next;
}

/* The oldest waiting run; there is one. */
static struct pool_run *feed_take_waiting(struct pool *pool)
{
	struct mail *mail = pool->waiting;
	pool->waiting = mail->next;
	if (pool->waiting == NULL)
		pool->waiting_end = &pool->waiting;
	return container_of(mail, struct pool_run, mail);
}

void pool_feed_again(struct pool *pool, struct mail *runs)
{
	struct mail **end = &runs;
	if (runs == NULL)
		return;
	while (*end != NULL)
		end = &(*end)->next;
	*end = pool->waiting;
	if (pool->waiting == NULL)
		pool->waiting_end = end;
	pool->waiting = runs;
}

/* The process with the fewest runs. While runs are quick only the first few processes are
 * used, as many as there are cores, until each of these has a CROWD: to wake one more
 * process costs more than to wait there. Slow runs are spread over all processes. A process
 * whose oldest run is slow is held up: it is used only when all others are, too. */
static struct process *feed_choose(const struct pool *pool, int64_t now_us)
{
	int enough = pool->average_us > SLOW_US ? INT_MAX : pool->cores;
	int quick = 0; /* processes seen that nothing holds up */
	int best_cost = INT_MAX;
	struct process *best = NULL;
	for (struct process *process = pool->processes; process != NULL;
	     process = process->next) {
		if (quick >= enough && best_cost < CROWD)
			break;
		if (!process_has_room(process) ||
		    process->generation != pool->current->generation)
			continue;
		bool held_up =
		    process->held > 0 && now_us - process->since_us > SLOW_US;
		int cost = held_up ? SLOTS + process->held : process->held;
		if (!held_up)
			quick++;
		if (cost < best_cost) {
			best_cost = cost;
			best = process;
		}
	}
	return best;
}

/* Why no process may have the run; NULL: one may. */
static const char *feed_refusal(const struct pool *pool, struct pool_run *run)
{
	const struct pool_config *config = &pool->current->config;
	if (run->deaths >= DEATHS_MAX)
		return run->is_job
			   ? "every worker process that was given this job died"
			   : "every handler process that was given this event died";
	if (config->address != NULL && !config->address(config->ctx, run))
		return run->is_job ? "the app was replaced by one without this worker"
				   : "the app was replaced by one without this route";
	return NULL;
}

void pool_feed(struct pool *pool)
{
	int64_t now_us = clock_mono_us();
	feed_take_submitted(pool);
	while (pool->waiting != NULL) {
		struct pool_run *run =
		    container_of(pool->waiting, struct pool_run, mail);
		const char *refusal = feed_refusal(pool, run);
		struct process *process =
		    refusal != NULL ? NULL : feed_choose(pool, now_us);
		if (process == NULL && refusal == NULL)
			break;
		(void)feed_take_waiting(pool);
		if (refusal != NULL)
			pool_settle(run, FRAME_END, refusal);
		else
			process_give(process, run);
	}
	for (struct process *process = pool->processes; process != NULL;
	     process = process->next) {
		if (process->out_done == process->out.len || process->blocked)
			continue;
		process_write(process);
		if (process->blocked != process->polled_out)
			pool_watch(pool, process);
	}
}

void pool_feed_abandon(struct pool *pool)
{
	feed_take_submitted(pool);
	while (pool->waiting != NULL) {
		struct pool_run *run = feed_take_waiting(pool);
		pool_settle(run, FRAME_INTERRUPTED,
		    run->is_job ? "the server stopped before the worker ran"
				: "the server stopped before the handler ran");
	}
}

/* ---- slow runs ---- */

static void feed_look_at(struct pool *pool, struct process *process, int64_t now_us)
{
	struct mail *runs = NULL;
	bool begun;
	const struct pool_run *run = process_oldest(process, &begun);
	int64_t usual_ms = pool->current->config.hang_ms;
	int64_t hang_ms = run->hang_ms > 0 ? run->hang_ms : usual_ms;
	int64_t since_us = now_us - process->since_us;
	if (since_us > hang_ms * 1000) {
		bool whole = hang_ms % 1000 == 0;
		(void)snprintf(process->reason_text, sizeof(process->reason_text),
		    "ran for more than %" PRId64 " %s and was killed",
		    whole ? hang_ms / 1000 : hang_ms, whole ? "s" : "ms");
		process_kill(process, process->reason_text);
		return;
	}
	if (since_us < STUCK_US || !begun)
		return;
	process->stuck = true;
	process_revoke(process, &runs);
	pool_feed_again(pool, runs);
}

void pool_feed_look(struct pool *pool, int64_t now_us)
{
	for (struct process *process = pool->processes; process != NULL;
	     process = process->next)
		if (process->held > 0 && process->kill_reason == NULL)
			feed_look_at(pool, process, now_us);
}
