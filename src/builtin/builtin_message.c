#include "builtin/builtin_message.h"

#include <stdio.h>

#include "util/clock.h"
#include "util/jsonw.h"
#include "util/text.h"
#include "util/utf8.h"
#include "webhook/webhook.h"

enum { MAX_MEDIA = 100 };

static void message_field(
    struct buf *out, const char *name, const struct params *params, const char *param)
{
	jsonw_field(out, name, params_get_filled(params, param));
}

static void message_media(struct buf *out, const struct params *params, int64_t count)
{
	jsonw_key(out, SPAN("media"));
	buf_putc(out, '[');
	for (int64_t i = 0; i < count; i++) {
		char url[32];
		char type[32];
		(void)snprintf(url, sizeof(url), "MediaUrl%d", (int)i);
		(void)snprintf(type, sizeof(type), "MediaContentType%d", (int)i);
		if (params_get(params, url).ptr == NULL)
			continue;
		jsonw_comma(out);
		buf_putc(out, '{');
		message_field(out, "url", params, url);
		message_field(out, "contentType", params, type);
		buf_putc(out, '}');
	}
	buf_putc(out, ']');
}

/* <Sms> tells SmsStatus alone. */
static struct span message_status(const struct params *params)
{
	struct span status = params_get_filled(params, "MessageStatus");
	return status.ptr != NULL ? status : params_get_filled(params, "SmsStatus");
}

/* The document of a message that is not known yet. */
static struct span message_doc(struct webhook *webhook, bool inbound)
{
	const struct params *params = &webhook->params;
	struct buf *out = &webhook->lane->scratch;
	int64_t media = 0;
	bool counted = text_int(params_get(params, "NumMedia"), 0, MAX_MEDIA, &media);
	buf_clear(out);
	buf_putc(out, '{');
	jsonw_field(out, "messageSid", webhook->event.sid);
	message_field(out, "from", params, "From");
	message_field(out, "to", params, "To");
	jsonw_field(out, "body", params_get(params, "Body"));
	jsonw_field(out, "direction", inbound ? SPAN("inbound") : SPAN("outbound"));
	if (inbound || counted)
		jsonw_field_int(out, "numMedia", media);
	else
		jsonw_field_null(out, "numMedia");
	message_media(out, params, media);
	jsonw_field_time(out, "receivedAt", webhook->received_at_ms);
	if (inbound)
		jsonw_field(out, "status", SPAN("received"));
	else
		jsonw_field(out, "status", message_status(params));
	message_field(out, "errorCode", params, "ErrorCode");
	message_field(out, "errorMessage", params, "ErrorMessage");
	if (inbound)
		jsonw_field_null(out, "updatedAt");
	else
		jsonw_field_time(out, "updatedAt", webhook->received_at_ms);
	buf_putc(out, '}');
	return arena_copy(webhook->arena, buf_span(out));
}

/* A message that is known already stays as it is. */
void builtin_message_received(struct webhook *webhook)
{
	if (webhook->event.sid.len == 0)
		return;
	struct store_write *write =
	    webhook_write(webhook, STORE_UPDATE, "sms_messages");
	write->key = webhook->event.sid;
	write->doc = message_doc(webhook, true);
}

struct status_edit {
	const char *status, *error_code, *error_message, *updated_at;
};

static int message_set_text(json_t *doc, const char *name, const char *value)
{
	return json_object_set_new(
	    doc, name, value == NULL ? json_null() : json_string(value));
}

/* A status that comes again may bring the reason that it lacked at first. */
static bool message_adds_reason(const struct status_edit *edit, const json_t *doc)
{
	const char *now = json_string_value(json_object_get(doc, "status"));
	return now != NULL && strcmp(now, edit->status) == 0 &&
	       edit->error_code != NULL &&
	       json_is_null(json_object_get(doc, "errorCode"));
}

/* Never backwards. Of two statuses of one rank, the first stays. */
static int message_raise_status(const void *ctx, json_t *doc, struct error *err)
{
	const struct status_edit *edit = ctx;
	const char *now = json_string_value(json_object_get(doc, "status"));
	if (event_message_rank(span_of(edit->status)) <=
		(now == NULL ? -1 : event_message_rank(span_of(now))) &&
	    !message_adds_reason(edit, doc))
		return 0;
	if (message_set_text(doc, "status", edit->status) < 0 ||
	    message_set_text(doc, "errorCode", edit->error_code) < 0 ||
	    message_set_text(doc, "errorMessage", edit->error_message) < 0 ||
	    message_set_text(doc, "updatedAt", edit->updated_at) < 0)
		return error_set(err, "sms_messages: the status is not text");
	return 1;
}

void builtin_message_status(struct webhook *webhook)
{
	struct span told = message_status(&webhook->params);
	const char *status =
	    arena_strndup(webhook->arena, utf8_repair(told, webhook->arena));
	if (webhook->event.sid.len == 0 || event_message_rank(span_of(status)) < 0)
		return; /* an unknown status: its event is stored, no more */
	struct status_edit *edit = arena_zalloc(webhook->arena, sizeof(*edit));
	char *now = arena_alloc(webhook->arena, CLOCK_ISO_SIZE);
	clock_iso(now, webhook->received_at_ms);
	*edit = (struct status_edit){status, webhook_param(webhook, "ErrorCode"),
	    webhook_param(webhook, "ErrorMessage"), now};
	struct store_write *write =
	    webhook_write(webhook, STORE_UPDATE, "sms_messages");
	write->key = webhook->event.sid;
	write->doc = message_doc(webhook, false);
	write->edit = message_raise_status;
	write->edit_ctx = edit;
}
