#include "api/context.h"

#include <stdio.h>

#include "api/stage.h"
#include "util/buf.h"
#include "util/error.h"
#include "util/utf8.h"

enum twiml_kind context_language(const oh_context *context)
{
	bool message = oh_param(context, "MessageSid") != NULL;
	switch (context->kind) {
	case OH_MESSAGE:
	case OH_MESSAGE_STATUS:
		return TWIML_MESSAGING;
	case OH_SIGNED:
	case OH_UNSIGNED:
		return message ? TWIML_MESSAGING : TWIML_VOICE;
	case OH_CALL:
	case OH_CALL_ACTION:
	case OH_CALL_STATUS:
	case OH_RECORDING:
	case OH_TRANSCRIPTION:
		break;
	}
	return TWIML_VOICE;
}

void context_open(struct oh_context *out, const struct context_world *world,
    const struct frame_event *event, enum oh_kind kind, struct arena *arena)
{
	*out = (struct oh_context){.arena = arena,
	    .world = world,
	    .run = &event->run,
	    .event = event,
	    .kind = kind};
	out->staged_end = &out->staged;
	out->jobs_end = &out->jobs;
	out->twiml = twiml_new(context_language(out), arena);
	out->root = (struct oh_twiml){twiml_root(out->twiml), out};
}

void context_open_job(struct oh_context *out, const struct context_world *world,
    const struct frame_job_run *job, struct arena *arena)
{
	static const struct frame_event no_event;

	context_open(out, world, &no_event, OH_SIGNED, arena);
	out->run = &job->run;
	out->job = job;
}

void context_close(struct oh_context *context)
{
	stage_clear(context);
	json_decref(context->body_json);
	json_decref(context->payload);
	context->body_json = NULL;
	context->payload = NULL;
}

const char *context_line(const oh_context *context, const char *format, va_list args)
{
	struct error err;
	(void)vsnprintf(err.text, sizeof(err.text), format, args);
	struct span text = utf8_repair(span_of(err.text), context->arena);
	return arena_strndup(context->arena, text);
}

void context_fail(oh_context *context, const char *format, ...)
{
	va_list args;
	if (context->mistake != NULL)
		return;
	va_start(args, format);
	context->mistake = context_line(context, format, args);
	va_end(args);
}

const char *context_text(const oh_context *context, struct span bytes)
{
	if (bytes.ptr == NULL)
		return NULL;
	return utf8_repair(bytes, context->arena).ptr;
}

static int add_json(const char *bytes, size_t len, void *out)
{
	buf_add(out, bytes, len);
	return 0;
}

struct span context_json(const oh_context *context, const json_t *json)
{
	struct buf text = {0};
	(void)json_dump_callback(json, add_json, &text, JSON_COMPACT | JSON_ENCODE_ANY);
	struct span copy = arena_copy(context->arena, buf_span(&text));
	buf_free(&text);
	return copy;
}
