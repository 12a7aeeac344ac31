#include "handlers/manifest_workers.h"

#include <inttypes.h>

#include "jobs/cron.h"
#include "jobs/zone.h"
#include "store/reserved.h"
#include "store/store.h"

enum {
	WORKERS_MAX = 1000,
	TRIES_MAX = 1000,
	CONCURRENCY_MAX = 1000,
	BACKOFF_DAYS = 366
};

static const int64_t day_ms = INT64_C(24) * 3600 * 1000;

/* The app's workers come first, then Offhook's own; the last is always the one of
 * alerts. */
static int worker_check_name(
    const struct frame_manifest *manifest, uint32_t index, struct error *err)
{
	struct span queue = manifest->workers[index].queue;
	bool own = span_is(queue, QUEUE_FAILURES) || span_is(queue, QUEUE_ALERTS);
	if (!store_name_valid(queue))
		return error_set(err,
		    "a queue's name is a letter or _, then letters, digits, _ . -, at "
		    "most 64 bytes");
	if (reserved(queue) && !own)
		return error_set(
		    err, "names that begin with \"offhook.\" are Offhook's");
	for (uint32_t i = 0; i < index; i++)
		if (span_ieq(manifest->workers[i].queue, queue))
			return error_set(err,
			    own ? "this name is Offhook's"
				: "two workers are for one queue: which one is meant?");
	return 0;
}

/* The process sends the numbers of the app's table unchecked; negative ones have become
 * large here. */
static int worker_check_count(
    const char *what, uint32_t count, uint32_t most, struct error *err)
{
	if (count >= 1 && count <= most)
		return 0;
	return error_set(
	    err, "%s is %" PRId32 "; it is 1 to %" PRIu32, what, (int32_t)count, most);
}

static int worker_check_ms(
    const char *what, int64_t ms, int64_t days, struct error *err)
{
	if (ms >= 0 && ms <= days * day_ms)
		return 0;
	return error_set(
	    err, "%s must be 0 (the usual) to %" PRId64 " days", what, days);
}

static int worker_check_cron(const struct frame_worker *from, struct error *err)
{
	struct cron cron;
	struct zone *zone = NULL;
	if (from->cron.ptr == NULL)
		return from->zone.ptr == NULL
			   ? 0
			   : error_set(err, "a zone without a cron says nothing");
	if (cron_parse(&cron, from->cron, err) < 0)
		return error_wrap(err, "cron \"%s\"", from->cron.ptr);
	if (zone_open(&zone, from->zone.ptr, err) < 0)
		return error_wrap(err, "zone \"%s\"", from->zone.ptr);
	zone_close(zone);
	return 0;
}

static int worker_check(
    const struct frame_manifest *manifest, uint32_t index, struct error *err)
{
	const struct frame_worker *from = &manifest->workers[index];
	if (worker_check_name(manifest, index, err) < 0 ||
	    worker_check_count("max_tries", from->max_tries, TRIES_MAX, err) < 0 ||
	    worker_check_count("concurrency", from->concurrency, CONCURRENCY_MAX, err) <
		0 ||
	    worker_check_ms("timeout_s", from->timeout_ms, 7, err) < 0 ||
	    worker_check_ms("backoff_min_s", from->floor_ms, BACKOFF_DAYS, err) < 0 ||
	    worker_check_ms("backoff_s", from->base_ms, BACKOFF_DAYS, err) < 0 ||
	    worker_check_ms("backoff_max_s", from->cap_ms, BACKOFF_DAYS, err) < 0)
		return -1;
	if (from->floor_ms > from->cap_ms)
		return error_set(err,
		    "backoff_min_s is longer than backoff_max_s (%" PRId64 " s)",
		    from->cap_ms / 1000);
	return worker_check_cron(from, err);
}

struct job_worker *manifest_workers(
    const struct frame_manifest *manifest, struct arena *arena, struct error *err)
{
	if (manifest->worker_count > WORKERS_MAX) {
		(void)error_set(err, "an app may have %d workers", WORKERS_MAX);
		return NULL;
	}
	struct job_worker *workers =
	    arena_alloc(arena, manifest->worker_count * sizeof(*workers));
	for (uint32_t i = 0; i < manifest->worker_count; i++) {
		const struct frame_worker *from = &manifest->workers[i];
		if (worker_check(manifest, i, err) < 0) {
			(void)error_wrap(
			    err, "worker %u, \"%s\"", i + 1, from->queue.ptr);
			return NULL;
		}
		workers[i] = (struct job_worker){
		    .queue = from->queue.ptr,
		    .max_tries = (int)from->max_tries,
		    .timeout_ms = from->timeout_ms,
		    .concurrency = (int)from->concurrency,
		    .floor_ms = from->floor_ms,
		    .base_ms = from->base_ms,
		    .cap_ms = from->cap_ms,
		    .cron = from->cron.ptr,
		    .zone = from->zone.ptr,
		};
	}
	return workers;
}
