#include "api/context.h"

#include <stdio.h>

#include "api/json_text.h"
#include "api/stage.h"
#include "util/buf.h"
#include "util/error.h"
#include "util/utf8.h"

enum twiml_kind event_language(const oh_event *event)
{
	switch (event->kind) {
	case OH_MESSAGE:
	case OH_MESSAGE_STATUS:
		return TWIML_MESSAGING;
	case OH_SIGNED:
	case OH_UNSIGNED:
		return oh_param_or(event, "MessageSid", NULL) != NULL ? TWIML_MESSAGING
								      : TWIML_VOICE;
	case OH_CALL:
	case OH_CALL_ACTION:
	case OH_CALL_STATUS:
	case OH_RECORDING:
	case OH_TRANSCRIPTION:
		break;
	}
	return TWIML_VOICE;
}

bool event_wants_twiml(const oh_event *event)
{
	return event->kind == OH_MESSAGE || event->kind == OH_CALL ||
	       event->kind == OH_CALL_ACTION;
}

static void context_open(
    struct oh_context *out, const struct context_world *world, struct arena *arena)
{
	out->arena = arena;
	out->world = world;
	out->staged_end = &out->staged;
	out->jobs_end = &out->jobs;
}

void event_open(oh_event *out, const struct context_world *world,
    const struct frame_event *frame, enum oh_route_kind kind, struct arena *arena)
{
	*out = (oh_event){.frame = frame, .kind = kind};
	context_open(&out->context, world, arena);
	out->context.run = &frame->run;
	out->context.time_ms = frame->received_at_ms;
	out->context.base_url = frame->base_url;
	out->context.twiml = twiml_new(event_language(out), arena);
	twiml_base(out->context.twiml, frame->base_url);
	out->root = (struct oh_twiml){twiml_root(out->context.twiml), arena};
}

void event_close(oh_event *event)
{
	stage_clear(&event->context);
	json_decref(event->body_json);
	event->body_json = NULL;
}

void job_open(oh_job *out, const struct context_world *world,
    const struct frame_job_run *frame, struct arena *arena)
{
	*out = (oh_job){.frame = frame};
	context_open(&out->context, world, arena);
	out->context.run = &frame->run;
	out->context.time_ms = frame->began_at_ms;
	out->context.base_url = frame->base_url;
}

void job_close(oh_job *job)
{
	stage_clear(&job->context);
	json_decref(job->payload);
	job->payload = NULL;
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

const char *context_format(struct arena *arena, const char *format, va_list args)
{
	char brief[512];
	va_list again;
	va_copy(again, args);
	int len = vsnprintf(brief, sizeof(brief), format, args);
	size_t size = len > 0 ? (size_t)len + 1 : 1;
	char *text = arena_alloc(arena, size);
	text[0] = '\0';
	if (len > 0 && size <= sizeof(brief))
		memcpy(text, brief, size);
	else if (len > 0)
		(void)vsnprintf(text, size, format, again);
	va_end(again);
	return text;
}

const char *context_text(
    const oh_context *context, struct span bytes, const char *otherwise)
{
	if (bytes.ptr == NULL)
		return otherwise;
	struct span text = utf8_repair(bytes, context->arena);
	if (memchr(text.ptr, '\0', text.len) == NULL)
		return text.ptr;
	struct buf whole = {0};
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] == '\0')
			buf_puts(&whole, "\xEF\xBF\xBD");
		else
			buf_putc(&whole, text.ptr[i]);
	const char *copy = arena_strndup(context->arena, buf_span(&whole));
	buf_free(&whole);
	return copy;
}

struct span context_json(const oh_context *context, const json_t *json)
{
	struct span copy = {0};
	struct buf text = {0};
	if (json_text(&text, json))
		copy = arena_copy(context->arena, buf_span(&text));
	buf_free(&text);
	return copy;
}
