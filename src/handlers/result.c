#include "handlers/result.h"

#include <jansson.h>
#include <string.h>

#include "store/reserved.h"
#include "util/clock.h"
#include "util/utf8.h"

enum { DEPTH_MAX = 512 }; /* SQLite's JSON functions refuse more than 1,000 */

/* What a run was promised. */
struct taker {
	int64_t first_row;
	uint32_t row_count;
	int64_t now_ms;
};

/* ---- the writes ---- */

static json_t *parse(struct span text, const char *what, struct error *err)
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

static bool depth_fits(json_t *json, int depth)
{
	const char *name;
	size_t index;
	json_t *value;
	if (!json_is_object(json) && !json_is_array(json))
		return true;
	if (depth > DEPTH_MAX)
		return false;
	json_object_foreach(json, name, value)
		if (!depth_fits(value, depth + 1))
			return false;
	json_array_foreach(json, index, value)
		if (!depth_fits(value, depth + 1))
			return false;
	return true;
}

/* Without a blank around it. */
static int check_object(struct span text, struct error *err)
{
	bool framed =
	    text.len >= 2 && text.ptr[0] == '{' && text.ptr[text.len - 1] == '}';
	json_t *json = framed ? json_loadb(text.ptr, text.len, 0, NULL) : NULL;
	bool fits = json != NULL && depth_fits(json, 1);
	json_decref(json);
	return fits ? 0 : error_set(err, "not a JSON object");
}

static int check_doc(struct span doc, struct error *err)
{
	return check_object(doc, err) < 0 ? error_wrap(err, "the document") : 0;
}

/* {"_id":"…": its row must be one that this run was promised, or it could take another
 * document's place. */
static int check_row(
    const struct taker *taker, const struct frame_write *told, struct error *err)
{
	static const char head[] = "{\"_id\":\"";
	struct span doc = told->doc;
	if (told->id_count != 1 || told->ids[0] < taker->first_row ||
	    told->ids[0] >= taker->first_row + taker->row_count ||
	    doc.len < sizeof(head) + STORE_ID_SIZE ||
	    !span_starts(doc, (struct span){head, sizeof(head) - 1}) ||
	    store_id_row((struct span){
		doc.ptr + sizeof(head) - 1, STORE_ID_SIZE - 1}) != told->ids[0])
		return error_set(err, "an inserted document has a wrong _id");
	return 0;
}

static int take_filter(struct store_write *write, struct span text, struct error *err)
{
	struct filter *filter = NULL;
	json_t *json = parse(text, "the filter", err);
	int rc = json == NULL ? -1 : filter_compile(&filter, json, err);
	json_decref(json);
	write->filter = filter;
	return rc;
}

static int take_update(struct store_write *write, struct span text, struct error *err)
{
	struct update *update = NULL;
	json_t *json = parse(text, "the update", err);
	int rc = json == NULL ? -1 : update_compile(&update, json, err);
	json_decref(json);
	write->update = update;
	return rc;
}

static int take_insert(
    const struct taker *taker, const struct frame_write *told, struct error *err)
{
	if (told->doc.ptr == NULL)
		return error_set(err, "an insert without a document");
	return check_row(taker, told, err) < 0 ? -1 : check_doc(told->doc, err);
}

static int take_change(
    struct store_write *write, const struct frame_write *told, struct error *err)
{
	if (told->filter.ptr != NULL && take_filter(write, told->filter, err) < 0)
		return -1;
	if (told->op == STORE_REMOVE)
		return 0;
	if (told->update.ptr != NULL && take_update(write, told->update, err) < 0)
		return -1;
	if (told->update.ptr == NULL && told->doc.ptr == NULL)
		return error_set(err, "an update that says nothing");
	return told->doc.ptr == NULL ? 0 : check_doc(told->doc, err);
}

static int take_write(const struct taker *taker, struct store_write *write,
    const struct frame_write *told, struct error *err)
{
	if (told->op > STORE_REMOVE || told->expect < -1 ||
	    told->collection.ptr == NULL || !store_name_valid(told->collection))
		return error_set(err, "a write that makes no sense");
	write->op = (enum store_op)told->op;
	write->collection = told->collection.ptr;
	write->doc = told->doc;
	write->key = told->key;
	write->ids = told->ids;
	write->id_count = told->id_count;
	write->expect = told->expect;
	int rc = write->op == STORE_INSERT ? take_insert(taker, told, err)
					   : take_change(write, told, err);
	return rc < 0 ? error_wrap(err, "collection \"%s\"", write->collection) : 0;
}

