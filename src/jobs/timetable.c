#include "jobs/timetable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jobs/cron.h"
#include "util/buf.h"
#include "util/mem.h"
#include "util/text.h"

struct line {
	char *queue;
	struct cron cron;
	struct zone *zone;
	char hash[CRON_HASH_SIZE]; /* of table and zone */
	int64_t due_ms;            /* when to enqueue the next job; 0: at once */
};

struct timetable {
	struct line *lines;
	size_t count;
};

static int line_init(
    struct line *line, const struct job_worker *worker, struct error *err)
{
	struct buf text = {0};
	unsigned char digest[32];
	line->queue = mem_strdup(worker->queue);
	if (cron_parse(&line->cron, span_of(worker->cron), err) < 0 ||
	    zone_open(&line->zone, worker->zone, err) < 0)
		return error_wrap(err, "worker '%s': cron", worker->queue);
	buf_puts(&text, worker->cron);
	buf_putc(&text, '\n');
	buf_puts(&text, worker->zone != NULL ? worker->zone : "");
	text_sha256(digest, buf_span(&text));
	text_hex(line->hash, digest, (sizeof(line->hash) - 1) / 2);
	buf_free(&text);
	return 0;
}

int timetable_new(struct timetable **out, const struct job_worker *workers,
    size_t count, struct error *err)
{
	struct timetable *table = mem_new(1, sizeof(*table));
	table->lines = mem_new(count + 1, sizeof(*table->lines));
	for (size_t i = 0; i < count; i++) {
		if (workers[i].cron == NULL)
			continue;
		if (line_init(&table->lines[table->count++], &workers[i], err) < 0) {
			timetable_free(table);
			return -1;
		}
	}
	*out = table;
	return 0;
}

void timetable_free(struct timetable *table)
{
	if (table == NULL)
		return;
	for (size_t i = 0; i < table->count; i++) {
		zone_close(table->lines[i].zone);
		free(table->lines[i].queue);
	}
	free(table->lines);
	free(table);
}

bool timetable_next(struct timetable *table, int64_t now_ms,
    bool (*paused)(void *ctx, struct span queue), void *ctx, struct standing_job *out)
{
	char iso[CLOCK_ISO_SIZE];
	for (size_t i = 0; i < table->count; i++) {
		struct line *line = &table->lines[i];
		if (line->due_ms > now_ms || paused(ctx, span_of(line->queue)))
			continue;
		line->due_ms = cron_next(&line->cron, line->zone, now_ms);
		out->queue = line->queue;
		out->run_at_ms = line->due_ms;
		clock_iso(iso, line->due_ms);
		(void)snprintf(out->unique, sizeof(out->unique), CRON_KEY "%s %s",
		    line->hash, iso);
		(void)snprintf(
		    out->payload, sizeof(out->payload), "{\"time\":\"%s\"}", iso);
		return true;
	}
	return false;
}

static struct line *timetable_line(const struct timetable *table, struct span queue)
{
	for (size_t i = 0; i < table->count; i++) {
		if (span_is(queue, table->lines[i].queue))
			return &table->lines[i];
	}
	return NULL;
}

void timetable_failed(struct timetable *table, struct span queue, int64_t again_ms)
{
	struct line *line = timetable_line(table, queue);
	if (line != NULL && again_ms < line->due_ms)
		line->due_ms = again_ms;
}

int64_t timetable_wake_ms(const struct timetable *table)
{
	int64_t wake_ms = INT64_MAX;
	for (size_t i = 0; i < table->count; i++) {
		if (table->lines[i].due_ms < wake_ms)
			wake_ms = table->lines[i].due_ms;
	}
	return wake_ms;
}

bool timetable_stale(const struct timetable *table, const struct store_job *job)
{
	if (job->unique.ptr == NULL || !span_starts(job->unique, SPAN(CRON_KEY)))
		return false;
	const struct line *line = timetable_line(table, job->queue);
	struct span rest = span_from(job->unique, sizeof(CRON_KEY) - 1);
	return line == NULL || !span_starts(rest, span_of(line->hash));
}
