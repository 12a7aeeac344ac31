/* oh_kv -- offhook.h: key-value. Documents of one keyed collection. */
#include "api/app_collections.h"
#include "api/document_call.h"
#include "store/reserved.h"
#include "util/clock.h"

enum { MS = 1000 };

static const long ttl_max_s = 100L * 366 * 24 * 3600;

static void set(
    const struct documents_call *call, const char *key, const char *value, long ttl_s)
{
	json_t *fields = json_object();
	(void)json_object_set_new(fields, "value", json_string(value));
	(void)json_object_set_new(fields, "expiresAt",
	    ttl_s == 0 ? json_null() : json_integer(clock_wall_ms() + ttl_s * MS));
	if (json_object_size(fields) < 2)
		documents_fail(call, "the value is not UTF-8");
	else
		oh_upsert(call->context, COLLECTION_KV, key, json_object(),
		    json_pack("{s:O}", "$set", fields));
	json_decref(fields);
}

void oh_set(oh_context *context, const char *key, const char *value, long ttl_s)
{
	struct documents_call call;
	json_t *name = key == NULL ? NULL : json_string(key);
	if (!documents_call(&call, context, "oh_set", COLLECTION_KV))
		return;
	if (name == NULL)
		documents_fail(&call, "the key is NULL or not UTF-8");
	else if (ttl_s < 0 || ttl_s > ttl_max_s)
		documents_fail(
		    &call, "the key lives 0 (for ever) to 100 years, not %ld s", ttl_s);
	else if (value == NULL)
		(void)oh_remove(
		    context, COLLECTION_KV, json_pack("{s:O}", "key", name));
	else
		set(&call, key, value, ttl_s);
	json_decref(name);
}

const char *oh_kv(oh_context *context, const char *key)
{
	struct documents_call call;
	const char *value = NULL;
	if (key == NULL || !documents_call(&call, context, "oh_kv", COLLECTION_KV))
		return NULL;
	struct stage_target target = {.collection = COLLECTION_KV,
	    .key_field = call.key_field,
	    .name = span_of(key)};
	json_t *doc = documents_get(&call, &target);
	const json_t *until = json_object_get(doc, "expiresAt");
	const char *text = json_string_value(json_object_get(doc, "value"));
	if (text != NULL &&
	    (!json_is_integer(until) || json_integer_value(until) > clock_wall_ms()))
		value = arena_strdup(context->arena, text);
	json_decref(doc);
	return value;
}
