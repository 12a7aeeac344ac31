#include "webhook/fallback.h"

#include "twilio/template.h"
#include "webhook/webhook.h"

#define XML "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"

static enum fallback fallback_of(const struct webhook *webhook)
{
	switch (webhook->event.kind) {
	case EVENT_SMS_RECEIVED:
		return FALLBACK_MESSAGE;
	case EVENT_CALL_RECEIVED:
	case EVENT_CALL_ACTION:
		return FALLBACK_CALL;
	case EVENT_SMS_STATUS:
	case EVENT_CALL_STATUS:
	case EVENT_RECORDING_STATUS:
	case EVENT_TRANSCRIPTION:
		return FALLBACK_EMPTY;
	case EVENT_JSON:
	case EVENT_OTHER:
	case EVENT_KINDS:
		break;
	}
	/* A route with texts of its own is for Twilio, which names the call of a call. */
	if (webhook->route->fall_back == NULL)
		return FALLBACK_ERROR;
	return params_get_filled(&webhook->params, "CallSid").ptr != NULL
		   ? FALLBACK_CALL
		   : FALLBACK_MESSAGE;
}

/* An own text may fail (a template of the owner's is too long for its parameters): then
 * the usual one. */
static void fallback_twiml(
    struct webhook *webhook, enum fallback fallback, const char *usual)
{
	const struct route *route = webhook->route;
	struct error err;
	if (route->fall_back == NULL || route->fall_back(webhook, fallback, &err) < 0) {
		buf_clear(&webhook->out);
		buf_puts(&webhook->out, usual);
	}
	webhook_reply_twiml(webhook);
}

void fallback_reply(struct webhook *webhook)
{
	const struct template *template = webhook->route->fallback;
	struct error err;
	buf_clear(&webhook->out);
	if (template != NULL &&
	    template_render(template, &webhook->params, &webhook->out, &err) == 0) {
		webhook_reply_twiml(webhook);
		return;
	}
	enum fallback fallback = fallback_of(webhook);
	switch (fallback) {
	case FALLBACK_EMPTY:
		webhook_reply_empty(webhook);
		break;
	case FALLBACK_MESSAGE:
		fallback_twiml(webhook, fallback, XML "<Response/>");
		break;
	case FALLBACK_CALL:
		fallback_twiml(webhook, fallback,
		    XML "<Response><Say>We are sorry, something went wrong. Please "
			"call again later.</Say></Response>");
		break;
	case FALLBACK_ERROR:
		webhook->reply = (struct reply){.status = 500,
		    .content_type = "text/plain; charset=utf-8",
		    .body = SPAN("the handler failed\n")};
		break;
	}
}
