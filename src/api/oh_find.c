/* oh_find -- offhook.h: reading documents. */
#include "api/document_call.h"

static json_t *find_all(const struct documents_call *call, const json_t *spec,
    const json_t *sort, size_t limit)
{
	json_t *found = json_array();
	struct filter *filter = documents_filter(call, spec);
	struct store_query query = {
	    .collection = call->collection,
	    .filter = filter,
	    .sort = sort,
	    .limit = limit > INT32_MAX ? INT32_MAX : (int64_t)limit,
	};
	struct store_doc doc;
	struct store_docs *docs = filter == NULL ? NULL : documents_open(call, &query);
	while (documents_next(call, docs, &doc))
		(void)json_array_append(found, doc.json);
	store_docs_close(docs);
	filter_free(filter);
	return found;
}

json_t *oh_find(oh_context *context, const char *collection, json_t *filter,
    json_t *sort, size_t limit)
{
	struct documents_call call;
	json_t *found = NULL;
	if (documents_call(&call, context, "oh_find", collection))
		found = find_all(&call, filter, sort, limit);
	json_decref(filter);
	json_decref(sort);
	return found != NULL ? found : json_array();
}

json_t *oh_find_one(oh_context *context, const char *collection, json_t *filter)
{
	struct documents_call call;
	json_t *found = NULL;
	if (documents_call(&call, context, "oh_find_one", collection))
		found = find_all(&call, filter, NULL, 1);
	json_decref(filter);
	json_t *first = json_incref(json_array_get(found, 0));
	json_decref(found);
	return first;
}

int64_t oh_count(oh_context *context, const char *collection, json_t *filter)
{
	struct documents_call call;
	int64_t count = 0;
	if (documents_call(&call, context, "oh_count", collection)) {
		struct filter *compiled = documents_filter(&call, filter);
		struct store_query query = {
		    .collection = collection, .filter = compiled};
		struct store_doc doc;
		struct store_docs *docs =
		    compiled == NULL ? NULL : documents_open(&call, &query);
		while (documents_next(&call, docs, &doc))
			count++;
		store_docs_close(docs);
		filter_free(compiled);
	}
	json_decref(filter);
	return count;
}

json_t *oh_get(oh_context *context, const char *collection, const char *id)
{
	struct documents_call call;
	struct stage_target target;
	json_t *doc = NULL;
	if (id == NULL || !documents_call(&call, context, "oh_get", collection))
		return NULL;
	target = (struct stage_target){.collection = collection,
	    .key_field = call.key_field,
	    .name = span_of(id),
	    .row = store_id_row(span_of(id))};
	if (target.row != 0)
		doc = documents_get(&call, &target);
	target.row = 0;
	if (doc == NULL && call.key_field != NULL)
		doc = documents_get(&call, &target);
	return doc;
}
