/* result -- makes of what a handler process sent back what the store takes: the writes of
 * a handler or worker, and the jobs that it enqueued and cancelled. All of it is checked,
 * because user code may have written over the memory of its process. */
#ifndef OFFHOOK_HANDLERS_RESULT_H
#define OFFHOOK_HANDLERS_RESULT_H

#include <stdint.h>

#include "frame/frame.h"
#include "store/store.h"
#include "util/arena.h"
#include "util/error.h"

struct result {
	struct store_write *writes;   /* in order; NULL: none */
	struct store_job_write *jobs; /* JOB_ENQUEUE and JOB_CANCEL, in order */
};

/* Takes a result that is ok, but for its reply. first_row and row_count are the rows that
 * were reserved for the run (struct frame_event). Jobs are enqueued now, by the wall
 * clock. *out lives in the arena and points into `from`; call result_clear also after -1.
 * -1 with err, which says why the event or job has failed. */
int result_take(struct result *out, const struct frame_result *from, int64_t first_row,
    uint32_t row_count, struct arena *arena, struct error *err);
/* Frees what is not in the arena: compiled filters and updates. {0} is fine. */
void result_clear(struct result *result);

#endif
