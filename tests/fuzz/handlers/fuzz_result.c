/* What a broken handler or worker may send back as writes and jobs: any frame. What of it
 * is taken is what the store may be given. */
#include <stdlib.h>
#include <string.h>

#include "handlers/result.h"
#include "util/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FIRST_ROW = 1000, ROW_COUNT = 10 };

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_text(struct span text)
{
	must(text.ptr == NULL || (text.len > 0 && text.len <= FRAME_JOB_TEXT));
	must(utf8_valid(text) && strlen(text.ptr != NULL ? text.ptr : "") == text.len);
}

static void check_object(struct span text)
{
	json_t *json = json_loadb(text.ptr, text.len, 0, NULL);
	must(json_is_object(json));
	json_decref(json);
}

static void check_job(const struct store_job_write *write)
{
	const struct store_job *job = &write->job;
	must(write->op == JOB_ENQUEUE || write->op == JOB_CANCEL);
	must(
	    store_name_valid(job->queue) && !span_starts(job->queue, SPAN("offhook.")));
	check_text(job->unique);
	check_text(job->group);
	if (write->op == JOB_CANCEL) {
		must(job->id == 0 && job->unique.ptr != NULL && write->now_ms > 0);
		return;
	}
	check_object(job->payload);
	must(abs(job->priority) <= FRAME_PRIORITY);
	must(job->created_at_ms > 0 && job->run_at_ms >= job->created_at_ms);
	must(job->run_at_ms - job->created_at_ms <= FRAME_TIME_MAX);
	must(job->unique_ms >= 0 && job->unique_ms <= FRAME_TIME_MAX);
}

static void check_write(const struct store_write *write)
{
	must(store_name_valid(span_of(write->collection)));
	must(write->op <= STORE_REMOVE && write->expect >= -1);
	if (write->op == STORE_INSERT)
		must(write->id_count == 1 && write->ids[0] >= FIRST_ROW &&
		     write->ids[0] < FIRST_ROW + ROW_COUNT);
	if (write->doc.ptr != NULL && write->op != STORE_REMOVE)
		check_object(write->doc);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy of its own length, so that reading past it is seen. */
	char *copy = malloc(size > 0 ? size : 1);
	struct arena *arena = arena_new();
	struct frame_result told;
	struct result result;
	struct error err;
	if (copy == NULL)
		abort();
	if (size > 0)
		memcpy(copy, data, size);
	if (frame_get_result(&told, (struct span){copy, size}, arena) == 0) {
		if (result_take(&result, &told, FIRST_ROW, ROW_COUNT, arena, &err) ==
		    0) {
			for (const struct store_write *w = result.writes; w != NULL;
			     w = w->next)
				check_write(w);
			for (const struct store_job_write *j = result.jobs; j != NULL;
			     j = j->next)
				check_job(j);
		}
		result_clear(&result);
	}
	arena_free(arena);
	free(copy);
	return 0;
}
