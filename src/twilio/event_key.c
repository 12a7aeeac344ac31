#include "twilio/event_key.h"

#include <endian.h>
#include <stdint.h>

#include "util/text.h"

enum { FIELD_HEAD = 4 };

/* What of the request counts towards its key. */
enum key_class {
	KEY_MESSAGE = 'm',
	KEY_MESSAGE_STATUS = 's',
	KEY_CALL_STATUS = 'c',
	KEY_RECORDING = 'r',
	KEY_TRANSCRIPTION = 't',
	KEY_DOCUMENT = 'd', /* asks for a live call's TwiML */
	KEY_CONTENT = 'o'
};

/* The request-target that ErrorUrl stands for: without scheme, host, fragment (Twilio
 * keeps connection overrides there) and the public URL's prefix. */
static struct span error_target(
    struct span url, struct span prefix, struct arena *arena)
{
	url = span_head(url, span_find(url, '#'));
	const char *colon = memmem(url.ptr, url.len, "://", 3);
	if (colon != NULL) {
		url = span_from(url, (size_t)(colon - url.ptr) + 3);
		size_t host = 0;
		while (host < url.len && url.ptr[host] != '/' && url.ptr[host] != '?')
			host++;
		url = span_from(url, host);
	}
	if (prefix.len > 0 && span_starts(url, prefix) &&
	    (url.len == prefix.len || url.ptr[prefix.len] == '/' ||
		url.ptr[prefix.len] == '?'))
		url = span_from(url, prefix.len);
	if (url.len > 0 && url.ptr[0] == '/')
		return url;
	return span_of(arena_printf(arena, "/%.*s", SPAN_ARG(url)));
}

/* The text a key is the hash of, written into memory that was measured before. */
struct key_text {
	char *start, *at;
};

/* Adds a field with its length before it, so that no two lists of fields give the same
 * text. */
static void add_field(struct key_text *text, struct span field)
{
	uint32_t len = htobe32((uint32_t)field.len);
	memcpy(text->at, &len, FIELD_HEAD);
	if (field.len > 0)
		memcpy(text->at + FIELD_HEAD, field.ptr, field.len);
	text->at += FIELD_HEAD + field.len;
}

static void add_param(
    struct key_text *text, const struct params *params, const char *name)
{
	add_field(text, params_get(params, name));
}

/* No key's text is longer, whatever counts towards it. */
static size_t longest_text(const struct event_source *source, struct span target)
{
	size_t fields = 8;
	size_t len = target.len + source->method.len + source->body.len;
	for (size_t i = 0; source->params != NULL && i < source->params->count; i++) {
		const struct pair *param = &source->params->items[i];
		/* Once as the content, once as the SID, status or error code. */
		len += 2 * (param->name.len + param->value.len);
		fields += 2;
	}
	return len + fields * FIELD_HEAD;
}

/* Everything that was said, in an order that does not depend on the sender. */
static void add_content(struct key_text *text, const struct event *event,
    const struct event_source *source, struct arena *arena)
{
	add_field(text, source->method);
	if (source->params == NULL) {
		add_field(text, source->body);
		return;
	}
	struct params sorted = params_sort(source->params, arena);
	for (size_t i = 0; i < sorted.count; i++) {
		struct span name = sorted.items[i].name;
		if (event->is_fallback &&
		    (span_is(name, "ErrorCode") || span_is(name, "ErrorUrl")))
			continue;
		add_field(text, name);
		add_field(text, sorted.items[i].value);
	}
}

static struct span message_status(const struct params *params)
{
	struct span status = params_get_filled(params, "MessageStatus");
	return status.ptr != NULL ? status : params_get_filled(params, "SmsStatus");
}

static enum key_class key_class_of(const struct event *event)
{
	if (event->sid.len == 0)
		return KEY_CONTENT;
	switch (event->kind) {
	case EVENT_SMS_RECEIVED:
		return KEY_MESSAGE;
	case EVENT_SMS_STATUS:
		return KEY_MESSAGE_STATUS;
	case EVENT_CALL_RECEIVED:
	case EVENT_CALL_ACTION:
		return KEY_DOCUMENT;
	case EVENT_CALL_STATUS:
		return KEY_CALL_STATUS;
	case EVENT_RECORDING_STATUS:
		return KEY_RECORDING;
	case EVENT_TRANSCRIPTION:
		return KEY_TRANSCRIPTION;
	case EVENT_JSON:
	case EVENT_OTHER:
	case EVENT_KINDS:
		break;
	}
	return KEY_CONTENT;
}

static void add_identity(struct key_text *text, enum key_class class,
    const struct event *event, const struct event_source *source, struct arena *arena)
{
	const struct params *params = source->params;
	add_field(text, event->sid);
	switch (class) {
	case KEY_MESSAGE:
		break;
	case KEY_MESSAGE_STATUS:
		add_field(text, message_status(params));
		add_param(text, params, "ErrorCode");
		break;
	case KEY_CALL_STATUS:
		add_param(text, params, "CallStatus");
		add_param(text, params, "SequenceNumber");
		break;
	case KEY_RECORDING:
		add_param(text, params, "RecordingStatus");
		break;
	case KEY_TRANSCRIPTION:
		add_param(text, params, "TranscriptionStatus");
		break;
	case KEY_DOCUMENT:
	case KEY_CONTENT:
		add_content(text, event, source, arena);
		break;
	}
}

/* The tail of a key whose token counts too. */
static void tokened_tail(unsigned char out[8], const unsigned char digest[32],
    struct span token, struct arena *arena)
{
	unsigned char both[32];
	char *text = arena_alloc(arena, 32 + token.len);
	memcpy(text, digest, 32);
	memcpy(text + 32, token.ptr, token.len);
	text_sha256(both, (struct span){text, 32 + token.len});
	memcpy(out, both, 8);
}

void event_key_make(
    struct event *event, const struct event_source *source, struct arena *arena)
{
	enum key_class class = key_class_of(event);
	bool tokened =
	    (class == KEY_DOCUMENT || class == KEY_CONTENT) && source->token.len > 0;
	struct span target = source->target;
	if (event->is_fallback)
		target = error_target(
		    params_get(source->params, "ErrorUrl"), source->prefix, arena);
	struct key_text text;
	text.start = arena_alloc(arena, 1 + longest_text(source, target));
	text.at = text.start;
	*text.at++ = (char)class;
	add_field(&text, target);
	add_identity(&text, class, event, source, arena);
	unsigned char digest[32];
	text_sha256(digest, (struct span){text.start, (size_t)(text.at - text.start)});

	/* The halves change places: so they stand in every store there is. */
	memcpy(event->content, digest + 8, 8);
	memcpy(event->content + 8, digest, 8);
	memcpy(event->key, event->content, EVENT_KEY_SIZE);
	if (tokened)
		tokened_tail(event->key + 8, digest, source->token, arena);
	event->unique = class != KEY_DOCUMENT || tokened;
}
