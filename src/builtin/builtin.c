#include "builtin/builtin.h"

#include "builtin/builtin_call.h"
#include "builtin/builtin_message.h"
#include "builtin/templates.h"
#include "store/reserved.h"
#include "webhook/fallback.h"
#include "webhook/webhook.h"

/* Templates may name one thing that is no parameter of Twilio's: {{PublicPrefix}}, the
 * path of --public-url, which an absolute path in an action would otherwise lose. */
static int render(struct webhook *webhook, enum template_name name, struct error *err)
{
	struct service *service = webhook->lane->service;
	struct params params = webhook->params;
	buf_clear(&webhook->out);
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

static int fall_back(struct webhook *webhook, enum fallback fallback, struct error *err)
{
	return render(webhook,
	    fallback == FALLBACK_CALL ? TEMPLATE_VOICE_FALLBACK : TEMPLATE_SMS_FALLBACK,
	    err);
}

static void answer(struct webhook *webhook, enum template_name name)
{
	if (render(webhook, name, &webhook->failure) < 0) {
		webhook_handled(webhook, HANDLED_FAILED);
		return;
	}
	webhook_reply_twiml(webhook);
	webhook_handled(webhook, HANDLED_OK);
}

static void acknowledge(struct webhook *webhook)
{
	webhook_reply_empty(webhook);
	webhook_handled(webhook, HANDLED_OK);
}

/* What the event changes in the collections, whatever route it came by: owners point
 * several of Twilio's settings at one URL. */
static void keep(struct webhook *webhook)
{
	switch (webhook->event.kind) {
	case EVENT_SMS_RECEIVED:
		builtin_message_received(webhook);
		break;
	case EVENT_SMS_STATUS:
		builtin_message_status(webhook);
		break;
	case EVENT_CALL_RECEIVED:
		builtin_call_received(webhook);
		break;
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

static void on_message(struct webhook *webhook)
{
	keep(webhook);
	if (webhook->event.kind == EVENT_SMS_RECEIVED)
		answer(webhook, TEMPLATE_SMS);
	else
		acknowledge(webhook);
}

static void on_call(struct webhook *webhook)
{
	keep(webhook);
	if (webhook->event.kind == EVENT_CALL_RECEIVED)
		answer(webhook, TEMPLATE_VOICE);
	else if (webhook->event.kind == EVENT_CALL_ACTION)
		answer(webhook, TEMPLATE_VOICE_RECORDED);
	else
		acknowledge(webhook);
}

static void on_recording(struct webhook *webhook)
{
	keep(webhook);
	if (webhook->event.kind == EVENT_CALL_ACTION)
		answer(webhook, TEMPLATE_VOICE_RECORDED);
	else
		acknowledge(webhook);
}

static void on_status(struct webhook *webhook)
{
	keep(webhook);
	acknowledge(webhook);
}

static void on_fallback(struct webhook *webhook)
{
	keep(webhook);
	fallback_reply(webhook);
	webhook_handled(webhook, HANDLED_OK);
}

const struct route builtin_routes[] = {
    {"/twilio/sms", EVENT_SMS_RECEIVED, .handle = on_message, .fall_back = fall_back},
    {"/twilio/sms/status", EVENT_SMS_STATUS, .handle = on_status,
	.fall_back = fall_back},
    {"/twilio/status", EVENT_SMS_STATUS, .handle = on_status, .fall_back = fall_back},
    {"/twilio/voice", EVENT_CALL_RECEIVED, .handle = on_call, .fall_back = fall_back},
    {"/twilio/voice/status", EVENT_CALL_STATUS, .handle = on_status,
	.fall_back = fall_back},
    {"/twilio/voice/recording", EVENT_RECORDING_STATUS, .handle = on_recording,
	.fall_back = fall_back},
    {"/twilio/voice/transcription", EVENT_TRANSCRIPTION, .handle = on_status,
	.fall_back = fall_back},
    {"/twilio/fallback", EVENT_OTHER, .handle = on_fallback, .fall_back = fall_back},
    {0},
};

int builtin_declare(struct store *store, struct error *err)
{
	if (store_declare(store, "sms_messages", "messageSid", err) < 0)
		return -1;
	if (store_declare(store, "calls", "callSid", err) < 0)
		return -1;
	return store_declare(store, COLLECTION_ALERTS, "group", err);
}
