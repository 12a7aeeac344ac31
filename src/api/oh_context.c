/* oh_context -- offhook.h: what events and jobs have in common, and secrets. */
#include <stdarg.h>
#include <stdlib.h>

#include "api/context.h"
#include "util/clock.h"

enum { LOG_PAIRS_MAX = 32 };

int oh_ok(const oh_context *context)
{
	return context->mistake == NULL &&
	       (context->twiml == NULL || !twiml_failed(context->twiml));
}

int64_t oh_time_ms(const oh_context *context)
{
	return context->time_ms;
}

const char *oh_time(const oh_context *context)
{
	char *text = arena_alloc(context->arena, CLOCK_ISO_SIZE);
	clock_iso(text, context->time_ms);
	return text;
}

const char *oh_url(oh_context *context, const char *path)
{
	if (path == NULL || *path != '/') {
		context_fail(context, "oh_url: the path \"%s\" does not begin with /",
		    path != NULL ? path : "(NULL)");
		return "";
	}
	if (context->base_url.len == 0) {
		context_fail(context,
		    "oh_url: the address of this server is not known: set public-url");
		return "";
	}
	return arena_printf(
	    context->arena, "%.*s%s", SPAN_ARG(context->base_url), path);
}

const char *oh_format(oh_context *context, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	const char *text = context_format(context->arena, format, args);
	va_end(args);
	return text;
}

void oh_log(oh_context *context, const char *message, ...)
{
	struct pair pairs[LOG_PAIRS_MAX];
	struct frame_log line = {.id = context->run->id,
	    .message = span_of(message != NULL ? message : ""),
	    .pairs = pairs};
	const char *name;
	va_list args;
	if (context->world->log == NULL)
		return;
	va_start(args, message);
	while ((name = va_arg(args, const char *)) != NULL &&
	       line.pair_count < LOG_PAIRS_MAX) {
		const char *value = va_arg(args, const char *);
		if (value != NULL)
			pairs[line.pair_count++] =
			    (struct pair){span_of(name), span_of(value)};
	}
	va_end(args);
	context->world->log(context->world->ctx, &line);
}

int oh_fail(oh_context *context, const char *format, ...)
{
	va_list args;
	if (context->mistake != NULL)
		return OH_FAILED;
	va_start(args, format);
	context->mistake = context_line(context, format, args);
	va_end(args);
	return OH_FAILED;
}

const char *oh_secret(oh_context *context, const char *name)
{
	const struct frame_settings *secrets = &context->world->secrets;
	for (uint32_t i = 0; name != NULL && i < secrets->count; i++)
		if (span_is(secrets->pairs[i].name, name))
			return secrets->pairs[i].value.ptr;
	context_fail(context,
	    "oh_secret: %s is not declared: add it to .secrets of the program's oh_app",
	    name != NULL ? name : "(no name)");
	return NULL;
}
