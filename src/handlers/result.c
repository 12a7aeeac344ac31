#include "handlers/result.h"

#include <jansson.h>
#include <string.h>

#include "store/reserved.h"
#include "util/clock.h"
#include "util/jsoncheck.h"
#include "util/utf8.h"

/* What the result may use. */
struct taker {
	int64_t first_row;
	uint32_t row_count;
	int64_t now_ms;
};

/* ---- the writes ---- */

static json_t *result_parse(struct span text, const char *what, struct error *err)
{
	json_error_t why;
	json_t *json = json_loadb(text.ptr, text.len, 0, &why);
	if (json == NULL)
		(void)error_set(err, "%s is not JSON: %s", what, why.text);
	else if (!json_is_object(json))
		(void)error_set(err, "%s is not an object", what);
	else
		return json;
	json_decref(json);
	return NULL;
}

/* No blanks around it. */
static int result_check_object(struct span text, struct error *err)
{
	bool framed =
	    text.len >= 2 && text.ptr[0] == '{' && text.ptr[text.len - 1] == '}';
	if (!framed || !jsoncheck_object(text))
		return error_set(err, "not a JSON object");
	return 0;
}

static int result_check_doc(struct span doc, struct error *err)
{
	return result_check_object(doc, err) < 0 ? error_wrap(err, "the document") : 0;
}

static int result_take_filter(
    struct store_write *write, struct span text, struct error *err)
{
	struct filter *filter = NULL;
	json_t *json = result_parse(text, "the filter", err);
	int rc = json == NULL ? -1 : filter_compile(&filter, json, err);
	json_decref(json);
	write->filter = filter;
	return rc;
}

static int result_take_update(
    struct store_write *write, struct span text, struct error *err)
{
	struct update *update = NULL;
	json_t *json = result_parse(text, "the update", err);
	int rc = json == NULL ? -1 : update_compile(&update, json, err);
	json_decref(json);
	write->update = update;
	return rc;
}

/* {"_id":"…": its row must be one that was reserved for this run, or it could replace
 * another document. */
static int result_take_insert(
    const struct taker *taker, const struct frame_write *from, struct error *err)
{
	static const char head[] = "{\"_id\":\"";
	struct span doc = from->doc;
	if (doc.ptr == NULL)
		return error_set(err, "an insert without a document");
	if (from->id_count != 1 || from->ids[0] < taker->first_row ||
	    from->ids[0] >= taker->first_row + taker->row_count ||
	    doc.len < sizeof(head) + STORE_ID_SIZE ||
	    !span_starts(doc, (struct span){head, sizeof(head) - 1}) ||
	    store_id_row((struct span){
		doc.ptr + sizeof(head) - 1, STORE_ID_SIZE - 1}) != from->ids[0])
		return error_set(err, "an inserted document has a wrong _id");
	return result_check_doc(doc, err);
}

static int result_take_change(
    struct store_write *write, const struct frame_write *from, struct error *err)
{
	if (from->filter.ptr != NULL &&
	    result_take_filter(write, from->filter, err) < 0)
		return -1;
	if (from->op == STORE_REMOVE)
		return 0;
	if (from->update.ptr != NULL &&
	    result_take_update(write, from->update, err) < 0)
		return -1;
	if (from->update.ptr == NULL && from->doc.ptr == NULL)
		return error_set(err, "an update that says nothing");
	return from->doc.ptr == NULL ? 0 : result_check_doc(from->doc, err);
}

static int result_take_write(const struct taker *taker, struct store_write *write,
    const struct frame_write *from, struct error *err)
{
	if (from->op > STORE_REMOVE || from->expect < -1 ||
	    (from->stamp_count > 0 && from->stamp_count != from->id_count) ||
	    from->collection.ptr == NULL || !store_name_valid(from->collection))
		return error_set(err, "a write that makes no sense");
	write->op = (enum store_op)from->op;
	write->collection = from->collection.ptr;
	write->doc = from->doc;
	write->key = from->key;
	write->ids = from->ids;
	write->id_count = from->id_count;
	write->stamps = from->stamp_count > 0 ? from->stamps : NULL;
	write->expect = from->expect;
	int rc = write->op == STORE_INSERT ? result_take_insert(taker, from, err)
					   : result_take_change(write, from, err);
	return rc < 0 ? error_wrap(err, "collection \"%s\"", write->collection) : 0;
}

