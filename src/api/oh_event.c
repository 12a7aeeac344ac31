/* oh_event -- offhook.h: what came in. */
#include <stdio.h>

#include "api/context.h"
#include "twilio/params.h"
#include "util/text.h"

static struct span event_find(
    const struct pair *pairs, uint32_t count, const char *name, bool any_case)
{
	struct span wanted = span_of(name);
	for (uint32_t i = 0; i < count; i++)
		if (any_case ? span_ieq(pairs[i].name, wanted)
			     : span_eq(pairs[i].name, wanted))
			return pairs[i].value;
	return (struct span){0};
}

static struct span event_param(const oh_event *event, const char *name)
{
	return event_find(event->frame->params, event->frame->param_count, name, false);
}

static const char *event_bytes(struct span bytes, size_t *len)
{
	if (len != NULL)
		*len = bytes.len;
	return bytes.ptr;
}

/* ---- parameters ---- */

const char *oh_param(const oh_event *event, const char *name)
{
	return oh_param_or(event, name, "");
}

const char *oh_param_or(const oh_event *event, const char *name, const char *otherwise)
{
	return context_text(&event->context, event_param(event, name), otherwise);
}

const char *oh_param_raw(const oh_event *event, const char *name, size_t *len)
{
	return event_bytes(event_param(event, name), len);
}

int oh_param_at(const oh_event *event, size_t n, const char **name, const char **value)
{
	struct pair pair = {0};
	bool there = n < event->frame->param_count;
	if (there)
		pair = event->frame->params[n];
	*name = context_text(&event->context, pair.name, "");
	*value = context_text(&event->context, pair.value, "");
	return there;
}

int64_t oh_param_int(const oh_event *event, const char *name, int64_t otherwise)
{
	int64_t value = 0;
	return text_int(event_param(event, name), INT64_MIN, INT64_MAX, &value)
		   ? value
		   : otherwise;
}

json_t *oh_params(const oh_event *event)
{
	json_t *all = json_object();
	const char *name, *value;
	for (size_t n = 0; oh_param_at(event, n, &name, &value); n++) {
		json_t *text = json_string(value);
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

const char *oh_query(const oh_event *event, const char *name)
{
	return oh_query_or(event, name, "");
}

/* A query that is not a form has no values. */
const char *oh_query_or(const oh_event *event, const char *name, const char *otherwise)
{
	struct params params = {0};
	struct span target = event->frame->target;
	size_t mark = span_find(target, '?');
	if (name == NULL || mark == target.len ||
	    params_parse(&params, span_from(target, mark + 1), event->context.arena) !=
		PARAMS_OK)
		return otherwise;
	return context_text(&event->context, params_get(&params, name), otherwise);
}

const char *oh_path_param(const oh_event *event, const char *name)
{
	struct span value = event_find(
	    event->frame->path_params, event->frame->path_param_count, name, false);
	return context_text(&event->context, value, "");
}

const char *oh_header(const oh_event *event, const char *name)
{
	return oh_header_or(event, name, "");
}

const char *oh_header_or(const oh_event *event, const char *name, const char *otherwise)
{
	struct span value =
	    event_find(event->frame->headers, event->frame->header_count, name, true);
	return context_text(&event->context, value, otherwise);
}

const char *oh_method(const oh_event *event)
{
	return context_text(&event->context, event->frame->method, "");
}

const char *oh_path(const oh_event *event)
{
	struct arena *arena = event->context.arena;
	struct span target = event->frame->target;
	struct span path = arena_copy(arena, span_head(target, span_find(target, '?')));
	return context_text(&event->context, path, "");
}

const char *oh_body(const oh_event *event, size_t *len)
{
	const char *body = event_bytes(event->frame->body, len);
	return body != NULL ? body : "";
}

json_t *oh_json(oh_event *event)
{
	struct span body = event->frame->body;
	if (event->body_json == NULL)
		event->body_json = json_loadb(body.ptr != NULL ? body.ptr : "",
		    body.len, JSON_REJECT_DUPLICATES, NULL);
	return event->body_json;
}

/* ---- what it is ---- */

const char *oh_kind(const oh_event *event)
{
	return context_text(&event->context, event->frame->kind, "");
}

const char *oh_sid(const oh_event *event)
{
	return context_text(&event->context, event->frame->sid, "");
}

const char *oh_account_sid(const oh_event *event)
{
	return context_text(&event->context, event->frame->account_sid, "");
}

/* ---- media ---- */

static const char *event_media(const oh_event *event, const char *prefix, size_t n)
{
	char name[48];
	if (n >= oh_media_count(event))
		return "";
	(void)snprintf(name, sizeof(name), "%s%zu", prefix, n);
	return oh_param(event, name);
}

size_t oh_media_count(const oh_event *event)
{
	int64_t count = oh_param_int(event, "NumMedia", 0);
	return count > 0 ? (size_t)count : 0;
}

const char *oh_media_url(const oh_event *event, size_t n)
{
	return event_media(event, "MediaUrl", n);
}

const char *oh_media_type(const oh_event *event, size_t n)
{
	return event_media(event, "MediaContentType", n);
}
