#include "builtin/builtin.h"

#include "builtin/builtin_call.h"
#include "builtin/builtin_message.h"
#include "builtin/templates.h"
#include "store/reserved.h"
#include "webhook/fallback.h"
#include "webhook/webhook.h"

/* Advanced Opt-Out has answered STOP, HELP or START already: a second message would not
 * be wanted. docs/twilio.md, "Requests" */
static bool builtin_is_silent(const struct webhook *webhook, enum template_name name)
{
	return (name == TEMPLATE_SMS || name == TEMPLATE_SMS_FALLBACK) &&
	       params_get_filled(&webhook->params, "OptOutType").ptr != NULL;
}

/* Besides Twilio's parameters, templates know {{PublicPrefix}}: the path of
 * --public-url, which an absolute path in an action needs. */
static int builtin_render(
    struct webhook *webhook, enum template_name name, struct error *err)
{
	struct service *service = webhook->lane->service;
	struct params params = webhook->params;
	buf_clear(&webhook->out);
	if (builtin_is_silent(webhook, name)) {
		buf_puts(&webhook->out,
		    "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Response/>");
		return 0;
	}
	if (service->config->public_prefix.len > 0) {
		params.items = arena_alloc(
		    webhook->arena, (params.count + 1) * sizeof(*params.items));
		if (params.count > 0)
			memcpy(params.items, webhook->params.items,
			    params.count * sizeof(*params.items));
		params.items[params.count++] =
		    (struct pair){SPAN("PublicPrefix"), service->config->public_prefix};
	}
	return templates_render(service->templates, name, &params, &webhook->out, err);
}

static int builtin_fall_back(
    struct webhook *webhook, enum fallback fallback, struct error *err)
{
	return builtin_render(webhook,
	    fallback == FALLBACK_CALL ? TEMPLATE_VOICE_FALLBACK : TEMPLATE_SMS_FALLBACK,
	    err);
}

static void builtin_answer(struct webhook *webhook, enum template_name name)
{
	struct error err;
	bool rendered = builtin_render(webhook, name, &err) == 0;
	if (rendered)
		webhook_reply_twiml(webhook);
	else
		webhook_fail(webhook, err.text);
	webhook_handled(webhook, rendered ? HANDLED_OK : HANDLED_FAILED);
}

static void builtin_acknowledge(struct webhook *webhook)
{
	webhook_reply_empty(webhook);
	webhook_handled(webhook, HANDLED_OK);
}

/* Stages what the event changes in the collections. The event's kind decides, not the
 * route, because owners enter one URL in several of Twilio's settings. */
static void builtin_keep(struct webhook *webhook)
{
	switch (webhook->event.kind) {
	case EVENT_SMS_RECEIVED:
		builtin_message_received(webhook);
		break;
	case EVENT_SMS_STATUS:
		builtin_message_status(webhook);
		break;
	case EVENT_CALL_RECEIVED:
	case EVENT_CALL_STATUS:
		builtin_call_status(webhook);
		break;
	case EVENT_RECORDING_STATUS:
	case EVENT_CALL_ACTION:
		builtin_call_recording(webhook);
		break;
	case EVENT_TRANSCRIPTION:
		builtin_call_transcription(webhook);
		break;
	case EVENT_JSON:
	case EVENT_OTHER:
	case EVENT_KINDS:
		break;
	}
}

static void builtin_on_message(struct webhook *webhook)
{
	builtin_keep(webhook);
	if (webhook->event.kind == EVENT_SMS_RECEIVED)
		builtin_answer(webhook, TEMPLATE_SMS);
	else
		builtin_acknowledge(webhook);
}

static void builtin_on_call(struct webhook *webhook)
{
	builtin_keep(webhook);
	if (webhook->event.kind == EVENT_CALL_RECEIVED)
		builtin_answer(webhook, TEMPLATE_VOICE);
	else if (webhook->event.kind == EVENT_CALL_ACTION)
		builtin_answer(webhook, TEMPLATE_VOICE_RECORDED);
	else
		builtin_acknowledge(webhook);
}

static void builtin_on_recording(struct webhook *webhook)
{
	builtin_keep(webhook);
	if (webhook->event.kind == EVENT_CALL_ACTION)
		builtin_answer(webhook, TEMPLATE_VOICE_RECORDED);
	else
		builtin_acknowledge(webhook);
}

static void builtin_on_status(struct webhook *webhook)
{
	builtin_keep(webhook);
	builtin_acknowledge(webhook);
}

static void builtin_on_fallback(struct webhook *webhook)
{
	builtin_keep(webhook);
	fallback_reply(webhook);
	webhook_handled(webhook, HANDLED_OK);
}

/* include/offhook.h lists the same paths for users' apps: OH_BUILTIN_ROUTES. */
const struct route builtin_routes[] = {
    {"/twilio/sms", EVENT_SMS_RECEIVED, builtin_on_message,
	.fall_back = builtin_fall_back},
    {"/twilio/sms/status", EVENT_SMS_STATUS, builtin_on_status,
	.fall_back = builtin_fall_back},
    {"/twilio/status", EVENT_SMS_STATUS, builtin_on_status,
	.fall_back = builtin_fall_back},
    {"/twilio/voice", EVENT_CALL_RECEIVED, builtin_on_call,
	.fall_back = builtin_fall_back},
    {"/twilio/voice/status", EVENT_CALL_STATUS, builtin_on_status,
	.fall_back = builtin_fall_back},
    {"/twilio/voice/recording", EVENT_RECORDING_STATUS, builtin_on_recording,
	.fall_back = builtin_fall_back},
    {"/twilio/voice/transcription", EVENT_TRANSCRIPTION, builtin_on_status,
	.fall_back = builtin_fall_back},
    {"/twilio/fallback", EVENT_OTHER, builtin_on_fallback,
	.fall_back = builtin_fall_back, .console = "Primary handler fails"},
    {0},
};

int builtin_declare(struct store *store, struct error *err)
{
	if (store_declare(store, "sms_messages", "messageSid", err) < 0 ||
	    store_declare(store, "calls", "callSid", err) < 0)
		return -1;
	return store_declare(store, COLLECTION_ALERTS, "group", err);
}
