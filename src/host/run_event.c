#include "host/run_event.h"

#include "api/stage.h"
#include "util/buf.h"

uint32_t run_route_count(const oh_route *routes)
{
	uint32_t count = 0;
	while (routes != NULL && routes[count].path != NULL)
		count++;
	return count;
}

/* ---- filters and handler ---- */

static void event_note_result(oh_context *context, int result)
{
	switch (result) {
	case OH_OK:
		break;
	case OH_PASS:
		context_fail(context,
		    "the handler returned OH_PASS, but nothing comes after it");
		break;
	case OH_SNOOZED:
		context_fail(
		    context, "the handler returned OH_SNOOZED, which is for workers");
		break;
	case OH_FAILED:
		context_fail(context, "the handler returned OH_FAILED without a reason "
				      "(oh_fail gives one)");
		break;
	default:
		context_fail(
		    context, "the handler returned %d, which is no result", result);
		break;
	}
}

static void event_chain(oh_event *event, const oh_route *route)
{
	const oh_handler *filter = route->filters;
	int result = OH_PASS;
	for (; filter != NULL && *filter != NULL && result == OH_PASS; filter++)
		result = (*filter)(event, &event->root);
	/* After a filter's mistake nothing vouches for what it was there to check. */
	if (result == OH_PASS && event->context.mistake == NULL)
		result = route->handler(event, &event->root);
	event_note_result(&event->context, result);
}

/* ---- the reply ---- */

static void event_close_twiml(struct frame_result *out, oh_event *event)
{
	oh_context *context = &event->context;
	struct buf text = {0};
	struct error err;
	bool empty = twiml_size(context->twiml) == 0;
	if (twiml_close(context->twiml, &text, &err) < 0) {
		context_fail(context, "%s", err.text);
	} else if (empty && !event_wants_twiml(event)) {
		out->status = 204;
	} else if (!event_wants_twiml(event) && event->kind != OH_SIGNED &&
		   event->kind != OH_UNSIGNED) {
		context_fail(context,
		    "the reply has TwiML, but this route is for a status, to which "
		    "Twilio reads no reply");
	} else {
		out->status = 200;
		out->content_type = SPAN("text/xml; charset=utf-8");
		out->body = arena_copy(context->arena, buf_span(&text));
	}
	buf_free(&text);
}

/* Logs what Twilio would only warn about. */
static void event_log_warnings(const oh_context *context)
{
	const char *text;
	for (size_t n = 0; context->world->log != NULL &&
			   (text = twiml_warning(context->twiml, n)) != NULL;
	     n++) {
		struct pair pair = {SPAN("warning"), span_of(text)};
		struct frame_log line = {context->run->id, SPAN(FRAME_DOUBT), &pair, 1};
		context->world->log(context->world->ctx, &line);
	}
}

void run_event(struct frame_result *out, const struct context_world *world,
    const struct frame_event *frame, struct arena *arena)
{
	oh_event *event = arena_alloc(arena, sizeof(*event));
	*out = (struct frame_result){.id = frame->run.id};
	if (frame->route >= run_route_count(world->app->routes)) {
		out->failure = SPAN("the app has no such route");
		return;
	}
	const oh_route *route = &world->app->routes[frame->route];
	event_open(event, world, frame, route->kind, arena);
	event_chain(event, route);
	out->status = (uint32_t)event->answer.status;
	out->content_type = event->answer.content_type;
	out->body = event->answer.body;
	if (out->status == 0)
		event_close_twiml(out, event);
	event_log_warnings(&event->context);
	stage_settle(out, &event->context);
	event_close(event);
}
