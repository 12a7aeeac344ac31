#include "api/stage.h"

#include "api/app_collections.h"

struct staged *stage_write(
    oh_context *context, enum store_op op, const char *collection)
{
	struct staged *staged = arena_zalloc(context->arena, sizeof(*staged));
	staged->write.op = (uint32_t)op;
	staged->write.collection = arena_copy(context->arena, span_of(collection));
	staged->write.expect = -1;
	*context->staged_end = staged;
	context->staged_end = &staged->next;
	context->staged_count++;
	return staged;
}

struct frame_job *stage_job(oh_context *context, enum job_op op)
{
	struct staged_job *staged = arena_zalloc(context->arena, sizeof(*staged));
	staged->job.op = (uint32_t)op;
	*context->jobs_end = staged;
	context->jobs_end = &staged->next;
	context->job_count++;
	return &staged->job;
}

void stage_clear(oh_context *context)
{
	for (struct staged *staged = context->staged; staged != NULL;
	     staged = staged->next) {
		filter_free(staged->filter);
		update_free(staged->update);
	}
	context->staged = NULL;
	context->staged_end = &context->staged;
	context->staged_count = 0;
}

void stage_settle(struct frame_result *out, const oh_context *context)
{
	if (context->mistake != NULL) {
		*out = (struct frame_result){
		    .id = out->id, .failure = span_of(context->mistake)};
		return;
	}
	struct frame_write *write =
	    arena_alloc(context->arena, context->staged_count * sizeof(*write));
	struct frame_job *job =
	    arena_alloc(context->arena, context->job_count * sizeof(*job));
	out->ok = true;
	out->writes = write;
	out->write_count = context->staged_count;
	out->jobs = job;
	out->job_count = context->job_count;
	for (const struct staged *at = context->staged; at != NULL; at = at->next)
		*write++ = at->write;
	for (const struct staged_job *at = context->jobs; at != NULL; at = at->next)
		*job++ = at->job;
}

static bool stage_has_row(const struct frame_write *write, int64_t row)
{
	for (uint32_t i = 0; i < write->id_count; i++)
		if (write->ids[i] == row)
			return true;
	return false;
}

static bool stage_has_key(const json_t *doc, const char *key_field, struct span key)
{
	char digits[COLLECTIONS_KEY_DIGITS];
	if (key_field == NULL || key.ptr == NULL)
		return false;
	struct span own = collections_key_text(filter_path(doc, key_field), digits);
	return own.ptr != NULL && span_eq(own, key);
}

/* Whether a staged insert or upsert makes the target. */
static bool stage_makes(const struct staged *staged, const struct stage_target *target)
{
	const struct frame_write *write = &staged->write;
	if (write->doc.ptr == NULL)
		return false;
	if (target->row != 0)
		return write->op == STORE_INSERT && stage_has_row(write, target->row);
	return write->key.ptr != NULL && span_eq(write->key, target->name);
}

static json_t *stage_make(const struct staged *staged, struct budget *budget)
{
	struct span text = staged->write.doc;
	json_t *doc = json_loadb(text.ptr, text.len, JSON_ALLOW_NUL, NULL);
	/* The store refuses an update that does not fit the document. */
	if (staged->update != NULL)
		(void)update_apply(staged->update, doc, true, budget, NULL);
	return doc;
}

static bool stage_concerns(const struct staged *staged,
    const struct stage_target *target, const json_t *doc, struct budget *budget)
{
	const struct frame_write *write = &staged->write;
	const char *id = json_string_value(json_object_get(doc, "_id"));
	bool named =
	    write->key.ptr != NULL
		? stage_has_key(doc, target->key_field, write->key)
		: stage_has_row(write, id == NULL ? 0 : store_id_row(span_of(id)));
	return write->op != STORE_INSERT && named &&
	       (staged->filter == NULL ||
		   filter_match(staged->filter, doc, budget, NULL) == 1);
}

json_t *stage_apply(const oh_context *context, const struct stage_target *target,
    json_t *doc, struct budget *budget)
{
	for (const struct staged *staged = context->staged; staged != NULL;
	     staged = staged->next) {
		if (!span_is(staged->write.collection, target->collection))
			continue;
		if (doc == NULL && stage_makes(staged, target)) {
			doc = stage_make(staged, budget);
		} else if (doc != NULL && stage_concerns(staged, target, doc, budget)) {
			if (staged->write.op == STORE_UPDATE && staged->update != NULL)
				(void)update_apply(
				    staged->update, doc, false, budget, NULL);
			else if (staged->write.op == STORE_REMOVE) {
				json_decref(doc);
				doc = NULL;
			}
		}
	}
	return doc;
}