static int take_writes(struct result *out, const struct frame_result *told,
    const struct taker *taker, struct arena *arena, struct error *err)
{
	struct store_write **end = &out->writes;
	for (uint32_t i = 0; i < told->write_count; i++) {
		struct store_write *write = arena_zalloc(arena, sizeof(*write));
		*end = write;
		end = &write->next;
		if (take_write(taker, write, &told->writes[i], err) < 0)
			return -1;
	}
	return 0;
}

/* ---- the jobs ---- */

/* Queues and keys of Offhook's own are not for the processes. */
static bool is_own(struct span name)
{
	return reserved(name);
}

static bool queue_fits(struct span queue)
{
	return queue.ptr != NULL && store_name_valid(queue) && !is_own(queue);
}

static bool text_fits(struct span text)
{
	return text.ptr == NULL ||
	       (text.len > 0 && text.len <= FRAME_JOB_TEXT && utf8_valid(text) &&
		   memchr(text.ptr, '\0', text.len) == NULL);
}

static bool key_fits(struct span unique)
{
	return text_fits(unique) && !is_own(unique);
}

static bool time_fits(int64_t ms, int64_t most_ms)
{
	return ms >= 0 && ms <= most_ms;
}

static bool enqueue_fits(const struct frame_job *told, const struct taker *taker)
{
	return told->payload.len <= FRAME_PAYLOAD && text_fits(told->group) &&
	       key_fits(told->unique) && told->priority >= -FRAME_PRIORITY &&
	       told->priority <= FRAME_PRIORITY &&
	       time_fits(told->run_at_ms, taker->now_ms + FRAME_TIME_MAX) &&
	       time_fits(told->unique_ms, FRAME_TIME_MAX);
}

static int take_enqueue(struct store_job *job, const struct frame_job *told,
    const struct taker *taker, struct error *err)
{
	if (!enqueue_fits(told, taker))
		return error_set(err, "a job that makes no sense");
	if (check_object(told->payload, err) < 0)
		return error_wrap(err, "the payload");
	job->payload = told->payload;
	job->priority = told->priority;
	job->group = told->group;
	job->unique = told->unique;
	job->unique_ms = told->unique_ms;
	job->created_at_ms = taker->now_ms;
	job->run_at_ms =
	    told->run_at_ms > taker->now_ms ? told->run_at_ms : taker->now_ms;
	return 0;
}

static int take_job(struct store_job_write *write, const struct frame_job *told,
    const struct taker *taker, struct error *err)
{
	bool adds = told->op == JOB_ENQUEUE;
	if ((!adds && told->op != JOB_CANCEL) || !queue_fits(told->queue))
		return error_set(err, "a change of jobs that makes no sense");
	write->op = (enum job_op)told->op;
	write->job.queue = told->queue;
	if (adds && take_enqueue(&write->job, told, taker, err) < 0)
		return error_wrap(err, "queue \"%s\"", told->queue.ptr);
	if (adds)
		return 0;
	if (told->unique.ptr == NULL || !key_fits(told->unique))
		return error_set(err, "a job is cancelled without its unique key");
	write->job.unique = told->unique;
	write->now_ms = taker->now_ms;
	return 0;
}

static int take_jobs(struct result *out, const struct frame_result *told,
    const struct taker *taker, struct arena *arena, struct error *err)
{
	struct store_job_write **end = &out->jobs;
	if (told->job_count > FRAME_JOBS)
		return error_set(
		    err, "one run can enqueue and cancel %d jobs, no more", FRAME_JOBS);
	for (uint32_t i = 0; i < told->job_count; i++) {
		struct store_job_write *write = arena_zalloc(arena, sizeof(*write));
		*end = write;
		end = &write->next;
		if (take_job(write, &told->jobs[i], taker, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- both ---- */

int result_take(struct result *out, const struct frame_result *told, int64_t first_row,
    uint32_t row_count, struct arena *arena, struct error *err)
{
	const struct taker taker = {first_row, row_count, clock_wall_ms()};
	*out = (struct result){0};
	return take_writes(out, told, &taker, arena, err) < 0
		   ? -1
		   : take_jobs(out, told, &taker, arena, err);
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
