#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "pool/pool_internal.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/utf8.h"

enum {
	STUCK_US = 20000, /* then nothing waits behind an event any longer */
	CROWD = 24,       /* events in a process before others are used as well */
	SLOW_US = 1000,   /* handlers that take longer are spread over all */
	SMOOTH = 16,      /* results that the average is about */
	DEATHS_MAX = 3,   /* processes that an event may be with when they die */
	LOG_PAIRS = 8
};

/* ---- results ---- */

static const char senseless[] =
    "wrote over its own memory: what it sent back makes no sense";

const char *pool_who(const struct pool_run *run)
{
	return run->event.try == 0 ? "handler" : "worker";
}

void pool_settle(struct pool_run *run, enum frame_end end, const char *failure)
{
	struct arena *arena = arena_new();
	struct frame_result *result = arena_zalloc(arena, sizeof(*result));
	result->end = end;
	result->failure = span_of(arena_strdup(arena, failure));
	run->done(run, result, arena);
}

/* False when it is none, or not its to give. */
static bool take_result(struct process *process, struct span frame)
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

/* How long runs take: those whose results came together, which began at begun_us. */
static void note_pace(struct pool *pool, int64_t begun_us, int results)
{
	if (results == 0)
		return;
	int64_t each_us = (clock_mono_us() - begun_us) / results;
	pool->average_us += (each_us - pool->average_us) / SMOOTH;
}

/* Text of a handler's: one line, whatever it wrote. */
static const char *one_line(struct arena *arena, struct span text)
{
	char *copy = arena_strndup(arena, text);
	for (char *c = copy; *c != '\0'; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7F)
			*c = ' ';
	return copy;
}

/* A line of oh_log's: with what it is about, and then what it says. The route as its
 * table has it: a path may have a phone number in it. */
static void tell_log(
    const struct process *process, const struct frame_log *log, struct arena *arena)
{
	const char *pairs[2 * LOG_PAIRS] = {NULL};
	const char *sid = NULL;
	const struct pool_run *run = process_run(process, log->id);
	const char *place = run != NULL ? run->place : NULL;
	bool is_job = run != NULL && run->event.try != 0;
	if (run != NULL && run->event.sid.len > 0)
		sid = arena_strndup(arena, run->event.sid);
	for (size_t i = 0; i < log->pair_count && i < LOG_PAIRS; i++) {
		pairs[2 * i] = one_line(arena, log->pairs[i].name);
		pairs[2 * i + 1] = one_line(arena, log->pairs[i].value);
	}
	log_write(LOG_INFO, one_line(arena, log->message), is_job ? "job" : "sid", sid,
	    is_job ? "queue" : "route", place, pairs[0], pairs[1], pairs[2], pairs[3],
	    pairs[4], pairs[5], pairs[6], pairs[7], pairs[8], pairs[9], pairs[10],
	    pairs[11], pairs[12], pairs[13], pairs[14], pairs[15], NULL);
}

static bool take_log(struct process *process, struct span frame)
{
	struct arena *arena = arena_new();
	struct frame_log log;
	bool good = frame_get_log(&log, frame, arena) == 0;
	if (good && span_is(log.message, FRAME_CRASH)) {
		last_words_free(process->last_words);
		process->last_words = last_words_new(&log);
	} else if (good) {
		tell_log(process, &log, arena);
	}
	arena_free(arena);
	return good;
}

/* At most so many bytes, and no part of a character. */
static struct span head_of(struct span text, size_t most)
{
	if (text.len <= most)
		return text;
	while (most > 0 && ((unsigned char)text.ptr[most] & 0xC0) == 0x80)
		most--;
	return span_head(text, most);
}

/* One of a job that has ended is passed over: a thread of the worker's may have sent it. */
static bool take_progress(
    struct pool *pool, const struct process *process, struct span frame)
{
	const struct pool_config *config = &pool->current->config;
	struct frame_progress progress;
	if (frame_get_progress(&progress, frame) < 0)
		return false;
	struct pool_run *run = process_run(process, progress.id);
	if (run == NULL || run->event.try == 0 || config->progress == NULL)
		return true;
	struct arena *arena = arena_new();
	struct span text = span_of(one_line(arena, utf8_repair(progress.text, arena)));
	config->progress(config->ctx, run, head_of(text, FRAME_PROGRESS_TEXT));
	arena_free(arena);
	return true;
}

static bool take_frame(
    struct pool *pool, struct process *process, struct span frame, enum frame_type type)
{
	switch (type) {
	case FRAME_READY:
		pool_crew_ready(pool, process);
		return true;
	case FRAME_RESULT:
		return take_result(process, frame);
	case FRAME_LOG:
		return take_log(process, frame);
	case FRAME_MANIFEST:
		return pool_crew_manifest(pool, process, frame);
	case FRAME_PROGRESS:
		return take_progress(pool, process, frame);
	case FRAME_BELL:
		return true;
	case FRAME_EVENT:
	case FRAME_TYPES:
		break;
	}
	return false;
}

