#include "app/handler_run.h"

#include <jansson.h>
#include <string.h>

#include "util/jsoncheck.h"

enum { STATUS_LEAST = 200, STATUS_MOST = 599, TYPE_MAX = 200, NO_CONTENT = 204 };

/* ---- the reply ---- */

/* A line of its own in the reply's header: nothing may end it. */
static bool type_fits(struct span type)
{
	for (size_t i = 0; i < type.len; i++)
		if (type.ptr[i] < ' ' || type.ptr[i] > '~')
			return false;
	return type.len > 0 && type.len <= TYPE_MAX;
}

static int take_reply(struct handler_run *run, struct error *err)
{
	const struct frame_result *result = run->result;
	bool has_body = result->body.len > 0;
	if (result->status < STATUS_LEAST || result->status > STATUS_MOST)
		return error_set(err,
		    "the handler replied with status %u; they go from %d "
		    "to %d",
		    result->status, STATUS_LEAST, STATUS_MOST);
	if (has_body && !type_fits(result->content_type))
		return error_set(
		    err, "the handler's reply has a wrong or no Content-Type");
	run->reply = (struct reply){.status = (int)result->status};
	if (has_body && result->status != NO_CONTENT) {
		run->reply.content_type = result->content_type.ptr;
		run->reply.body = result->body;
	}
	return 0;
}

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

static int check_doc(struct span doc, struct error *err)
{
	bool framed = doc.len >= 2 && doc.ptr[0] == '{' && doc.ptr[doc.len - 1] == '}';
	if (!framed || !jsoncheck_object(doc))
		return error_set(err, "the document is not a JSON object");
	return 0;
}

/* {"_id":"…": its row must be one that this run was promised, or it could take another
 * document's place. */
static int check_row(
    const struct handler_run *run, const struct frame_write *told, struct error *err)
{
	static const char head[] = "{\"_id\":\"";
	const struct frame_event *event = &run->pool_run.event;
	struct span doc = told->doc;
	if (told->id_count != 1 || told->ids[0] < event->first_row ||
	    told->ids[0] >= event->first_row + event->row_count ||
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
    const struct handler_run *run, const struct frame_write *told, struct error *err)
{
	if (told->doc.ptr == NULL)
		return error_set(err, "an insert without a document");
	return check_row(run, told, err) < 0 ? -1 : check_doc(told->doc, err);
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

static int take_write(struct handler_run *run, struct store_write *write,
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
	int rc = write->op == STORE_INSERT ? take_insert(run, told, err)
					   : take_change(write, told, err);
	return rc < 0 ? error_wrap(err, "collection \"%s\"", write->collection) : 0;
}

static int take_writes(struct handler_run *run, struct error *err)
{
	const struct frame_result *result = run->result;
	struct store_write **end = &run->writes;
	for (uint32_t i = 0; i < result->write_count; i++) {
		struct store_write *write = arena_zalloc(run->arena, sizeof(*write));
		*end = write;
		end = &write->next;
		if (take_write(run, write, &result->writes[i], err) < 0)
			return -1;
	}
	return 0;
}

int handler_run_take(struct handler_run *run, struct error *err)
{
	const struct frame_result *result = run->result;
	if (!result->ok)
		return error_set(err, "%.*s", SPAN_ARG(result->failure));
	return take_reply(run, err) < 0 ? -1 : take_writes(run, err);
}

void handler_run_clear(struct handler_run *run)
{
	for (struct store_write *write = run->writes; write != NULL;
	     write = write->next) {
		/* Compiled here; only the store's view of them is const. */
		filter_free((struct filter *)(uintptr_t)write->filter);
		update_free((struct update *)(uintptr_t)write->update);
	}
	arena_free(run->arena);
	run->writes = NULL;
	run->arena = NULL;
	run->result = NULL;
}
