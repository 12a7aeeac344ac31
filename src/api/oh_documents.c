/* oh_documents -- offhook.h: writing documents. Writes are staged (api/stage.h). */
#include "api/document_call.h"
#include "api/json_text.h"

/* ---- inserting ---- */

/* The row of the next insert; 0 and a mistake when there is none left. */
static int64_t documents_next_row(const struct documents_call *call)
{
	oh_context *context = call->context;
	if (context->rows_used < context->run->row_count)
		return context->run->first_row + context->rows_used++;
	documents_fail(call, "one run of a handler can insert %u documents, no more",
	    context->run->row_count);
	return 0;
}

static bool documents_has_no_id(const struct documents_call *call, const json_t *doc)
{
	if (json_object_get(doc, "_id") == NULL)
		return true;
	documents_fail(call, "the document has an \"_id\" already: the store makes it");
	return false;
}

/* doc itself gets no "_id", since the caller may share it. */
static struct span documents_text_with_id(
    const struct documents_call *call, const json_t *doc, const char *id)
{
	struct span copy = {0};
	struct buf text = {0};
	buf_puts(&text, "{\"_id\":\"");
	buf_puts(&text, id);
	buf_putc(&text, '"');
	size_t at = text.len;
	if (json_text(&text, doc)) {
		text.ptr[at] = ','; /* in place of the brace */
		if (json_object_size(doc) == 0) {
			text.ptr[at] = '}';
			text.len = at + 1;
		}
		copy = arena_copy(call->context->arena, buf_span(&text));
	} else {
		documents_fail(call, "the document " CONTEXT_NO_JSON);
	}
	buf_free(&text);
	return copy;
}

static const char *documents_insert(const struct documents_call *call, json_t *doc)
{
	oh_context *context = call->context;
	char digits[COLLECTIONS_KEY_DIGITS];
	int64_t row;
	if (!documents_object(call, "document", doc) ||
	    !documents_has_no_id(call, doc) || (row = documents_next_row(call)) == 0)
		return "";
	char *id = arena_alloc(context->arena, STORE_ID_SIZE);
	int64_t *ids = arena_alloc(context->arena, sizeof(*ids));
	store_id(id, row);
	*ids = row;
	struct span text = documents_text_with_id(call, doc, id);
	if (text.ptr == NULL)
		return "";
	struct staged *staged = stage_write(context, STORE_INSERT, call->collection);
	staged->write.doc = text;
	staged->write.ids = ids;
	staged->write.id_count = 1;
	if (call->key_field != NULL)
		staged->write.key = arena_copy(context->arena,
		    collections_key_text(filter_path(doc, call->key_field), digits));
	return id;
}

const char *oh_insert(oh_context *context, const char *collection, json_t *doc)
{
	struct documents_call call;
	const char *id = "";
	if (documents_call(&call, context, "oh_insert", collection))
		id = documents_insert(&call, doc);
	json_decref(doc);
	return id;
}

/* ---- upserting ---- */

static bool documents_upsert_key(const struct documents_call *call, const char *key)
{
	if (key == NULL || *key == '\0')
		documents_fail(call, "the key is %s", key == NULL ? "NULL" : "empty");
	else if (call->key_field == NULL)
		documents_fail(call,
		    "the collection has no key: name one in the app's .collections");
	return key != NULL && *key != '\0' && call->key_field != NULL;
}

/* The document to insert, which has its key; NULL and a mistake when it has another. */
static json_t *documents_with_key(
    const struct documents_call *call, const char *key, json_t *doc)
{
	char digits[COLLECTIONS_KEY_DIGITS];
	json_t *own = filter_path(doc, call->key_field);
	json_t *all = json_copy(doc);
	if (own == NULL && strchr(call->key_field, '.') == NULL) {
		(void)json_object_set_new(all, call->key_field, json_string(key));
		own = json_object_get(all, call->key_field);
	}
	struct span text = collections_key_text(own, digits);
	if (text.ptr != NULL && span_is(text, key))
		return all;
	documents_fail(
	    call, "the document's \"%s\" is not the key given", call->key_field);
	json_decref(all);
	return NULL;
}

static void documents_upsert(const struct documents_call *call, const char *key,
    json_t *doc, const json_t *update)
{
	oh_context *context = call->context;
	if (!documents_upsert_key(call, key) ||
	    !documents_object(call, "document", doc) ||
	    !documents_object(call, "update", update) ||
	    !documents_has_no_id(call, doc))
		return;
	bool changes = json_object_size(update) > 0;
	struct update *compiled = changes ? documents_update(call, update) : NULL;
	json_t *all = documents_with_key(call, key, doc);
	if (all == NULL || (changes && compiled == NULL)) {
		update_free(compiled);
		json_decref(all);
		return;
	}
	struct staged *staged = stage_write(context, STORE_UPDATE, call->collection);
	staged->write.key = arena_copy(context->arena, span_of(key));
	staged->write.doc = documents_text(call, "document", all);
	if (changes)
		staged->write.update = documents_text(call, "update", update);
	staged->update = compiled;
	json_decref(all);
}