static void take_frames(struct pool *pool, struct process *process, struct buf *in)
{
	struct span rest = buf_span(in);
	enum frame_type type;
	int64_t whole = 0;
	int64_t begun_us = process->since_us;
	int results = 0;
	while (process->cause == NULL && (whole = frame_whole(rest, &type)) > 0) {
		if (!take_frame(pool, process, span_head(rest, (size_t)whole), type)) {
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
	note_pace(pool, begun_us, results);
}

static bool take_ring(struct pool *pool, struct process *process)
{
	if (process->cause != NULL)
		return false;
	int got =
	    ring_take(&process->slots->ring, &process->ring_got, &process->ringed);
	if (got < 0) {
		process->overran = true;
		process_kill(process, senseless);
	}
	if (got > 0)
		take_frames(pool, process, &process->ringed);
	return got > 0;
}

bool pool_feed_rings(struct pool *pool)
{
	bool any = false;
	for (struct process *process = pool->processes; process != NULL;
	     process = process->next)
		any = take_ring(pool, process) || any;
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
	(void)take_ring(pool, process);
	if (process->socket < 0)
		return;
	bool open = process_read(process);
	take_frames(pool, process, &process->in);
	if (!open) {
		pool_unwatch(pool, process);
		process_hang_up(process);
	}
}

/* ---- giving out ---- */

/* Oldest first, as they were submitted. */
static void take_submitted(struct pool *pool)
{
	struct pool_run *newest = atomic_exchange(&pool->submitted, NULL);
	struct pool_run *oldest = NULL;
	struct pool_run **end = newest == NULL ? NULL : &newest->next;
	while (newest != NULL) {
		struct pool_run *next = newest->next;
		newest->next = oldest;
		oldest = newest;
		newest = next;
	}
	if (end == NULL)
		return;
	*pool->waiting_end = oldest;
	pool->waiting_end = end;
}

void pool_feed_again(struct pool *pool, struct pool_run *runs)
{
	struct pool_run **end = &runs;
	if (runs == NULL)
		return;
	while (*end != NULL)
		end = &(*end)->next;
	*end = pool->waiting;
	if (pool->waiting == NULL)
		pool->waiting_end = end;
	pool->waiting = runs;
}

/* Quick runs are kept together, in as many processes as there are cores: what costs
 * then is waking processes, not waiting. Slow ones are spread, and nothing is put behind
 * one that runs for longer already while another process is idle. */
static struct process *choose(const struct pool *pool, int64_t now_us)
{
	struct process *best = NULL;
	int least = INT_MAX;
	int width = pool->average_us > SLOW_US ? INT_MAX : pool->cores;
	int seen = 0;
	for (struct process *process = pool->processes; process != NULL;
	     process = process->next) {
		if (!process_has_room(process) ||
		    process->generation != pool->current->generation)
			continue;
		if (seen >= width && least < CROWD)
			break;
		bool slow = process->held > 0 && now_us - process->since_us > SLOW_US;
		int cost = process->held + (slow ? SLOTS : 0);
		seen += !slow;
		if (cost < least) {
			least = cost;
			best = process;
		}
	}
	return best;
}

static void write_all(struct pool *pool)
{
	for (struct process *process = pool->processes; process != NULL;
	     process = process->next) {
		if (process->out_done == process->out.len || process->blocked)
			continue;
		process_write(process);
		if (process->blocked != process->polled_out)
			pool_watch(pool, process);
	}
}

/* Why the run cannot be; NULL: it can. */
static const char *fate(const struct pool *pool, struct pool_run *run)
{
	const struct pool_config *config = &pool->current->config;
	bool is_job = run->event.try != 0;
	if (run->deaths >= DEATHS_MAX)
		return is_job ? "every worker process that was given this job died"
			      : "every handler process that was given this event died";
	if (config->address != NULL && !config->address(config->ctx, run))
		return is_job ? "the app was replaced by one without this worker"
			      : "the app was replaced by one without this route";
	return NULL;
}

void pool_feed(struct pool *pool)
{
	int64_t now_us = clock_mono_us();
	take_submitted(pool);
	while (pool->waiting != NULL) {
		struct pool_run *run = pool->waiting;
		const char *doom = fate(pool, run);
		struct process *process = doom != NULL ? NULL : choose(pool, now_us);
		if (process == NULL && doom == NULL)
			break;
		pool->waiting = run->next;
		if (pool->waiting == NULL)
			pool->waiting_end = &pool->waiting;
		if (doom != NULL) {
			pool_settle(run, FRAME_END, doom);
			continue;
		}
		process_give(process, run);
	}
	write_all(pool);
}

void pool_feed_abandon(struct pool *pool)
{
	take_submitted(pool);
	while (pool->waiting != NULL) {
		struct pool_run *run = pool->waiting;
		pool->waiting = run->next;
		pool_settle(run, FRAME_INTERRUPTED,
		    run->event.try == 0 ? "the server stopped before the handler ran"
					: "the server stopped before the worker ran");
	}
}

/* ---- slow ones ---- */

static void kill_hung(struct process *process, int64_t hang_ms)
{
	bool whole = hang_ms % 1000 == 0;
	(void)snprintf(process->hang_text, sizeof(process->hang_text),
	    "ran for more than %" PRId64 " %s and was killed",
	    whole ? hang_ms / 1000 : hang_ms, whole ? "s" : "ms");
	process_kill(process, process->hang_text);
}

static void look_at(struct pool *pool, struct process *process, int64_t now_us)
{
	struct pool_run *runs = NULL;
	bool begun;
	const struct pool_run *run = process_oldest(process, &begun);
	int64_t usual_ms = pool->current->config.hang_ms;
	int64_t hang_ms = run->hang_ms > 0 ? run->hang_ms : usual_ms;
	int64_t since_us = now_us - process->since_us;
	if (since_us > hang_ms * 1000) {
		kill_hung(process, hang_ms);
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
		if (process->held > 0 && process->cause == NULL)
			look_at(pool, process, now_us);
}
