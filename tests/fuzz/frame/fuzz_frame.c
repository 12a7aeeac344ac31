/* What a broken handler may write back: any bytes. What is taken is written again, and
 * must be taken again and written the same. */
#include <stdlib.h>
#include <string.h>

#include "frame/frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(struct span frame, enum frame_type type, struct arena *arena)
{
	struct buf again = {0};
	struct frame_event event;
	struct frame_result result;
	struct frame_log log;
	struct frame_manifest manifest;
	struct frame_progress progress;
	if (type == FRAME_EVENT && frame_get_event(&event, frame, arena) == 0)
		frame_put_event(&again, &event);
	else if (type == FRAME_RESULT && frame_get_result(&result, frame, arena) == 0)
		frame_put_result(&again, &result);
	else if (type == FRAME_LOG && frame_get_log(&log, frame, arena) == 0)
		frame_put_log(&again, &log);
	else if (type == FRAME_MANIFEST &&
		 frame_get_manifest(&manifest, frame, arena) == 0)
		frame_put_manifest(&again, &manifest);
	else if (type == FRAME_PROGRESS && frame_get_progress(&progress, frame) == 0)
		frame_put_progress(&again, &progress);
	/* Nothing of a manifest has an id to keep. */
	if (again.len > 0 && type != FRAME_MANIFEST &&
	    !span_eq(buf_span(&again), frame))
		abort();
	if (again.len > 0 && again.len != frame.len)
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
