#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pool/pool_internal.h"
#include "util/clock.h"
#include "util/log.h"
#include "util/mem.h"

enum {
	EXTRA_IDLE_US = 10000000, /* an extra process that had nothing to do for so long
				     is dismissed */
	END_US = 2000000,         /* one that was told to end gets so long */
	PAUSE_US =
	    100000, /* after a process that died at its start; doubled each time */
	PAUSE_DOUBLINGS = 6,
	STARTING_MAX = 4, /* extra ones at a time */
	BASE_LEAST = 4,
	CREW_MAX = 64,
	READY_MS = 10000
};

/* ---- programs ---- */

static struct program *program_new(
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
	if (config->data != NULL)
		program->config.data = arena_strdup(program->texts, config->data);
	return program;
}

static void program_free(struct program *program)
{
	if (program == NULL)
		return;
	arena_free(program->texts);
	free(program);
}

static int base_of(const struct pool *pool)
{
	const struct pool_config *config = &pool->current->config;
	int usual = 2 * pool->cores < BASE_LEAST ? BASE_LEAST : 2 * pool->cores;
	return config->processes > 0 ? config->processes : usual;
}

static int most_of(const struct pool *pool)
{
	int most = pool->current->config.max_processes;
	int base = base_of(pool);
	most = most > 0 ? most : CREW_MAX;
	return most > base ? most : base;
}

/* ---- starting ---- */

static void pause_starts(struct pool *pool)
{
	int doublings =
	    pool->early_deaths < PAUSE_DOUBLINGS ? pool->early_deaths : PAUSE_DOUBLINGS;
	pool->early_deaths++;
	pool->start_us = clock_mono_us() + ((int64_t)PAUSE_US << doublings);
}

