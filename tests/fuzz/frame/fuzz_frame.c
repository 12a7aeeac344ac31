/* A broken handler may write back any bytes. What is taken is written again, and must come
 * out the same. */
#include <stdlib.h>
#include <string.h>

#include "frame/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct span frame, enum frame_type type, struct arena *arena)
{
	struct buf again = {0};
	struct frame_settings settings;
	struct frame_event event;
	struct frame_job_run job;
	struct frame_result result;
	struct frame_log log;
	struct frame_manifest manifest;
	struct frame_progress progress;
	if (type == FRAME_SETTINGS && frame_get_settings(&settings, frame, arena) == 0)
		frame_put_settings(&again, &settings);
	else if (type == FRAME_JOB && frame_get_job(&job, frame, arena) == 0)
		frame_put_job(&again, &job);
	else if (type == FRAME_EVENT && frame_get_event(&event, frame, arena) == 0)
		frame_put_event(&again, &event);
	else if (type == FRAME_RESULT && frame_get_result(&result, frame, arena) == 0)
		frame_put_result(&again, &result);
	else if (type == FRAME_LOG && frame_get_log(&log, frame, arena) == 0)
		frame_put_log(&again, &log);
	else if (type == FRAME_READY && frame_get_ready(&manifest, frame, arena) == 0)
		frame_put_ready(&again, &manifest);
	else if (type == FRAME_PROGRESS && frame_get_progress(&progress, frame) == 0)
		frame_put_progress(&again, &progress);
	if (again.len > 0 && again.len != frame.len)
		abort();
	/* These have an id that is not read. */
	if (again.len > 0 && type != FRAME_READY && type != FRAME_SETTINGS &&
	    !span_eq(buf_span(&again), frame))
		abort();
	buf_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of its own length, so that reading past it is seen. */
	char *copy = malloc(size > 0 ? size : 1);
	struct arena *arena = arena_new();
	if (copy == NULL)
		abort();
	if (size > 0)
		memcpy(copy, data, size);
	struct span rest = {copy, size};
	enum frame_type type;
	int64_t whole;
	while ((whole = frame_whole(rest, &type)) > 0) {
		if ((size_t)whole > rest.len)
			abort();
		check(span_head(rest, (size_t)whole), type, arena);
		rest = span_from(rest, (size_t)whole);
	}
	arena_free(arena);
	free(copy);
	return 0;
}
