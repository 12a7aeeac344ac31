/* oh_log -- offhook.h: telling the owner, and secrets. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/context.h"
#include "util/error.h"

enum { MAX_PAIRS = 32 };

void oh_log(oh_context *context, const char *message, ...)
{
	struct pair pairs[MAX_PAIRS];
	struct frame_log line = {.id = context->run->id,
	    .message = span_of(message != NULL ? message : ""),
	    .pairs = pairs};
	const char *name;
	va_list args;
	if (context->world->log == NULL)
		return;
	va_start(args, message);
	while ((name = va_arg(args, const char *)) != NULL &&
	       line.pair_count < MAX_PAIRS) {
		const char *value = va_arg(args, const char *);
		if (value != NULL)
			pairs[line.pair_count++] =
			    (struct pair){span_of(name), span_of(value)};
	}
	va_end(args);
	context->world->log(context->world->ctx, &line);
}

const char *oh_secret(const char *name)
{
	return name != NULL ? getenv(name) : NULL;
}

int oh_fail(oh_context *context, const char *format, ...)
{
	struct error err;
	va_list args;
	va_start(args, format);
	(void)vsnprintf(err.text, sizeof(err.text), format, args);
	va_end(args);
	context_fail(context, "%s", err.text);
	return OH_FAILED;
}
