#include "api/document_call.h"

#include <stdarg.h>
#include <stdio.h>

void documents_fail(const struct documents_call *call, const char *format, ...)
{
	struct error err;
	va_list args;
	va_start(args, format);
	(void)vsnprintf(err.text, sizeof(err.text), format, args);
	va_end(args);
	context_fail(
	    call->context, "%s, %s: %s", call->name, call->collection, err.text);
}

bool documents_call(struct documents_call *out, oh_context *context, const char *name,
    const char *collection)
{
	*out = (struct documents_call){.context = context,
	    .name = name,
	    .collection = collection != NULL ? collection : "(NULL)"};
	if (collection == NULL || !store_name_valid(span_of(collection))) {
		documents_fail(out,
		    "this cannot be a collection's name: a letter or _, "
		    "then letters, digits, _ . -, at most 64 bytes");
		return false;
	}
	out->key_field = collections_key(context->world->app, collection);
	context->budget = budget_of(BUDGET_QUERY_MS);
	out->budget = &context->budget;
	return true;
}

bool documents_object(
    const struct documents_call *call, const char *what, const json_t *json)
{
	if (json == NULL)
		documents_fail(call,
		    "the %s is NULL: json_pack failed? (it does for a NULL text, which "
		    "\"s?\" allows, and for a wrong format)",
		    what);
	else if (!json_is_object(json))
		documents_fail(call, "the %s is not an object", what);
	return json_is_object(json);
}

struct span documents_text(
    const struct documents_call *call, const char *what, const json_t *json)
{
	struct span text = context_json(call->context, json);
	if (text.ptr == NULL)
		documents_fail(call, "the %s " CONTEXT_NO_JSON, what);
	return text;
}

struct filter *documents_filter(const struct documents_call *call, const json_t *filter)
{
	struct filter *compiled = NULL;
	struct error err;
	if (!documents_object(call, "filter", filter))
		return NULL;
	if (filter_compile(&compiled, filter, &err) < 0) {
		documents_fail(call, "the filter: %s", err.text);
		return NULL;
	}
	return compiled;
}

struct update *documents_update(const struct documents_call *call, const json_t *update)
{
	struct update *compiled = NULL;
	struct error err;
	if (!documents_object(call, "update", update))
		return NULL;
	if (update_compile(&compiled, update, &err) < 0) {
		documents_fail(call, "the update: %s", err.text);
		return NULL;
	}
	return compiled;
}

static struct store_reader *documents_reader(const struct documents_call *call)
{
	struct store_reader *reader = call->context->world->reader;
	if (reader == NULL)
		documents_fail(call, "there is no store to read here");
	return reader;
}

json_t *documents_get(
    const struct documents_call *call, const struct stage_target *target)
{
	struct error err;
	json_t *doc = NULL;
	struct store_reader *reader = documents_reader(call);
	if (reader != NULL && store_get(reader, target->collection, target->name,
				  target->row != 0, &doc, &err) < 0)
		documents_fail(call, "%s", err.text);
	doc = stage_apply(call->context, target, doc, call->budget);
	if (!call->budget->spent)
		return doc;
	(void)budget_refuse(&err);
	documents_fail(call, "an earlier filter: %s", err.text);
	json_decref(doc);
	return NULL;
}

bool documents_match(
    const struct documents_call *call, const struct filter *filter, const json_t *doc)
{
	struct error err;
	int rc = filter_match(filter, doc, call->budget, &err);
	if (rc < 0)
		documents_fail(call, "%s", err.text);
	return rc == 1;
}

struct store_docs *documents_open(
    const struct documents_call *call, const struct store_query *query)
{
	struct store_reader *reader = documents_reader(call);
	return reader == NULL ? NULL : store_docs_open(reader, query);
}

bool documents_next(
    const struct documents_call *call, struct store_docs *docs, struct store_doc *out)
{
	struct error err;
	int rc = docs == NULL ? 0 : store_docs_next(docs, out, &err);
	if (rc < 0)
		documents_fail(call, "%s", err.text);
	return rc == 1;
}

bool documents_target(struct stage_target *out, const struct documents_call *call,
    const struct filter *filter, char digits[COLLECTIONS_KEY_DIGITS])
{
	const json_t *id = filter_equals(filter, "_id");
	*out = (struct stage_target){
	    .collection = call->collection, .key_field = call->key_field};
	if (json_is_string(id)) {
		out->name = span_of(json_string_value(id));
		out->row = store_id_row(out->name);
		return out->row != 0;
	}
	if (call->key_field != NULL)
		out->name = collections_key_text(
		    filter_equals(filter, call->key_field), digits);
	return out->name.ptr != NULL;
}
