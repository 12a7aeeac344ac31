/* result -- what a handler process sent back, as what the store takes: the writes of a
 * handler or worker, and the jobs it enqueued and cancelled. Nothing is believed before it
 * is checked, because what ran there may have written over its own memory. */
#ifndef OFFHOOK_HANDLERS_RESULT_H
#define OFFHOOK_HANDLERS_RESULT_H

#include <stdint.h>

#include "frame/frame.h"
#include "store/store.h"
#include "util/arena.h"
#include "util/error.h"

struct result {
	struct store_write *writes;   /* in order; NULL: none */
	struct store_job_write *jobs; /* likewise: JOB_ENQUEUE and JOB_CANCEL */
};

/* Of a result that is ok (its reply is not looked at). first_row and row_count are what
 * the run was promised (struct frame_event). Jobs are enqueued now, by the wall clock.
 * All of it lives in the arena, or points into told, and until result_clear, also after
 * -1 with err, which says why the event or job has failed. */
int result_take(struct result *out, const struct frame_result *told, int64_t first_row,
    uint32_t row_count, struct arena *arena, struct error *err);
/* Frees what the arena does not: compiled filters and updates. The arena is the
 * caller's. {0} is fine. */
void result_clear(struct result *result);

#endif
