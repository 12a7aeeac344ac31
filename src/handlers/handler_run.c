#include "handlers/handler_run.h"

enum { STATUS_LEAST = 200, STATUS_MOST = 599, TYPE_MAX = 200, NO_CONTENT = 204 };

/* It becomes a line of the reply's header: no line break may be in it. */
static bool handler_run_type_fits(struct span type)
{
	for (size_t i = 0; i < type.len; i++)
		if (type.ptr[i] < ' ' || type.ptr[i] > '~')
			return false;
	return type.len > 0 && type.len <= TYPE_MAX;
}

int handler_run_take(struct handler_run *run, struct error *err)
{
	const struct frame_run *rows = &run->pool_run.run;
	const struct frame_result *result = run->result;
	bool has_body = result->body.len > 0 && result->status != NO_CONTENT;
	if (!result->ok)
		return error_set(err, "%.*s", SPAN_ARG(result->failure));
	if (result->status < STATUS_LEAST || result->status > STATUS_MOST)
		return error_set(err,
		    "the handler replied with status %u; they go from %d "
		    "to %d",
		    result->status, STATUS_LEAST, STATUS_MOST);
	if (has_body && !handler_run_type_fits(result->content_type))
		return error_set(
		    err, "the handler's reply has a wrong or no Content-Type");
	run->reply = (struct reply){.status = (int)result->status};
	if (has_body) {
		run->reply.content_type = result->content_type.ptr;
		run->reply.body = result->body;
	}
	return result_take(
	    &run->taken, result, rows->first_row, rows->row_count, run->arena, err);
}

void handler_run_clear(struct handler_run *run)
{
	result_clear(&run->taken);
	arena_free(run->arena);
	run->arena = NULL;
	run->result = NULL;
}
