/* oh_kv -- offhook.h: key-value, which are the documents of one keyed collection. */
#include "api/document_call.h"
#include "store/reserved.h"
#include "util/clock.h"
#include "util/utf8.h"

enum { MS = 1000 };

static const double ttl_max_s = 100.0 * 366 * 24 * 3600;

static bool kv_open(
    struct documents_call *out, oh_context *context, const char *name, const char *key)
{
	if (!documents_call(out, context, name, COLLECTION_KV))
		return false;
	if (key == NULL || !utf8_valid(span_of(key)))
		documents_fail(out, "the key is NULL or not UTF-8");
	return key != NULL && utf8_valid(span_of(key));
}

void oh_kv_set(oh_context *context, const char *key, const char *value, double ttl_s)
{
	struct documents_call call;
	if (!kv_open(&call, context, "oh_kv_set", key))
		return;
	if (value == NULL || !utf8_valid(span_of(value))) {
		documents_fail(&call, "the value is NULL or not UTF-8");
		return;
	}
	/* Also for what is not a number. */
	if (!(ttl_s >= 0 && ttl_s <= ttl_max_s)) {
		documents_fail(
		    &call, "the key lives 0 (for ever) to 100 years, not %g s", ttl_s);
		return;
	}
	json_t *until = ttl_s == 0
			    ? json_null()
			    : json_integer(clock_wall_ms() + (int64_t)(ttl_s * MS));
	oh_upsert(context, COLLECTION_KV, key, json_object(),
	    json_pack("{s:{s:s, s:o}}", "$set", "value", value, "expiresAt", until));
}

const char *oh_kv_get(oh_context *context, const char *key)
{
	return oh_kv_get_or(context, key, "");
}

const char *oh_kv_get_or(oh_context *context, const char *key, const char *otherwise)
{
	struct documents_call call;
	const char *value = otherwise;
	if (!kv_open(&call, context, "oh_kv_get", key))
		return otherwise;
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

void oh_kv_remove(oh_context *context, const char *key)
{
	struct documents_call call;
	if (kv_open(&call, context, "oh_kv_remove", key))
		(void)oh_remove(context, COLLECTION_KV, json_pack("{s:s}", "key", key));
}