void oh_upsert(oh_context *context, const char *collection, const char *key,
    json_t *doc, json_t *update)
{
	struct documents_call call;
	if (documents_call(&call, context, "oh_upsert", collection))
		documents_upsert(&call, key, doc, update);
	json_decref(doc);
	json_decref(update);
}

/* ---- changing and removing what matches ---- */

struct rows {
	int64_t *list, *stamps;
	uint32_t count, room;
	bool stamped; /* stamps are wanted: to match again would cost much */
	struct arena *arena;
};

static int64_t *documents_longer(
    struct arena *arena, const int64_t *list, uint32_t count, uint32_t room)
{
	int64_t *more = arena_alloc(arena, room * sizeof(*more));
	if (count > 0)
		memcpy(more, list, count * sizeof(*more));
	return more;
}

static void documents_note_row(struct rows *rows, int64_t row, int64_t stamp)
{
	if (rows->count == rows->room) {
		rows->room = rows->room * 2 + 8;
		rows->list =
		    documents_longer(rows->arena, rows->list, rows->count, rows->room);
		if (rows->stamped)
			rows->stamps = documents_longer(
			    rows->arena, rows->stamps, rows->count, rows->room);
	}
	if (rows->stamped)
		rows->stamps[rows->count] = stamp;
	rows->list[rows->count++] = row;
}

static void documents_take_rows(struct frame_write *write, const struct rows *rows)
{
	write->ids = rows->list;
	write->id_count = rows->count;
	write->stamps = rows->stamps;
	write->stamp_count = rows->stamped ? rows->count : 0;
}

/* Fills in which documents the write is for, and gives how many match now. */
static int64_t documents_resolve(
    const struct documents_call *call, struct staged *staged)
{
	char digits[COLLECTIONS_KEY_DIGITS];
	struct stage_target target;
	struct rows rows = {.arena = call->context->arena};
	if (!documents_target(&target, call, staged->filter, digits)) {
		rows.stamped = filter_has_patterns(staged->filter);
		struct store_query query = {.collection = call->collection,
		    .filter = staged->filter,
		    .stamped = rows.stamped};
		struct store_doc doc;
		struct store_docs *docs = documents_open(call, &query);
		while (documents_next(call, docs, &doc))
			documents_note_row(&rows, doc.row, doc.stamp);
		store_docs_close(docs);
		documents_take_rows(&staged->write, &rows);
		return rows.count;
	}
	json_t *doc = documents_get(call, &target);
	bool matches = doc != NULL && documents_match(call, staged->filter, doc);
	json_decref(doc);
	if (target.row == 0) {
		staged->write.key = arena_copy(rows.arena, target.name);
	} else {
		documents_note_row(&rows, target.row, 0);
		documents_take_rows(&staged->write, &rows);
	}
	return matches;
}

/* update is NULL for removing. */
static int64_t documents_change(const struct documents_call *call, const json_t *filter,
    const json_t *update, enum store_op op, int64_t expect)
{
	oh_context *context = call->context;
	struct filter *which = documents_filter(call, filter);
	struct update *how = op == STORE_UPDATE ? documents_update(call, update) : NULL;
	if (which == NULL || (op == STORE_UPDATE && how == NULL)) {
		filter_free(which);
		update_free(how);
		return 0;
	}
	struct staged change = {.filter = which};
	int64_t count = documents_resolve(call, &change);
	struct staged *staged = stage_write(context, op, call->collection);
	staged->filter = which;
	staged->update = how;
	staged->write.key = change.write.key;
	staged->write.ids = change.write.ids;
	staged->write.id_count = change.write.id_count;
	staged->write.stamps = change.write.stamps;
	staged->write.stamp_count = change.write.stamp_count;
	staged->write.expect = expect;
	staged->write.filter = documents_text(call, "filter", filter);
	if (update != NULL)
		staged->write.update = documents_text(call, "update", update);
	return count;
}

int64_t oh_update(
    oh_context *context, const char *collection, json_t *filter, json_t *update)
{
	struct documents_call call;
	int64_t count = 0;
	if (documents_call(&call, context, "oh_update", collection))
		count = documents_change(&call, filter, update, STORE_UPDATE, -1);
	json_decref(filter);
	json_decref(update);
	return count;
}

void oh_update_expecting(oh_context *context, const char *collection, json_t *filter,
    json_t *update, int64_t expected)
{
	struct documents_call call;
	if (documents_call(&call, context, "oh_update_expecting", collection)) {
		if (expected < 0)
			documents_fail(&call, "fewer than no documents are expected");
		else
			(void)documents_change(
			    &call, filter, update, STORE_UPDATE, expected);
	}
	json_decref(filter);
	json_decref(update);
}

int64_t oh_remove(oh_context *context, const char *collection, json_t *filter)
{
	struct documents_call call;
	int64_t count = 0;
	if (documents_call(&call, context, "oh_remove", collection))
		count = documents_change(&call, filter, NULL, STORE_REMOVE, -1);
	json_decref(filter);
	return count;
}
