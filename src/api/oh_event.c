/* oh_event -- offhook.h: what came in. */
#include <limits.h>
#include <stdio.h>

#include "api/context.h"
#include "util/clock.h"
#include "util/text.h"
#include "util/utf8.h"

static struct span find(
    const struct pair *pairs, uint32_t count, const char *name, bool any_case)
{
	struct span wanted = span_of(name);
	for (uint32_t i = 0; i < count; i++)
		if (any_case ? span_ieq(pairs[i].name, wanted)
			     : span_eq(pairs[i].name, wanted))
			return pairs[i].value;
	return (struct span){0};
}

static struct span param(const oh_event *event, const char *name)
{
	return find(event->event->params, event->event->param_count, name, false);
}

static const char *raw(struct span bytes, size_t *len)
{
	if (len != NULL)
		*len = bytes.len;
	return bytes.ptr;
}

static const char *or_empty(const char *text)
{
	return text != NULL ? text : "";
}

/* ---- parameters ---- */

const char *oh_param(const oh_event *event, const char *name)
{
	return context_text(event, param(event, name));
}

const char *oh_param_raw(const oh_event *event, const char *name, size_t *len)
{
	return raw(param(event, name), len);
}

const char *oh_param_at(const oh_event *event, size_t n, const char **name)
{
	if (n >= event->event->param_count)
		return NULL;
	const struct pair *pair = &event->event->params[n];
	if (name != NULL)
		*name = context_text(event, pair->name);
	return context_text(event, pair->value);
}

long oh_param_int(const oh_event *event, const char *name, long otherwise)
{
	int64_t value = 0;
	return text_int(param(event, name), LONG_MIN, LONG_MAX, &value) ? (long)value
									: otherwise;
}

json_t *oh_params(const oh_event *event)
{
	json_t *all = json_object();
	for (uint32_t i = 0; i < event->event->param_count; i++) {
		const struct pair *pair = &event->event->params[i];
		struct span value = utf8_repair(pair->value, event->arena);
		const char *name = context_text(event, pair->name);
		json_t *text = json_stringn(value.ptr, value.len);
		json_t *there = json_object_get(all, name);
		if (json_is_array(there))
			(void)json_array_append_new(there, text);
		else if (there != NULL)
			(void)json_object_set_new(
			    all, name, json_pack("[O,o]", there, text));
		else
			(void)json_object_set_new(all, name, text);
	}
	return all;
}

/* ---- the request ---- */

const char *oh_path_param(const oh_event *event, const char *name)
{
	return context_text(event, find(event->event->path_params,
				       event->event->path_param_count, name, false));
}

const char *oh_header(const oh_event *event, const char *name)
{
	return context_text(
	    event, find(event->event->headers, event->event->header_count, name, true));
}

const char *oh_method(const oh_event *event)
{
	return or_empty(context_text(event, event->event->method));
}

const char *oh_path(const oh_event *event)
{
	struct span target = event->event->target;
	struct span path = span_head(target, span_find(target, '?'));
	return arena_strndup(event->arena, utf8_repair(path, event->arena));
}

const char *oh_body(const oh_event *event, size_t *len)
{
	return or_empty(raw(event->event->body, len));
}

json_t *oh_json(oh_event *event)
{
	struct span body = event->event->body;
	if (event->body_json == NULL)
		event->body_json = json_loadb(body.ptr != NULL ? body.ptr : "",
		    body.len, JSON_REJECT_DUPLICATES, NULL);
	return event->body_json;
}

/* ---- what it is ---- */

const char *oh_kind(const oh_event *event)
{
	return or_empty(context_text(event, event->event->kind));
}

const char *oh_sid(const oh_event *event)
{
	return or_empty(context_text(event, event->event->sid));
}

const char *oh_account_sid(const oh_event *event)
{
	return or_empty(context_text(event, event->event->account_sid));
}

int64_t oh_time_ms(const oh_context *context)
{
	return context_is_job(context) ? context->job->began_at_ms
				       : context->event->received_at_ms;
}

const char *oh_time(const oh_context *context)
{
	char *text = arena_alloc(context->arena, CLOCK_ISO_SIZE);
	clock_iso(text, oh_time_ms(context));
	return text;
}

/* ---- media ---- */

static const char *media(const oh_event *event, const char *prefix, size_t n)
{
	char name[48];
	if (n >= oh_media_count(event))
		return NULL;
	(void)snprintf(name, sizeof(name), "%s%zu", prefix, n);
	return oh_param(event, name);
}

size_t oh_media_count(const oh_event *event)
{
	long count = oh_param_int(event, "NumMedia", 0);
	return count > 0 ? (size_t)count : 0;
}

const char *oh_media_url(const oh_event *event, size_t n)
{
	return media(event, "MediaUrl", n);
}

const char *oh_media_type(const oh_event *event, size_t n)
{
	return media(event, "MediaContentType", n);
}