/* ---- the jobs ---- */

static bool result_text_fits(struct span text)
{
	return text.ptr == NULL ||
	       (text.len > 0 && text.len <= FRAME_JOB_TEXT && utf8_valid(text) &&
		   memchr(text.ptr, '\0', text.len) == NULL);
}

/* Offhook's own keys are not for the processes. */
static bool result_key_fits(struct span unique)
{
	return result_text_fits(unique) && !reserved(unique);
}

static bool result_enqueue_fits(const struct frame_job *from, const struct taker *taker)
{
	return from->payload.len <= FRAME_PAYLOAD && result_text_fits(from->group) &&
	       result_key_fits(from->unique) && from->priority >= -FRAME_PRIORITY &&
	       from->priority <= FRAME_PRIORITY && from->run_at_ms >= 0 &&
	       from->run_at_ms <= taker->now_ms + FRAME_TIME_MAX &&
	       from->unique_ms >= 0 && from->unique_ms <= FRAME_TIME_MAX;
}

static int result_take_enqueue(struct store_job *job, const struct frame_job *from,
    const struct taker *taker, struct error *err)
{
	if (!result_enqueue_fits(from, taker))
		return error_set(err, "a job that makes no sense");
	if (result_check_object(from->payload, err) < 0)
		return error_wrap(err, "the payload");
	job->payload = from->payload;
	job->priority = from->priority;
	job->group = from->group;
	job->unique = from->unique;
	job->unique_ms = from->unique_ms;
	job->created_at_ms = taker->now_ms;
	job->run_at_ms =
	    from->run_at_ms > taker->now_ms ? from->run_at_ms : taker->now_ms;
	return 0;
}

static int result_take_job(struct store_job_write *write, const struct frame_job *from,
    const struct taker *taker, struct error *err)
{
	bool adds = from->op == JOB_ENQUEUE;
	if ((!adds && from->op != JOB_CANCEL) || from->queue.ptr == NULL ||
	    !store_name_valid(from->queue) || reserved(from->queue))
		return error_set(err, "a change of jobs that makes no sense");
	write->op = (enum job_op)from->op;
	write->job.queue = from->queue;
	if (adds && result_take_enqueue(&write->job, from, taker, err) < 0)
		return error_wrap(err, "queue \"%s\"", from->queue.ptr);
	if (adds)
		return 0;
	if (from->unique.ptr == NULL || !result_key_fits(from->unique))
		return error_set(err, "a job is cancelled without its unique key");
	write->job.unique = from->unique;
	write->now_ms = taker->now_ms;
	return 0;
}

int result_take(struct result *out, const struct frame_result *from, int64_t first_row,
    uint32_t row_count, struct arena *arena, struct error *err)
{
	const struct taker taker = {first_row, row_count, clock_wall_ms()};
	struct store_write **next_write = &out->writes;
	struct store_job_write **next_job = &out->jobs;
	*out = (struct result){0};
	for (uint32_t i = 0; i < from->write_count; i++) {
		struct store_write *write = arena_zalloc(arena, sizeof(*write));
		*next_write = write;
		next_write = &write->next;
		if (result_take_write(&taker, write, &from->writes[i], err) < 0)
			return -1;
	}
	if (from->job_count > FRAME_JOBS)
		return error_set(
		    err, "one run can enqueue and cancel %d jobs, no more", FRAME_JOBS);
	for (uint32_t i = 0; i < from->job_count; i++) {
		struct store_job_write *write = arena_zalloc(arena, sizeof(*write));
		*next_job = write;
		next_job = &write->next;
		if (result_take_job(write, &from->jobs[i], &taker, err) < 0)
			return -1;
	}
	return 0;
}

void result_clear(struct result *result)
{
	for (struct store_write *write = result->writes; write != NULL;
	     write = write->next) {
		/* Compiled here; only the store's view of them is const. */
		filter_free((struct filter *)(uintptr_t)write->filter);
		update_free((struct update *)(uintptr_t)write->update);
	}
	*result = (struct result){0};
}
