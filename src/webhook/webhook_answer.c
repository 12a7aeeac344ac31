/* What handlers and steps make of a webhook: its reply, its writes, or why it failed. */
#include "webhook/webhook.h"

#include "util/utf8.h"

void webhook_fail(struct webhook *webhook, const char *why)
{
	webhook->failure = arena_strdup(webhook->arena, why);
}

struct store_write *webhook_write(
    struct webhook *webhook, enum store_op op, const char *collection)
{
	struct store_write *write = arena_zalloc(webhook->arena, sizeof(*write));
	write->op = op;
	write->collection = collection;
	write->expect = -1;
	struct store_write **last = &webhook->writes;
	while (*last != NULL)
		last = &(*last)->next;
	*last = write;
	return write;
}

const char *webhook_param(const struct webhook *webhook, const char *name)
{
	struct span value = params_get_filled(&webhook->params, name);
	if (value.ptr == NULL)
		return NULL;
	return arena_strndup(webhook->arena, utf8_repair(value, webhook->arena));
}

void webhook_reply_empty(struct webhook *webhook)
{
	webhook->reply = (struct reply){.status = 204};
}

void webhook_reply_twiml(struct webhook *webhook)
{
	webhook->reply = (struct reply){.status = 200,
	    .content_type = "text/xml; charset=utf-8",
	    .body = buf_span(&webhook->out)};
}

enum webhook_step webhook_refuse(
    struct webhook *webhook, enum outcome outcome, int status, const char *text)
{
	webhook->outcome = outcome;
	webhook->reply = (struct reply){.status = status,
	    .content_type = "text/plain; charset=utf-8",
	    .body = span_of(text),
	    .header = status == 503 ? "Retry-After: 1" : NULL};
	return WEBHOOK_SEND;
}