static int start(struct pool *pool, const struct program *program, struct error *err)
{
	struct process *process = process_start(&program->config, err);
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

struct muster {
	int all, ready, starting, stuck;
};

static struct muster muster(const struct pool *pool)
{
	struct muster count = {0};
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

/* As many as usual, the first one alone until it is ready; and more while every one is
 * held up and events wait. */
static bool needs_more(const struct pool *pool)
{
	struct muster count = muster(pool);
	if (count.all < base_of(pool))
		return count.ready > 0 || count.starting == 0;
	return pool->waiting != NULL && count.stuck == count.ready &&
	       count.all < most_of(pool) && count.starting < STARTING_MAX;
}

static void start_missing(struct pool *pool, int64_t now_us)
{
	struct error err;
	while (pool->current != NULL && !pool->closing && now_us >= pool->start_us &&
	       needs_more(pool)) {
		if (start(pool, pool->current, &err) == 0)
			continue;
		log_write(
		    LOG_ERROR, "no handler process started", "why", err.text, NULL);
		pause_starts(pool);
		return;
	}
}

/* ---- swapping ---- */

void pool_crew_swap(struct pool *pool, struct pool_call *call)
{
	if (pool->next != NULL || pool->closing) {
		(void)error_set(call->err, "another swap is under way");
		pool_finish(pool, call, -1);
		return;
	}
	struct program *next = program_new(call->config, ++pool->generations);
	if (start(pool, next, call->err) < 0) {
		program_free(next);
		pool_finish(pool, call, -1);
		return;
	}
	pool->next = next;
	pool->swap = call;
}

static void end_swap(struct pool *pool, int rc)
{
	struct pool_call *call = pool->swap;
	program_free(pool->next);
	pool->next = NULL;
	pool->swap = NULL;
	pool_finish(pool, call, rc);
}

bool pool_crew_manifest(struct pool *pool, struct process *process, struct span frame)
{
	if (pool->next == NULL || process->generation != pool->next->generation ||
	    pool->next->config.introduced == NULL)
		return true;
	if (pool->next->config.introduced(
		pool->next->config.ctx, frame, pool->swap->err) == 0)
		return true;
	process->refused = true;
	process_kill(process, "was refused");
	return true;
}

void pool_crew_ready(struct pool *pool, struct process *process)
{
	process->ready = true;
	pool->early_deaths = 0;
	if (pool->next == NULL || process->generation != pool->next->generation)
		return;
	struct program *before = pool->current;
	pool->current = pool->next;
	pool->next = before;
	pool->average_us = 0;
	for (struct process *old = pool->processes; old != NULL; old = old->next)
		if (old->generation != pool->current->generation)
			old->leaving = true;
	end_swap(pool, 0);
}

/* ---- ending ---- */

static const char stopped[] = "was still running when the server stopped";

static void look_at(struct pool *pool, struct process *process, int64_t now_us)
{
	if (!process->ready && now_us > process->ready_by_us)
		process_kill(process, "was not ready in time");
	else if (process->leaving && process->held == 0 && process->ends_us == 0)
		process_dismiss(process);
	else if (process->ends_us != 0 && now_us - process->ends_us > END_US)
		process_kill(process, "did not end in time");
	else if (pool->closing && now_us > pool->close_us)
		process_kill(process, stopped);
}

static void dismiss_extra(struct pool *pool, int64_t now_us)
{
	if (pool->current == NULL)
		return;
	int extra = muster(pool).all - base_of(pool);
	for (struct process *process = pool->processes; process != NULL && extra > 0;
	     process = process->next)
		if (process->ready && !process->leaving && process->held == 0 &&
		    now_us - process->idle_us > EXTRA_IDLE_US) {
			process_dismiss(process);
			extra--;
		}
}

/* An event may still be taken back from one process and given to another. */
static bool has_work(const struct pool *pool)
{
	bool any = pool->waiting != NULL || atomic_load(&pool->submitted) != NULL;
	for (const struct process *process = pool->processes; process != NULL && !any;
	     process = process->next)
		any = process->held > 0;
	return any;
}

void pool_crew_look(struct pool *pool, int64_t now_us)
{
	bool over = pool->closing && !has_work(pool);
	for (struct process *process = pool->processes; process != NULL;
	     process = process->next) {
		process->leaving = process->leaving || over;
		look_at(pool, process, now_us);
	}
	dismiss_extra(pool, now_us);
	start_missing(pool, now_us);
}

/* ---- burying ---- */

struct loss {
	struct pool_run *run; /* the guilty one */
	enum frame_end end;
	struct buf story; /* what the handler did */
};

static void settle_loss(void *ctx, const char *where, const char *trace)
{
	struct loss *loss = ctx;
	char sid[48];
	char *why = mem_printf("the %s %s%s%s%s", pool_who(loss->run),
	    buf_text(&loss->story), where != NULL && *where != '\0' ? " at " : "",
	    where != NULL ? where : "", where != NULL ? ")" : "");
	(void)snprintf(sid, sizeof(sid), "%.*s", SPAN_ARG(loss->run->event.sid));
	log_write(LOG_ERROR, "handler process lost", "why", why,
	    loss->run->event.try == 0 ? "sid" : "job", sid, "backtrace", trace, NULL);
	pool_settle(loss->run, loss->end, why);
	free(why);
	buf_free(&loss->story);
	free(loss);
}

static void lose(struct pool *pool, struct process *process, struct pool_run *guilty,
    const struct buf *story)
{
	struct loss *loss = mem_new(1, sizeof(*loss));
	struct last_words *words = process->last_words;
	loss->run = guilty;
	loss->end = process->cause == stopped ? FRAME_INTERRUPTED : FRAME_END;
	buf_put(&loss->story, buf_span(story));
	process->last_words = NULL;
	if (words != NULL && process->cause == NULL) {
		backtraces_tell(pool->backtraces, words, settle_loss, loss);
		return;
	}
	last_words_free(words);
	settle_loss(loss, NULL, NULL);
}

/* It died without a handler's doing: at its start, or in between. */
static void mourn(
    struct pool *pool, struct process *process, bool clean, const struct buf *story)
{
	if (process->ready) {
		if (!clean)
			log_write(LOG_WARN, "handler process ended", "why",
			    buf_text(story), NULL);
		return;
	}
	pause_starts(pool);
	if (pool->next != NULL && process->generation == pool->next->generation) {
		if (!process->refused)
			(void)error_set(pool->swap->err,
			    "the handler process %s before it was ready%s",
			    buf_text(story), process->last_words != NULL ? ")" : "");
		end_swap(pool, -1);
	} else if (!pool->closing) {
		log_write(LOG_ERROR, "handler process ended before it was ready", "why",
		    buf_text(story), NULL);
	}
}

static void bury(struct pool *pool, struct process *process)
{
	struct buf story = {0};
	struct pool_run *again = NULL;
	pool_feed_read(pool, process);
	bool clean = process_bury(process, &story);
	struct pool_run *guilty = process_inherit(process, clean, &again);
	pool_feed_again(pool, again);
	if (guilty != NULL)
		lose(pool, process, guilty, &story);
	else
		mourn(pool, process, clean, &story);
	buf_free(&story);
	pool_unwatch(pool, process);
	process_free(process);
}

void pool_crew_bury(struct pool *pool)
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
		bury(pool, process);
	}
	if (any)
		start_missing(pool, clock_mono_us());
}

void pool_crew_forget(struct pool *pool)
{
	program_free(pool->current);
	program_free(pool->next);
}
