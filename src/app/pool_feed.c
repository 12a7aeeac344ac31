#include <stdio.h>
#include <string.h>

#include "app/pool_own.h"
#include "util/clock.h"
#include "util/log.h"

enum {
	STUCK_US = 20000, /* then nothing waits behind an event any longer */
	CROWD = 8,        /* events in a process before others are used as well */
	SLOW_US = 1000,   /* handlers that take longer are spread over all */
	SMOOTH = 16,      /* results that the average is about */
	DEATHS_MAX = 3,   /* processes that an event may be with when they die */
	LOG_PAIRS = 8
};

/* ---- results ---- */

void pool_settle(struct pool_run *run, const char *failure)
{
	struct arena *arena = arena_new();
	struct frame_result *result = arena_zalloc(arena, sizeof(*result));
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

/* How long handlers take, from how far apart results come. */
static void note_pace(struct pool *pool, int results)
{
	int64_t now_us = clock_mono_us();
	if (results > 0) {
		int64_t each_us = (now_us - pool->answered_us) / results;
		pool->average_us += (each_us - pool->average_us) / SMOOTH;
		pool->answered_us = now_us;
	}
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

static bool take_log(struct process *process, struct span frame)
{
	struct arena *arena = arena_new();
	struct frame_log log;
	const char *pairs[2 * LOG_PAIRS] = {NULL};
	bool good = frame_get_log(&log, frame, arena) == 0;
	if (good && span_is(log.message, FRAME_CRASH)) {
		last_words_free(process->last_words);
		process->last_words = last_words_new(&log);
	} else if (good) {
		for (size_t i = 0; i < log.pair_count && i < LOG_PAIRS; i++) {
			pairs[2 * i] = one_line(arena, log.pairs[i].name);
			pairs[2 * i + 1] = one_line(arena, log.pairs[i].value);
		}
		log_write(LOG_INFO, one_line(arena, log.message), pairs[0], pairs[1],
		    pairs[2], pairs[3], pairs[4], pairs[5], pairs[6], pairs[7],
		    pairs[8], pairs[9], pairs[10], pairs[11], pairs[12], pairs[13],
		    pairs[14], pairs[15], NULL);
	}
	arena_free(arena);
	return good;
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
	case FRAME_TABLE:
		return pool_crew_table(pool, process, frame);
	case FRAME_EVENT:
	case FRAME_TYPES:
		break;
	}
	return false;
}

static void take_frames(struct pool *pool, struct process *process)
{
	struct span rest = buf_span(&process->in);
	enum frame_type type;
	int64_t whole = 0;
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
		process_kill(process, "wrote over its own memory: what it sent back "
				      "makes no sense");
	memmove(process->in.ptr, rest.ptr, rest.len);
	process->in.len = rest.len;
	note_pace(pool, results);
}

void pool_feed_read(struct pool *pool, struct process *process)
{
	if (process->socket < 0)
		return;
	bool open = process_read(process);
	take_frames(pool, process);
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

/* Quick handlers are kept together, as many processes as there are cores: what costs
 * then is waking processes, not waiting. Slow ones are spread. */
static struct process *choose(const struct pool *pool)
{
	struct process *best = NULL;
	int width = pool->average_us > SLOW_US ? POOL_SLOTS : pool->cores;
	int seen = 0;
	for (struct process *process = pool->processes; process != NULL;
	     process = process->next) {
		if (!process_has_room(process) ||
		    process->generation != pool->current->generation)
			continue;
		if (seen++ >= width && best != NULL && best->held < CROWD)
			break;
		if (best == NULL || process->held < best->held)
			best = process;
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
	if (run->deaths >= DEATHS_MAX)
		return "every handler process that was given this event died";
	if (config->address != NULL && !config->address(config->ctx, run))
		return "the app was replaced by one without this route";
	return NULL;
}

void pool_feed(struct pool *pool)
{
	take_submitted(pool);
	while (pool->waiting != NULL) {
		struct pool_run *run = pool->waiting;
		const char *doom = fate(pool, run);
		struct process *process = doom != NULL ? NULL : choose(pool);
		if (process == NULL && doom == NULL)
			break;
		pool->waiting = run->next;
		if (pool->waiting == NULL)
			pool->waiting_end = &pool->waiting;
		if (doom != NULL) {
			pool_settle(run, doom);
			continue;
		}
		if (process->held == 0)
			pool->answered_us = clock_mono_us();
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
		pool_settle(run, "the server stopped before the handler ran");
	}
}

/* ---- slow ones ---- */

static void look_at(struct pool *pool, struct process *process, int64_t now_us)
{
	struct pool_run *runs = NULL;
	if (process->running != process->first) {
		process->running = process->first;
		process->running_us = now_us;
		return;
	}
	int64_t since_us = now_us - process->running_us;
	if (since_us > pool->current->config.hang_ms * 1000) {
		process_kill(process, pool->hang_text);
		return;
	}
	if (since_us < STUCK_US || !process_is_running(process))
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
