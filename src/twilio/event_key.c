#include "twilio/event_key.h"

#include <endian.h>
#include <stdint.h>

#include "util/text.h"

enum { FIELD_HEAD = 4, DIGEST = 32 };

/* What the text of a sameness is made of: no two kinds may give the same text. */
enum sameness {
	SAMENESS_MESSAGE = 'M', /* an inbound message: its SID is enough */
	SAMENESS_FORM = 'F',
	SAMENESS_JSON = 'J'
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
static void key_field(struct key_text *text, struct span field)
{
	uint32_t len = htobe32((uint32_t)field.len);
	memcpy(text->at, &len, FIELD_HEAD);
	if (field.len > 0)
		memcpy(text->at + FIELD_HEAD, field.ptr, field.len);
	text->at += FIELD_HEAD + field.len;
}

static void key_hash(unsigned char out[EVENT_KEY_SIZE], const struct key_text *text)
{
	unsigned char digest[DIGEST];
	text_sha256(
	    digest, (struct span){text->start, (size_t)(text->at - text->start)});
	memcpy(out, digest, EVENT_KEY_SIZE);
}

/* An SM or MM SID; conversations' messages (IM…) have events of other kinds. */
static bool key_is_message(const struct event *event)
{
	return event->kind == EVENT_SMS_RECEIVED &&
	       (span_starts(event->sid, SPAN("SM")) ||
		   span_starts(event->sid, SPAN("MM")));
}

/* A parameter that differs between repeats of one event: the count of a retry, and what
 * a fallback URL is told of the first one's failure. */
static bool key_passes_over(const struct event *event, struct span name)
{
	if (span_is(name, "RetryCount"))
		return true;
	return event->is_fallback &&
	       (span_is(name, "ErrorCode") || span_is(name, "ErrorUrl"));
}

/* The query of a GET is its parameters, which are counted by name. */
static struct span key_target(
    const struct event *event, const struct event_source *source, struct arena *arena)
{
	struct span target = source->target;
	if (event->is_fallback)
		target = error_target(
		    params_get(source->params, "ErrorUrl"), source->prefix, arena);
	return source->in_query ? span_head(target, span_find(target, '?')) : target;
}

static void key_of_form(struct key_text *text, const struct event *event,
    const struct event_source *source, struct arena *arena)
{
	struct params sorted = params_sort(source->params, arena);
	for (size_t i = 0; i < sorted.count; i++) {
		if (key_passes_over(event, sorted.items[i].name))
			continue;
		key_field(text, sorted.items[i].name);
		key_field(text, sorted.items[i].value);
	}
}

/* The target without bodySHA256, which a proxy or a retry may repeat, and the body. */
static void key_of_json(struct key_text *text, struct span target, struct span body)
{
	unsigned char digest[DIGEST];
	struct span rest = span_from(target, span_find(target, '?'));
	key_field(text, span_head(target, target.len - rest.len));
	while (rest.len > 0) {
		rest = span_from(rest, 1);
		struct span piece = span_head(rest, span_find(rest, '&'));
		rest = span_from(rest, piece.len);
		if (!span_starts(piece, SPAN("bodySHA256=")))
			key_field(text, piece);
	}
	text_sha256(digest, body);
	key_field(text, (struct span){(const char *)digest, sizeof(digest)});
}

static size_t key_longest(const struct event_source *source, struct span target)
{
	size_t len =
	    1 + 2 * (target.len + FIELD_HEAD) + FIELD_HEAD * (target.len + 2) + DIGEST;
	for (size_t i = 0; source->params != NULL && i < source->params->count; i++)
		len += source->params->items[i].name.len +
		       source->params->items[i].value.len + 2 * (size_t)FIELD_HEAD;
	return len;
}

void event_key_make(
    struct event *event, const struct event_source *source, struct arena *arena)
{
	struct span target = key_target(event, source, arena);
	struct key_text text;
	text.start = arena_alloc(arena, key_longest(source, target));
	text.at = text.start;
	if (source->params == NULL) {
		*text.at++ = (char)SAMENESS_JSON;
		key_of_json(&text, target, source->body);
	} else if (key_is_message(event)) {
		*text.at++ = (char)SAMENESS_MESSAGE;
		key_field(&text, target);
		key_field(&text, event->sid);
	} else {
		*text.at++ = (char)SAMENESS_FORM;
		key_field(&text, target);
		key_of_form(&text, event, source, arena);
	}
	key_hash(event->sameness, &text);
	event->has_token = event->is_document && source->token.len > 0;
	if (!event->has_token)
		return;
	text.start = arena_alloc(
	    arena, EVENT_KEY_SIZE + source->token.len + 2 * (size_t)FIELD_HEAD);
	text.at = text.start;
	key_field(&text, (struct span){(const char *)event->sameness, EVENT_KEY_SIZE});
	key_field(&text, source->token);
	key_hash(event->tokened, &text);
}
