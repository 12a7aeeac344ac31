#include "handlers/manifest_workers.h"

#include <inttypes.h>

#include "jobs/cron.h"
#include "jobs/zone.h"
#include "store/reserved.h"
#include "store/store.h"

enum { WORKERS_MAX = 1000, TRIES_MAX = 1000, CONCURRENCY_MAX = 1000 };

static const int64_t day_ms = INT64_C(24) * 3600 * 1000;

/* What is Offhook's own comes after the app's: its alerts, always, are the last. */
static int check_name(
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

/* The process sends what the manifest has, whether it makes sense or not: numbers below 0
 * have become large ones. */
static int check_count(
    const char *what, uint32_t count, uint32_t most, struct error *err)
{
	if (count >= 1 && count <= most)
		return 0;
	return error_set(
	    err, "%s is %" PRId32 "; it is 1 to %" PRIu32, what, (int32_t)count, most);
}

static int check_ms(const char *what, int64_t ms, int64_t days, struct error *err)
{
	if (ms >= 0 && ms <= days * day_ms)
		return 0;
	return error_set(
	    err, "%s must be 0 (the usual) to %" PRId64 " days", what, days);
}

static int check_backoff(const struct frame_worker *told, struct error *err)
{
	enum { MOST_DAYS = 366 };

	if (check_ms("backoff_min_s", told->floor_ms, MOST_DAYS, err) < 0 ||
	    check_ms("backoff_s", told->base_ms, MOST_DAYS, err) < 0 ||
	    check_ms("backoff_max_s", told->cap_ms, MOST_DAYS, err) < 0)
		return -1;
	if (told->floor_ms > told->cap_ms)
		return error_set(err,
		    "backoff_min_s is longer than backoff_max_s (%" PRId64 " s)",
		    told->cap_ms / 1000);
	return 0;
}

static int check_cron(const struct frame_worker *told, struct error *err)
{
	struct cron cron;
	struct zone *zone = NULL;
	if (told->cron.ptr == NULL)
		return told->zone.ptr == NULL
			   ? 0
			   : error_set(err, "a zone without a cron says nothing");
	if (cron_parse(&cron, told->cron, err) < 0)
		return error_wrap(err, "cron \"%s\"", told->cron.ptr);
	if (zone_open(&zone, told->zone.ptr, err) < 0)
		return error_wrap(err, "zone \"%s\"", told->zone.ptr);
	zone_close(zone);
	return 0;
}

static int check(
    const struct frame_manifest *manifest, uint32_t index, struct error *err)
{
	const struct frame_worker *told = &manifest->workers[index];
	if (check_name(manifest, index, err) < 0 ||
	    check_count("max_tries", told->max_tries, TRIES_MAX, err) < 0 ||
	    check_count("concurrency", told->concurrency, CONCURRENCY_MAX, err) < 0 ||
	    check_ms("timeout_s", told->timeout_ms, 7, err) < 0 ||
	    check_backoff(told, err) < 0)
		return -1;
	return check_cron(told, err);
}

struct job_worker *worker_table(
    const struct frame_manifest *manifest, struct arena *arena, struct error *err)
{
	if (manifest->worker_count > WORKERS_MAX) {
		(void)error_set(err, "an app may have %d workers", WORKERS_MAX);
		return NULL;
	}
	struct job_worker *workers =
	    arena_alloc(arena, manifest->worker_count * sizeof(*workers));
	for (uint32_t i = 0; i < manifest->worker_count; i++) {
		const struct frame_worker *told = &manifest->workers[i];
		if (check(manifest, i, err) < 0) {
			(void)error_wrap(
			    err, "worker %u, \"%s\"", i + 1, told->queue.ptr);
			return NULL;
		}
		workers[i] = (struct job_worker){
		    .queue = told->queue.ptr,
		    .max_tries = (int)told->max_tries,
		    .timeout_ms = told->timeout_ms,
		    .concurrency = (int)told->concurrency,
		    .floor_ms = told->floor_ms,
		    .base_ms = told->base_ms,
		    .cap_ms = told->cap_ms,
		    .cron = told->cron.ptr,
		    .zone = told->zone.ptr,
		};
	}
	return workers;
}
